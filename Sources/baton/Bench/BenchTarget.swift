internal import BatonClient
internal import BatonRPC
internal import BatonWire

/// The server that is measured, and how.
struct BenchTarget: Sendable {
  let address: String
  let endpoint: Endpoint
  let options: ClientOptions
  let shape: BenchShape
  /// The server's process, where it runs on this machine.
  let serverPID: Int32?

  init(address: String, options: ClientOptions, shape: BenchShape) throws {
    self.address = address
    self.options = options
    self.shape = shape
    endpoint = try Endpoint(address)
    serverPID = shape.serverPID ?? ServerProcess.find(address)
  }

  /// How the calls of a load are made.
  var callOptions: CallOptions {
    let identity = options.credential.map {
      Metadata.Element(key: "authorization", value: $0.authorization)
    }
    return CallOptions(timeout: options.timeout, metadata: identity.map { [$0] } ?? [])
  }

  /// A connection of its own for the load; calls go through no layer above it.
  func makePool() -> ConnectionPool {
    var pool = ConnectionPool.Options()
    pool.defaultTimeout = options.timeout
    pool.maximumConnections = 1
    pool.metadata = callOptions.metadata
    return ConnectionPool(to: endpoint, options: pool)
  }

  /// Uses a client for what precedes the load.
  func withClient<Result>(
    _ body: (BatonClient) async throws -> Result
  ) async throws -> Result {
    try await withBatonClient(address: address, options: options, body)
  }
}
