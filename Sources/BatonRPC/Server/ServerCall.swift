internal import BatonCore
internal import BatonWire
internal import NIOCore
internal import Synchronization

/// Where the answers of a call go: the connection that it came on, or a caller in this process.
protocol ServerCallSink: AnyObject, Sendable {
  var peer: String { get }
  /// What is left of the time that the caller gave; nil: the call's own deadline says.
  var timeRemaining: Duration? { get }
  func adopt(_ identity: CallIdentity)
  func answer(_ call: ServerCall, _ serialize: MessageSerializer)
  func answer(_ call: ServerCall, encoded payload: ByteBuffer)
  func fail(_ call: ServerCall, _ error: BatonError)
  func finish(_ call: ServerCall)
  func send<Item: Message>(_ call: ServerCall, _ item: Item) async throws
  func send(_ call: ServerCall, encoded payload: ByteBuffer) async throws
  func start(_ operation: @escaping ChildTasks.Operation)
}

/// One call being served, of any kind.
final class ServerCall: UnaryResponder, StreamResponder {
  /// The stream that the call came on.
  let id: UInt32
  let metadata: Metadata
  /// When the call has to be answered; nil: whenever.
  let deadline: NIODeadline?
  /// The client's messages; nil for a call with a single request.
  let inbound: InboundStream?
  private let caller: CallIdentity?
  private let entry: DispatchTable.Entry
  private let sink: any ServerCallSink
  private let phase = Atomic<UInt8>(0)
  private let tasks = Mutex(RunningTasks())

  private static let ended: UInt8 = 1
  private static let cancelled: UInt8 = 2
  private static let halfClosed: UInt8 = 4
  private static let listed: UInt8 = 8

  /// The tasks that run for this call, so that they can be cancelled with it.
  private struct RunningTasks {
    var handles: [RunningTask] = []
    var lastNumber = 0
  }

  init(
    id: UInt32, entry: DispatchTable.Entry, metadata: Metadata, identity: CallIdentity?,
    deadline: NIODeadline?, inbound: InboundStream?, sink: any ServerCallSink
  ) {
    self.id = id
    self.entry = entry
    self.metadata = metadata
    caller = identity
    self.deadline = deadline
    self.inbound = inbound
    self.sink = sink
  }

  var method: MethodDescriptor { entry.handler.descriptor }
  var kind: CallKind { entry.kind }
  var identity: CallIdentity { caller ?? .anonymous }
  var peer: String { sink.peer }

  /// Whether the call was answered, or will never be.
  var hasEnded: Bool { phase.load(ordering: .acquiring) & Self.ended != 0 }
  var isCancelled: Bool { phase.load(ordering: .acquiring) & Self.cancelled != 0 }

  var timeRemaining: Duration? {
    deadline.map { .nanoseconds(($0 - .now()).nanoseconds) } ?? sink.timeRemaining
  }

  /// Whether the connection may have to forget the call when it has ended.
  var isListed: Bool { phase.load(ordering: .relaxed) & Self.listed != 0 }

  /// Notes that the connection keeps the call, unless the call was answered already.
  ///
  /// - Returns: Whether it has to be kept; whoever ends it later finds ``isListed``.
  func list() -> Bool {
    phase.bitwiseOr(Self.listed, ordering: .acquiringAndReleasing).oldValue & Self.ended == 0
  }

  /// Whether the client has sent all that it will.
  var isHalfClosed: Bool { phase.load(ordering: .acquiring) & Self.halfClosed != 0 }

  func halfClosed() {
    phase.bitwiseOr(Self.halfClosed, ordering: .acquiringAndReleasing)
  }

  func adopt(_ identity: CallIdentity) {
    sink.adopt(identity)
  }

  /// Calls the handler; one that is asynchronous by its kind runs as a child of the server.
  func start(_ payload: ByteBuffer) {
    switch entry.handler.body {
    case .unary(let handle): handle(payload, self)
    case .serverStream(let handle): handle(payload, self)
    case .clientStream(let handle):
      run { [self] in
        await handle(payloads, self)
        fail(Self.noAnswer)
      }
    case .bidirectional(let handle):
      run { [self] in
        await handle(payloads, self)
        fail(Self.noAnswer)
      }
    }
  }

  // MARK: Answers

  func answer(_ serialize: MessageSerializer) {
    if end() { sink.answer(self, serialize) }
  }

  func answer(encoded payload: ByteBuffer) {
    if end() { sink.answer(self, encoded: payload) }
  }

  func send<Item: Message>(_ item: Item) async throws {
    guard !hasEnded else { throw CancellationError() }
    try await sink.send(self, item)
  }

  func send(encoded payload: ByteBuffer) async throws {
    guard !hasEnded else { throw CancellationError() }
    try await sink.send(self, encoded: payload)
  }

  func finish(_ error: BatonError?) {
    guard end() else { return }
    if let error {
      sink.fail(self, error)
    } else {
      sink.finish(self)
    }
  }

  /// Answers with an error, unless the call has ended.
  func fail(_ error: BatonError) {
    if end() { sink.fail(self, error) }
  }

  // MARK: Tasks and cancellation

  func run(_ operation: @escaping @Sendable () async -> Void) {
    sink.start { [self] in
      await withUnsafeCurrentTask { task in
        let number = begin(task)
        await operation()
        forget(number)
      }
    }
  }

  /// Cancels what runs for the call.
  ///
  /// - Parameter error: What is answered if nothing was yet; nil when nobody is there to hear it.
  func cancel(_ error: BatonError?) {
    phase.bitwiseOr(Self.cancelled, ordering: .acquiringAndReleasing)
    if let error {
      fail(error)
    } else {
      _ = end()
    }
    // Cancelled under the lock, so that no task ends meanwhile; cancellation handlers of a call
    // take locks of streams and outboxes, never this one.
    tasks.withLock { tasks in
      for handle in tasks.handles { handle.cancel() }
    }
  }

  private func begin(_ task: UnsafeCurrentTask?) -> Int {
    tasks.withLock { tasks in
      tasks.lastNumber += 1
      if let task {
        tasks.handles.append(RunningTask(task: task, number: tasks.lastNumber))
        if isCancelled { task.cancel() }
      }
      return tasks.lastNumber
    }
  }

  private func forget(_ number: Int) {
    tasks.withLock { $0.handles.removeAll { $0.number == number } }
  }

  /// Ends the call; false: it had ended before.
  private func end() -> Bool {
    let old = phase.bitwiseOr(Self.ended, ordering: .acquiringAndReleasing).oldValue
    guard old & Self.ended == 0 else { return false }
    // What nobody will take any more must not hold the connection back.
    inbound?.finish(CancellationError(), discarding: true)
    return true
  }

  private var payloads: PayloadStream {
    let inbound = self.inbound
    return { try await inbound?.next() }
  }

  private static var noAnswer: BatonError {
    BatonError(.internal, "internal", "the server ended the call without an answer")
  }
}

/// A task that can be cancelled while it runs.
///
/// `UnsafeCurrentTask.cancel()` may be called from any thread as long as the task is running; the
/// call removes the handle before its task ends, under the lock that guards every use.
private struct RunningTask: @unchecked Sendable {
  private let task: UnsafeCurrentTask
  let number: Int

  init(task: UnsafeCurrentTask, number: Int) {
    self.task = task
    self.number = number
  }

  func cancel() { task.cancel() }
}
