internal import BatonCore
internal import BatonWire
internal import NIOCore
internal import Synchronization

/// The side of a connection that handlers on any thread answer to.
///
/// Answers are encoded into the outbox by whoever gives them; the event loop writes what has come
/// together with one write.
final class ServerConnection: ServerCallSink, OutboxOwner, StreamAccount {
  private struct State {
    var outbox: Outbox
    /// Calls answered since the last flush; the event loop forgets them.
    var ended: [ServerCall] = []
    var identity: CallIdentity?
    var flush: (@Sendable () -> Void)?
  }

  let peerInfo: PeerInfo
  /// The peer's network address; nil for a Unix socket.
  let address: String?
  let eventLoop: any EventLoop
  private let server: ServerCore
  private let state: Mutex<State>
  /// Bytes in the outbox, to be read without the lock.
  private let outboundBytes = Atomic<Int>(0)
  /// Bytes of answers that wait in the channel; below its high-water mark they are not counted.
  let channelBytes = Atomic<Int>(0)
  /// Bytes received that are no complete frame yet, or wait for the peer to read its answers.
  let inboundBytes = Atomic<Int>(0)
  /// Bytes of the client's streams that handlers have not taken yet.
  private let streamBytes = Atomic<Int>(0)
  /// Whether the connection is not read because too much is buffered.
  let isPaused = Atomic<Bool>(false)
  /// Operations started for calls and not ended yet.
  let runningOperations = Atomic<Int>(0)
  /// Calls that wait for their answer.
  let activeCalls = Atomic<Int>(0)

  init(
    server: ServerCore, peerInfo: PeerInfo, address: String?, identity: CallIdentity?,
    eventLoop: any EventLoop
  ) {
    self.server = server
    self.peerInfo = peerInfo
    self.address = address
    self.eventLoop = eventLoop
    let outbox = Outbox(highWaterMark: server.options.outboundHighWaterMark)
    state = Mutex(State(outbox: outbox, identity: identity))
  }

  var peer: String { peerInfo.address }
  var timeRemaining: Duration? { nil }
  var identity: CallIdentity? { state.withLock { $0.identity } }
  var bufferedOutboundBytes: Int { outboundBytes.load(ordering: .relaxed) }

  /// Bytes received and not yet taken by whom they are for.
  var bufferedInboundBytes: Int {
    inboundBytes.load(ordering: .relaxed) + streamBytes.load(ordering: .relaxed)
  }

  /// Bytes of answers not yet handed to the socket.
  var unsentBytes: Int { bufferedOutboundBytes + channelBytes.load(ordering: .relaxed) }

  /// Bytes that the connection keeps in memory.
  var bufferedBytes: Int { bufferedInboundBytes + unsentBytes }

  func streamBytesChanged(_ change: Int) {
    streamBytes.add(change, ordering: .sequentiallyConsistent)
    if change < 0 { server.bytesLeft() }
  }

  /// Whether no call waits for its answer and no answer waits to be written.
  var isQuiet: Bool {
    activeCalls.load(ordering: .sequentiallyConsistent) == 0 && bufferedOutboundBytes == 0
  }

  func adopt(_ identity: CallIdentity) {
    state.withLock { $0.identity = identity }
  }

  func start(_ operation: @escaping ChildTasks.Operation) {
    runningOperations.add(1, ordering: .relaxed)
    server.children.add { [self] in
      await operation()
      runningOperations.subtract(1, ordering: .relaxed)
    }
  }

  func withOutbox<Result: Sendable>(_ body: (inout Outbox) -> Result) -> Result {
    state.withLock { body(&$0.outbox) }
  }

  // MARK: Answers

  func answer(_ call: ServerCall, _ serialize: MessageSerializer) {
    end(call) { buffer throws(BatonError) in
      try buffer.writeResponse(id: call.id, serialize)
    }
  }

  func answer(_ call: ServerCall, encoded payload: ByteBuffer) {
    end(call) { buffer throws(BatonError) in
      try buffer.writeResponse(id: call.id, payload: payload)
    }
  }

  func fail(_ call: ServerCall, _ error: BatonError) {
    end(call) { $0.writeResponse(id: call.id, error: error) }
  }

  func finish(_ call: ServerCall) {
    end(call) { $0.writeEndOfStream(id: call.id) }
  }

  /// Answers a frame that belongs to no call.
  func refuse(_ id: UInt32, _ error: BatonError) {
    let flush = state.withLock { state -> (@Sendable () -> Void)? in
      guard !state.outbox.isClosed else { return nil }
      state.outbox.buffer.writeResponse(id: id, error: error)
      return written(&state)
    }
    wakeUp(flush)
  }

  func send<Item: Message>(_ call: ServerCall, _ item: Item) async throws {
    try await waitForRoom()
    try add(call) { buffer throws(BatonError) in
      try buffer.writeData(id: call.id, message: item, tooLarge: "reply_too_large")
    }
  }

  func send(_ call: ServerCall, encoded payload: ByteBuffer) async throws {
    try await waitForRoom()
    try add(call) { buffer throws(BatonError) in
      try buffer.writeData(id: call.id, payload: payload, tooLarge: "reply_too_large")
    }
  }

  private func add(
    _ call: ServerCall, _ write: (inout ByteBuffer) throws(BatonError) -> Void
  ) throws {
    let result = state.withLock { state -> Result<(@Sendable () -> Void)?, any Error> in
      // Looked at under the lock: nothing may follow the frame that ends the stream.
      guard !state.outbox.isClosed, !call.hasEnded else {
        return .failure(CancellationError())
      }
      do throws(BatonError) {
        try write(&state.outbox.buffer)
        return .success(written(&state))
      } catch {
        return .failure(error)
      }
    }
    wakeUp(try result.get())
  }

  private func end(
    _ call: ServerCall, _ write: (inout ByteBuffer) throws(BatonError) -> Void
  ) {
    let flush = state.withLock { state -> (@Sendable () -> Void)? in
      guard !state.outbox.isClosed else { return nil }
      do throws(BatonError) {
        try write(&state.outbox.buffer)
      } catch {
        state.outbox.buffer.writeResponse(id: call.id, error: error)
      }
      if call.isListed { state.ended.append(call) }
      return written(&state)
    }
    wakeUp(flush)
  }

  private func written(_ state: inout State) -> (@Sendable () -> Void)? {
    outboundBytes.store(state.outbox.buffer.readableBytes, ordering: .relaxed)
    return state.outbox.needsWakeUp() ? state.flush : nil
  }

  private func wakeUp(_ flush: (@Sendable () -> Void)?) {
    if let flush { eventLoop.execute(flush) }
  }

  // MARK: The event loop's side

  /// - Parameter flush: Writes what is in the outbox; run on the event loop.
  func open(flush: @escaping @Sendable () -> Void) {
    state.withLock { $0.flush = flush }
  }

  /// Says that the event loop will flush without being asked.
  func promiseFlush() {
    state.withLock { $0.outbox.promiseFlush() }
  }

  /// Takes the frames to be written and the calls that have been answered.
  ///
  /// - Parameters:
  ///   - spare: An empty buffer for the frames to come.
  ///   - ended: Gets the calls.
  ///   - willFlush: Whether the event loop flushes again without being asked.
  /// - Returns: The frames.
  func takeOutbox(
    replacingWith spare: ByteBuffer, ended: inout [ServerCall], willFlush: Bool
  ) -> ByteBuffer {
    let (buffer, waiters) = state.withLock { state in
      if !state.ended.isEmpty { swap(&state.ended, &ended) }
      let taken = state.outbox.take(replacingWith: spare)
      if willFlush { state.outbox.promiseFlush() }
      outboundBytes.store(0, ordering: .relaxed)
      return taken
    }
    for waiter in waiters { waiter.continuation.resume(returning: true) }
    return buffer
  }

  /// Takes the calls that have been answered while the frames have to wait.
  func takeEnded(_ ended: inout [ServerCall]) {
    state.withLock { state in
      state.outbox.promiseFlush()
      if !state.ended.isEmpty { swap(&state.ended, &ended) }
    }
  }

  func close() {
    let waiters = state.withLock { state in
      state.flush = nil
      state.ended = []
      outboundBytes.store(0, ordering: .relaxed)
      return state.outbox.close()
    }
    inboundBytes.store(0, ordering: .relaxed)
    channelBytes.store(0, ordering: .relaxed)
    activeCalls.store(0, ordering: .relaxed)
    for waiter in waiters { waiter.continuation.resume(returning: false) }
  }
}
