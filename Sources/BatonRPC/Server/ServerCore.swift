internal import BatonCore
internal import BatonWire
internal import Logging
internal import NIOCore
internal import Synchronization

/// What all connections of a server share.
final class ServerCore: Sendable {
  /// What the server tells a connection.
  enum Action: Sendable {
    case drain
    case closeWhenQuiet
    case close
  }

  private struct Member {
    let connection: ServerConnection
    let act: @Sendable (Action) -> Void
  }

  private struct State {
    var members: [ObjectIdentifier: Member] = [:]
    var isDraining = false
    var isStopping = false
    var hasEnded = false
  }

  let options: RPCServerOptions
  let table: DispatchTable
  /// nil: everybody may call.
  let authenticator: (any Authenticator)?
  let children = ChildTasks()
  let logger: Logger
  private let state = Mutex(State())
  private let allConnectionsClosed = OneShot<Void>()
  private let connectionCount = Atomic<Int>(0)
  private let refusesCalls = Atomic<Bool>(false)

  init(
    options: RPCServerOptions, services: [ServiceDefinition], authenticator: (any Authenticator)?,
    logger: Logger
  ) {
    self.options = options
    self.authenticator = authenticator
    self.logger = logger
    table = DispatchTable(services)
  }

  /// Whether new calls are refused.
  var isDraining: Bool { refusesCalls.load(ordering: .sequentiallyConsistent) }

  /// Takes a place for a connection.
  ///
  /// - Returns: Whether there was one.
  func admitConnection() -> Bool {
    let count = connectionCount.add(1, ordering: .relaxed).newValue
    if count <= options.maximumConnections { return true }
    dismissConnection()
    return false
  }

  /// Gives back the place of a connection that could not be prepared.
  func dismissConnection() {
    connectionCount.subtract(1, ordering: .relaxed)
  }

  /// The most data in a frame that a connection may send now.
  func frameLimit(_ connection: ServerConnection) -> Int {
    guard let authenticator, authenticator.requiresIdentity, connection.identity == nil else {
      return options.frameLimit
    }
    return options.unauthenticatedFrameLimit
  }

  func register(_ connection: ServerConnection, act: @escaping @Sendable (Action) -> Void) {
    let action = state.withLock { state -> Action? in
      state.members[ObjectIdentifier(connection)] = Member(connection: connection, act: act)
      return state.isStopping ? .close : state.isDraining ? .drain : nil
    }
    if let action { connection.eventLoop.execute { act(action) } }
  }

  func unregister(_ connection: ServerConnection) {
    dismissConnection()
    let isLast = state.withLock { state in
      state.members[ObjectIdentifier(connection)] = nil
      return state.isStopping && state.members.isEmpty
    }
    if isLast { allConnectionsClosed.complete(.success(())) }
    becameQuiet()
  }

  /// Refuses new calls, and closes the connections when none has a call left.
  func drain() {
    refusesCalls.store(true, ordering: .sequentiallyConsistent)
    let members = state.withLock { state in
      state.isDraining = true
      return Array(state.members.values)
    }
    tell(members, .drain)
    if members.isEmpty { stop(.closeWhenQuiet) }
  }

  /// Closes all connections when draining has come to its end.
  func becameQuiet() {
    let isQuiet = state.withLock { state in
      state.isDraining && !state.isStopping
        && state.members.values.allSatisfy { $0.connection.isQuiet }
    }
    if isQuiet { stop(.closeWhenQuiet) }
  }

  /// Closes all connections.
  func stop(_ action: Action) {
    let members = state.withLock { state in
      state.isDraining = true
      state.isStopping = true
      return Array(state.members.values)
    }
    tell(members, action)
    if members.isEmpty { allConnectionsClosed.complete(.success(())) }
  }

  /// Waits until ``stop(_:)`` has closed the last connection.
  func closed() async throws {
    try await allConnectionsClosed.value()
  }

  private func tell(_ members: [Member], _ action: Action) {
    for member in members {
      member.connection.eventLoop.execute { member.act(action) }
    }
  }

  func statistics() -> RPCServer.Statistics {
    state.withLock { state in
      var sum = RPCServer.Statistics()
      for member in state.members.values {
        sum.connections += 1
        sum.activeCalls += member.connection.activeCalls.load(ordering: .relaxed)
        sum.inboundBytes += member.connection.inboundBytes.load(ordering: .relaxed)
        sum.outboundBytes += member.connection.bufferedOutboundBytes
      }
      return sum
    }
  }

  static var draining: BatonError {
    BatonError(
      .unavailable, "draining", "the server is shutting down",
      hint: "repeat the call; another or a restarted server will take it")
  }

  static var deadlineExceeded: BatonError {
    BatonError(.deadlineExceeded, "deadline_exceeded", "the call's deadline passed")
  }
}
