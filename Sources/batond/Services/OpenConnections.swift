internal import BatonRPC
internal import Synchronization

/// The connections of a server, for services that are made before it.
final class OpenConnections: Sendable {
  private let server = Mutex<RPCServer?>(nil)

  /// Counts the connections of a server from now on.
  func count(of server: RPCServer) {
    self.server.withLock { $0 = server }
  }

  /// How many are open; 0 before there is a server.
  var count: Int { server.withLock { $0 }?.statistics.connections ?? 0 }
}
