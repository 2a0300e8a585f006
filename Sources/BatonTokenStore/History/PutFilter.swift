internal import BatonCore
internal import BatonStore
internal import BatonWire

/// Which puts of a run a history or a watch shows.
struct PutFilter: Sendable {
  var scope: TokenScope?
  var key: String?
  var node: String?
  var attempt: Int?

  /// The filters of a request; what is absent filters nothing (T7).
  ///
  /// - Throws: INVALID_ARGUMENT `token_scope_invalid`.
  init(
    scope: Wire.Scope, key: String, node: String, attempt: UInt32 = 0
  ) throws(BatonError) {
    self.scope = scope == .unspecified ? nil : try TokenScope(scope)
    self.key = key.isEmpty ? nil : key
    self.node = node.isEmpty ? nil : node
    self.attempt = attempt == 0 ? nil : Int(attempt)
  }

  /// The query for the first matching puts of a range of numbers, or for its part that is looked
  /// through at a time.
  func query(after: UInt64, through: UInt64, newestFirst: Bool = false) -> TokenPutQuery {
    var query = TokenPutQuery(after: after, through: through, limit: Self.chunk)
    query.newestFirst = newestFirst
    if through > after, through - after > Self.span {
      if newestFirst {
        query.after = through - Self.span
      } else {
        query.through = after + Self.span
      }
    }
    query.scope = scope
    query.key = key
    query.node = node
    query.attempt = attempt
    return query
  }

  /// Puts that are read at a time, so that large values do not pile up in memory.
  static let chunk = 16
  /// Puts that are looked through at a time, so that a rare key does not keep a reader long.
  static let span: UInt64 = 8192
}

extension TokenStoreService {
  /// Checks that the caller may read more than one view: history, watch and query (T36).
  ///
  /// - Throws: UNAUTHENTICATED `unauthenticated`, PERMISSION_DENIED `not_permitted`.
  func checkReader(_ context: any ServerContext) async throws {
    guard case .task(let digest) = try CallIdentity.of(context) else { return }
    _ = try await verifiedGrant(of: digest)
    throw BatonError(
      .permissionDenied, "not_permitted",
      "a task credential reads the token with the viewpoint of its attempt only")
  }

  /// The committed token of a run, or what reads of one key need of it; nil: there is no such run.
  func token(of run: RunID, key: TokenKey?, history: Bool) async throws -> TokenSnapshot? {
    guard let key else { return try await store.tokenAsync(of: run, history: history) }
    return try await store.tokenAsync(of: run, key: key, history: history)
  }

  /// The committed token of a run that a request names, with the graph of its workflow.
  ///
  /// - Parameters:
  ///   - locator: The run.
  ///   - key: The only key that is read; nil: there may be several.
  /// - Returns: The token, maybe without other keys, and the graph.
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`, NOT_FOUND `run_not_found`.
  func token(
    of locator: RunLocator, key: TokenKey? = nil
  ) async throws -> (TokenSnapshot, TokenGraph) {
    let run: RunID
    if let known = try locator.baseID() {
      run = known
    } else {
      run = try await store.readAsync { try $0.run(locator).header.id }
    }
    guard let snapshot = try await token(of: run, key: key, history: false),
      locator.matches(snapshot.run.workflow)
    else { throw locator.notFound }
    return (snapshot, try await graph(of: snapshot))
  }

  /// The run that a request names with the graph of its workflow, without its token.
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`, NOT_FOUND `run_not_found`.
  func run(of locator: RunLocator) async throws -> (TokenSnapshot.Run, TokenGraph) {
    try await store.readAsync { [graphs] reader in
      let run = TokenSnapshot.Run(try reader.run(locator).header)
      return (run, try graphs.graph(of: run, reader))
    }
  }

  /// The graph of a run's workflow, loaded where it must be.
  func graph(of snapshot: TokenSnapshot) async throws -> TokenGraph {
    if let known = graphs.graph(of: snapshot.run) { return known }
    return try await store.readAsync { [graphs] in try graphs.graph(of: snapshot.run, $0) }
  }
}
