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
    /// What was held back because too much was buffered may go on.
    case resume
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
  let admissions: Admissions
  /// Connections that are not read because too much is buffered.
  private let pausedConnections = Atomic<Int>(0)
  let logger: Logger
  private let state = Mutex(State())
  private let allConnectionsClosed = OneShot<Void>()
  private let refusesCalls = Atomic<Bool>(false)

  init(
    options: RPCServerOptions, services: [ServiceDefinition], authenticator: (any Authenticator)?,
    logger: Logger
  ) {
    self.options = options
    self.authenticator = authenticator
    self.logger = logger
    table = DispatchTable(services)
    admissions = Admissions(
      limit: options.maximumConnections, limitPerAddress: options.maximumConnectionsPerAddress)
  }

  /// Whether new calls are refused.
  var isDraining: Bool { refusesCalls.load(ordering: .sequentiallyConsistent) }

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
    admissions.dismiss(connection.address)
    let isLast = state.withLock { state in
      state.members[ObjectIdentifier(connection)] = nil
      return state.isStopping && state.members.isEmpty
    }
    if connection.isPaused.exchange(false, ordering: .relaxed) {
      pausedConnections.subtract(1, ordering: .relaxed)
    }
    bytesLeft()
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

  // MARK: Buffered bytes

  /// Whether a connection has to pause: it holds too much itself (SR103), or all together do and it
  /// has more than its share (SR104).
  ///
  /// One that has to is told with ``Action/resume`` when it may go on.
  func mustPause(_ connection: ServerConnection) -> Bool {
    let bytes = connection.bufferedBytes
    guard bytes >= options.bufferLimit || (bytes > share && total() >= options.totalBufferLimit)
    else { return false }
    if !connection.isPaused.exchange(true, ordering: .sequentiallyConsistent) {
      pausedConnections.add(1, ordering: .sequentiallyConsistent)
    }
    // What was taken since the look cannot have woken the connection yet.
    bytesLeft()
    return true
  }

  /// Lets connections go on for which there is room now; called whenever buffers get emptier.
  func bytesLeft() {
    guard pausedConnections.load(ordering: .sequentiallyConsistent) > 0 else { return }
    let hasRoom = total() <= options.totalBufferLimit / 4 * 3
    let ready = state.withLock { state in
      state.members.values.filter { member in
        let connection = member.connection
        guard connection.isPaused.load(ordering: .relaxed) else { return false }
        let bytes = connection.bufferedBytes
        guard bytes <= options.bufferLimit / 2, hasRoom || bytes <= share else { return false }
        return connection.isPaused.exchange(false, ordering: .relaxed)
      }
    }
    if ready.isEmpty { return }
    pausedConnections.subtract(ready.count, ordering: .relaxed)
    tell(ready, .resume)
  }

  /// What a connection may hold however much the others do.
  private var share: Int { options.totalBufferLimit / options.maximumConnections }

  private func total() -> Int {
    state.withLock { state in
      state.members.values.reduce(0) { $0 + $1.connection.bufferedBytes }
    }
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
        sum.inboundBytes += member.connection.bufferedInboundBytes
        sum.outboundBytes += member.connection.unsentBytes
      }
      sum.refusedConnections = admissions.refused
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
