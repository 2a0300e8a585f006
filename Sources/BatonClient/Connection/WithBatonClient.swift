internal import BatonCore
internal import BatonRPC

/// Gives a client of a server to `body` and closes its connections afterwards.
///
/// Nothing is sent before the first call; a lost connection is opened again, and calls that may be
/// repeated are.
///
/// - Parameters:
///   - address: Where the server listens: `HOST:PORT` or `unix:PATH`.
///   - options: Namespace, deadline, identity and number of connections.
///   - body: Uses the client.
/// - Returns: What `body` returns.
/// - Throws: INVALID_ARGUMENT `address_invalid`, also for a bearer token that would travel in the
///   clear; what `body` throws.
public func withBatonClient<Result>(
  address: String, options: ClientOptions = ClientOptions(),
  _ body: (BatonClient) async throws -> Result
) async throws -> Result {
  let endpoint = try Endpoint(address)
  try checkSecrecy(of: options.credential, to: endpoint)
  var poolOptions = ConnectionPool.Options()
  poolOptions.defaultTimeout = options.timeout
  poolOptions.maximumConnections = max(1, options.connections)
  poolOptions.recoveryTime = options.recoveryTime
  poolOptions.awaitsServer = options.awaitsServer
  let pool = ConnectionPool(to: endpoint, options: poolOptions)
  do {
    let result = try await body(BatonClient(caller: pool, options: options))
    await pool.close()
    return result
  } catch {
    await pool.close()
    throw error
  }
}

/// A bearer token is sent only where nobody can read it on the way (SR55).
private func checkSecrecy(of credential: Credential?, to endpoint: Endpoint) throws {
  guard let credential, credential.kind == .bearer, case .tcp(let host, _) = endpoint else {
    return
  }
  let isLoopback = host == "localhost" || host == "::1" || host.hasPrefix("127.")
  guard isLoopback else {
    throw BatonError(
      .invalidArgument, "address_invalid",
      "a bearer token would travel to \(endpoint) in the clear",
      hint: "use a loopback address or a Unix socket")
  }
}
