internal import BatonCore
internal import BatonWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// One connection to a server; any number of tasks may call on it at the same time.
///
/// A call is encoded by the task that makes it, under the lock that also gives it its id (FR20);
/// frames that are ready together leave with one write.
package final class RPCConnection: OutboxOwner {
  struct State: ~Copyable {
    var outbox: Outbox
    var calls: CallTable<PendingCall>
    var nextID: UInt32
    /// Why the connection takes no more calls.
    var failure: BatonError?
    var flush: (@Sendable () -> Void)?
    var caughtUp: (@Sendable () -> Void)?
    /// When the event loop looks at the deadlines next.
    var alarm: NIODeadline?
  }

  let eventLoop: any EventLoop
  let options: RPCConnectionOptions
  /// Runs tasks on the connection's event loop; see ``LoopExecutor``.
  package let executor: LoopExecutor
  let channel: any Channel
  let state: Mutex<State>
  private let isRetired = Atomic<Bool>(false)

  init(channel: any Channel, options: RPCConnectionOptions, executor: LoopExecutor?) {
    self.channel = channel
    self.options = options
    eventLoop = channel.eventLoop
    self.executor = executor ?? LoopExecutor(eventLoop: channel.eventLoop)
    state = Mutex(
      State(
        outbox: Outbox(highWaterMark: options.outboundHighWaterMark),
        calls: CallTable(capacity: options.maximumCalls), nextID: options.firstStreamID))
  }

  /// Whether calls can be made.
  package var isUsable: Bool {
    state.withLock { $0.failure == nil && $0.nextID <= Self.lastID }
  }

  /// Whether a call can be made now.
  var hasRoom: Bool {
    state.withLock {
      $0.failure == nil && $0.nextID <= Self.lastID && $0.calls.count < options.maximumCalls
    }
  }

  /// Calls that wait for their answers.
  package var activeCalls: Int { state.withLock { $0.calls.count } }

  /// Closes the connection; calls in progress fail.
  package func close() async {
    try? await channel.close()
  }

  /// Takes no more calls from a pool, and closes when the last one is answered.
  func retire() {
    isRetired.store(true, ordering: .sequentiallyConsistent)
    closeIfDone()
  }

  /// Closes a retired connection that has no calls left; called after every call.
  func closeIfDone() {
    if isRetired.load(ordering: .sequentiallyConsistent) && activeCalls == 0 { abandon() }
  }

  /// Closes without waiting.
  func abandon() {
    channel.close(promise: nil)
  }

  /// Near the end of the ids the connection takes no more calls (FR20).
  private static let lastID = UInt32.max - 2

  func withOutbox<Result: Sendable>(_ body: (inout Outbox) -> Result) -> Result {
    state.withLock { body(&$0.outbox) }
  }

  // MARK: Sending

  /// Gives a call its id and writes its request.
  ///
  /// - Returns: The id.
  /// - Throws: what keeps the call from being sent; `CancellationError`.
  func send(
    _ call: PendingCall, ticket: CallTicket?,
    _ write: (UInt32, inout ByteBuffer) throws(BatonError) -> Void
  ) throws -> UInt32 {
    var mustFlush: (@Sendable () -> Void)?
    var newAlarm: NIODeadline?
    let result = state.withLock { state -> Result<UInt32, any Error> in
      if let failure = state.failure { return .failure(failure) }
      guard state.calls.count < options.maximumCalls else { return .failure(Self.tooManyCalls) }
      let id = state.nextID
      guard id <= Self.lastID else { return .failure(Self.usedUp) }
      let start = state.outbox.buffer.writerIndex
      do throws(BatonError) {
        try write(id, &state.outbox.buffer)
      } catch {
        return .failure(error)
      }
      if let ticket, !ticket.sent(id) {
        state.outbox.buffer.moveWriterIndex(to: start)
        return .failure(CancellationError())
      }
      state.nextID = id + 2
      state.calls.insert(call, at: id)
      if let deadline = call.deadline, state.alarm.map({ deadline < $0 }) ?? true {
        state.alarm = deadline
        newAlarm = deadline
      }
      if state.outbox.needsWakeUp() { mustFlush = state.flush }
      return .success(id)
    }
    if let mustFlush { eventLoop.execute(mustFlush) }
    if let newAlarm { setAlarm(newAlarm) }
    return try result.get()
  }

  /// Writes a frame of a call that is still going on.
  ///
  /// - Throws: `CancellationError`, when the call has ended.
  func write(
    _ id: UInt32, _ write: (inout ByteBuffer) throws(BatonError) -> Void
  ) throws {
    var mustFlush: (@Sendable () -> Void)?
    let failure = state.withLock { state -> (any Error)? in
      guard state.calls.contains(id), !state.outbox.isClosed else { return CancellationError() }
      do throws(BatonError) {
        try write(&state.outbox.buffer)
      } catch {
        return error
      }
      if state.outbox.needsWakeUp() { mustFlush = state.flush }
      return nil
    }
    if let mustFlush { eventLoop.execute(mustFlush) }
    if let failure { throw failure }
  }

  /// Gives up a call: the server is told, and whoever waits gets the error.
  ///
  /// - Parameters:
  ///   - id: The call's stream.
  ///   - error: What whoever waits gets; nil: that it was cancelled.
  func cancel(_ id: UInt32, _ error: (any Error)?) {
    var mustFlush: (@Sendable () -> Void)?
    let call = state.withLock { state -> PendingCall? in
      guard let call = state.calls.remove(id) else { return nil }
      state.outbox.buffer.writeCancel(id: id)
      if state.outbox.needsWakeUp() { mustFlush = state.flush }
      return call
    }
    if let mustFlush { eventLoop.execute(mustFlush) }
    call?.fail(error ?? CancellationError())
  }

  // MARK: Deadlines

  /// When a call has to be answered.
  func deadline(_ timeout: Duration?) throws -> (NIODeadline?, nanoseconds: Int64) {
    guard let timeout else { return (nil, 0) }
    let amount = try Self.checked(timeout)
    return (.now() + amount, amount.nanoseconds)
  }

  /// The time that a call may take, at most a year.
  ///
  /// - Throws: `deadline_exceeded`.
  static func checked(_ timeout: Duration) throws(BatonError) -> TimeAmount {
    let amount = min(TimeAmount(timeout), .hours(24 * 365))
    guard amount.nanoseconds > 0 else { throw deadlineExceeded }
    return amount
  }

  private func setAlarm(_ time: NIODeadline) {
    _ = eventLoop.scheduleTask(deadline: time) { [weak self] in self?.alarmRang(time) }
  }

  private func alarmRang(_ time: NIODeadline) {
    let now = NIODeadline.now()
    let expired = state.withLock { state -> [UInt32] in
      guard state.alarm == time else { return [] }
      state.alarm = nil
      return state.calls.filter { $0.deadline.map { $0 <= now } ?? false }
    }
    for id in expired { cancel(id, Self.deadlineExceeded) }
    let next = state.withLock { state -> NIODeadline? in
      var next: NIODeadline?
      _ = state.calls.filter { call in
        if let deadline = call.deadline { next = min(next ?? deadline, deadline) }
        return false
      }
      guard let next, state.alarm.map({ next < $0 }) ?? true else { return nil }
      state.alarm = next
      return next
    }
    if let next { setAlarm(next) }
  }

  // MARK: Errors

  static var deadlineExceeded: BatonError {
    BatonError(
      .deadlineExceeded, "deadline_exceeded", "the server did not answer within the call's deadline"
    )
  }
  private static var tooManyCalls: BatonError {
    BatonError(
      .resourceExhausted, "too_many_calls", "the connection has too many calls in progress",
      hint: "wait for answers, or use more connections")
  }
  private static var usedUp: BatonError {
    BatonError(
      .unavailable, "unavailable", "the connection has used up its stream ids",
      hint: "open another connection")
  }
}
