import BatonCore
import BatonRPC
import BatonWire
import Testing

/// The ways in which a service can be reached.
enum Transport: CaseIterable, CustomTestStringConvertible {
  case tcp, unix, inProcess
  /// In process to a service that passes calls on over TCP; not for streams of clients.
  case forwarded

  static let forClientStreams: [Transport] = [.tcp, .unix, .inProcess]

  var testDescription: String { "\(self)" }

  /// Serves the test service while `body` calls it.
  func serve<Result: Sendable>(
    _ service: TestService = TestService(), _ body: (any Caller) async throws -> Result
  ) async throws -> Result {
    switch self {
    case .tcp:
      return try await withServer(service) { try await overPool($1, body) }
    case .unix:
      let endpoint = Endpoint.unix(path: temporarySocketPath())
      return try await withServer(service, endpoints: [endpoint]) { try await overPool($1, body) }
    case .inProcess:
      return try await inProcess([service.definition], body)
    case .forwarded:
      return try await withServer(service) { _, endpoint in
        try await overPool(endpoint) { pool in
          guard let pool = pool as? ConnectionPool else { throw CancellationError() }
          let forwarding = ForwardingService(service.descriptor, to: pool)
          return try await inProcess([forwarding.definition], body)
        }
      }
    }
  }

  private func inProcess<Result>(
    _ services: [ServiceDefinition], _ body: (any Caller) async throws -> Result
  ) async throws -> Result {
    let transport = InProcessTransport(services: services)
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await transport.run() }
      defer { transport.close() }
      return try await body(transport)
    }
  }

  private func overPool<Result>(
    _ endpoint: Endpoint, _ body: (any Caller) async throws -> Result
  ) async throws -> Result {
    let pool = ConnectionPool(to: endpoint)
    let result: Swift.Result<Result, any Error>
    do {
      result = .success(try await body(pool))
    } catch {
      result = .failure(error)
    }
    await pool.close()
    return try result.get()
  }
}

extension TestService {
  var descriptor: ServiceDescriptor {
    ServiceDescriptor(
      name: Self.name, methods: definition.methods.values.map(\.descriptor))
  }
}
