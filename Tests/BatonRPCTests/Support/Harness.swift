import BatonCore
import BatonRPC
import BatonWire
import Foundation
import Logging
import NIOCore
import NIOPosix

/// A server that runs while a test needs it.
func withServer<Result>(
  _ service: TestService = TestService(),
  authenticator: (any Authenticator)? = nil,
  endpoints: [Endpoint] = [.tcp(host: "127.0.0.1", port: 0)],
  options: RPCServerOptions = .with { _ in },
  _ body: (RPCServer, Endpoint) async throws -> Result
) async throws -> Result {
  var options = options
  options.endpoints = endpoints
  options.eventLoops = 1
  let server = RPCServer(
    options: options, services: [service.definition], authenticator: authenticator)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await server.run() }
    let endpoints = try await server.boundEndpoints()
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body(server, endpoints[0]))
    } catch {
      result = .failure(error)
    }
    group.cancelAll()
    try await group.waitForAll()
    return try result.get()
  }
}

/// A server and one raw connection to it.
func withRawPeer<Result>(
  _ service: TestService = TestService(),
  authenticator: (any Authenticator)? = nil,
  options: RPCServerOptions = .with { _ in },
  _ body: (RawPeer, RPCServer) async throws -> Result
) async throws -> Result {
  try await withServer(service, authenticator: authenticator, options: options) {
    server, endpoint in
    let peer = try await RawPeer.connect(to: endpoint)
    let result = try await body(peer, server)
    await peer.close()
    return result
  }
}

extension RPCServerOptions {
  /// The options with a change, and with patience for a machine that is busy with other things.
  static func with(_ change: (inout RPCServerOptions) -> Void) -> RPCServerOptions {
    var options = RPCServerOptions()
    options.progressTimeout = .seconds(60)
    change(&options)
    return options
  }
}

/// A path for a Unix socket of a test.
func temporarySocketPath() -> String {
  FileManager.default.temporaryDirectory
    .appendingPathComponent("baton-\(UUID().uuidString.prefix(13)).sock").path
}

func connect(
  to endpoint: Endpoint, _ options: RPCConnectionOptions = RPCConnectionOptions()
) async throws -> RPCConnection {
  try await RPCConnection.connect(
    to: endpoint, options: options, on: MultiThreadedEventLoopGroup.singleton.next())
}

/// The reason of the error that something throws.
func reason<Result>(_ body: () async throws -> Result) async -> String {
  do {
    _ = try await body()
    return "none"
  } catch let error as BatonError {
    return error.reason.rawValue
  } catch is CancellationError {
    return "CancellationError"
  } catch {
    return "\(error)"
  }
}
