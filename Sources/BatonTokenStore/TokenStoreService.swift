internal import BatonCore
package import BatonStore
package import BatonWire
package import Logging

/// Serves `baton.token.v1.TokenStore`: puts of attempts and reads from every viewpoint.
///
/// Reads of runs in use are answered at once, on the event loop that brought the call; whatever
/// has to be fetched from the store is fetched in a task of the call. Puts are units of work of
/// the store's commit queue and are answered when they are durable (T40).
package final class TokenStoreService: Wire.TokenStoreService {
  let store: any Store
  let options: TokenStoreOptions
  let graphs: GraphCache
  let grants: GrantCache
  let logger: Logger

  /// - Parameters:
  ///   - store: The state of the installation.
  ///   - catalog: Plans of workflows, shared with the other services of the process.
  ///   - options: Limits and sizes.
  ///   - logger: Where trouble is reported; never a value of a token (T24).
  package init(
    store: any Store, catalog: ApplicationCatalog, options: TokenStoreOptions = .init(),
    logger: Logger
  ) {
    self.store = store
    self.options = options
    self.logger = logger
    graphs = GraphCache(catalog, capacity: options.cacheCapacity)
    grants = GrantCache(capacity: options.cacheCapacity)
  }

  package func putToken(
    _ request: Wire.PutTokenRequest, _ call: UnaryCall<Wire.PutTokenResponse>
  ) {
    put(request, call)
  }

  package func getToken(
    _ request: Wire.GetTokenRequest, _ call: UnaryCall<Wire.GetTokenResponse>
  ) {
    serve(request, call)
  }

  package func listTokens(
    _ request: Wire.ListTokensRequest, _ call: UnaryCall<Wire.ListTokensResponse>
  ) {
    serve(request, call)
  }

  package func getNodeToken(
    _ request: Wire.GetNodeTokenRequest, _ call: UnaryCall<Wire.GetNodeTokenResponse>
  ) {
    serve(request, call)
  }

  package func getTokenHistory(
    _ request: Wire.GetTokenHistoryRequest, _ call: UnaryCall<Wire.GetTokenHistoryResponse>
  ) {
    let context = call.context
    call.respond { [self] in
      do {
        return try await history(request, context)
      } catch {
        throw answer(to: error, context)
      }
    }
  }

  package func queryTokens(
    _ request: Wire.QueryTokensRequest, _ call: UnaryCall<Wire.QueryTokensResponse>
  ) {
    let context = call.context
    call.respond { [self] in
      do {
        return try await query(request, context)
      } catch {
        throw answer(to: error, context)
      }
    }
  }

  package func watchToken(
    _ request: Wire.WatchTokenRequest, _ call: ServerStreamCall<Wire.TokenEntry>
  ) {
    let context = call.context
    call.respond { [self] writer in
      do {
        try await watch(request, context, writer)
      } catch {
        throw answer(to: error, context)
      }
    }
  }

  /// What a call answers for an error, which is logged when it is the server's own fault.
  func answer(to error: any Error, _ context: any ServerContext) -> BatonError {
    let answer = (error as? StoreError)?.answer ?? BatonError(anyError: error)
    if answer.code == .internal {
      logger.error(
        "a call failed",
        metadata: [
          "method": "\(context.method.method)", "error": "\(answer.cause ?? answer)",
        ])
    }
    return answer
  }
}
