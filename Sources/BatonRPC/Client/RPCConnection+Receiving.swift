internal import BatonCore
internal import BatonWire
internal import NIOCore
internal import Synchronization

/// The event loop's side of a client connection.
extension RPCConnection {
  func opened(flush: @escaping @Sendable () -> Void, caughtUp: @escaping @Sendable () -> Void) {
    state.withLock {
      $0.flush = flush
      $0.caughtUp = caughtUp
    }
  }

  /// Says that the event loop will flush without being asked.
  func promiseFlush() {
    state.withLock { $0.outbox.promiseFlush() }
  }

  /// Takes the frames to be written.
  ///
  /// - Parameters:
  ///   - spare: An empty buffer for the frames to come.
  ///   - willFlush: Whether the event loop flushes again without being asked.
  /// - Returns: The frames.
  func takeOutbox(replacingWith spare: ByteBuffer, willFlush: Bool) -> ByteBuffer {
    let (frames, waiters) = state.withLock { state in
      let taken = state.outbox.take(replacingWith: spare)
      if willFlush { state.outbox.promiseFlush() }
      return taken
    }
    for waiter in waiters { waiter.continuation.resume(returning: true) }
    return frames
  }

  /// Takes the frames to be written before the connection is closed: what waits, and a cancel for
  /// every call in progress.
  func takeLastFrames() -> ByteBuffer {
    var frames = takeOutbox(replacingWith: ByteBuffer(), willFlush: false)
    for id in state.withLock({ $0.calls.filter { _ in true } }) { frames.writeCancel(id: id) }
    return frames
  }

  /// Delivers an answer; one to a call that is not known any more is dropped (FR21).
  func received(_ id: UInt32, response frame: ByteBuffer) {
    guard let call = state.withLock({ $0.calls.remove(id) }) else { return }
    do throws(BatonError) {
      let envelope = try frame.withUnsafeReadableBytes { bytes throws(BatonError) in
        try ResponseEnvelope(decoding: bytes)
      }
      if let error = envelope.error { return call.fail(error) }
      let payload = frame.getSlice(
        at: frame.readerIndex + envelope.payload.lowerBound, length: envelope.payload.count)
      call.succeed(payload ?? ByteBuffer())
    } catch {
      call.fail(error)
    }
  }

  /// Delivers a message of a stream.
  ///
  /// - Returns: Whether the connection has to stop reading.
  func received(_ id: UInt32, _ flags: FrameFlags, data: ByteBuffer) -> Bool {
    guard let call = state.withLock({ $0.calls[id] }) else { return false }
    guard let stream = call.receiver as? InboundStream else {
      cancel(id, BatonError(.internal, "internal", "the server answered with a stream"))
      return false
    }
    let isLast = flags.contains(.done)
    if isLast { state.withLock { _ = $0.calls.remove(id) } }
    let mustStop = flags.contains(.noData) ? false : stream.push(data)
    if isLast { stream.finish() }
    return mustStop
  }

  func failed(_ id: UInt32, _ error: BatonError) {
    state.withLock { $0.calls.remove(id) }?.fail(error)
  }

  /// Ends the connection; calls in progress fail with `unavailable`.
  func failed(_ cause: (any Error)?) {
    let error =
      (cause as? BatonError)
      ?? BatonError(
        .unavailable, "unavailable", "the connection to the server was lost", cause: cause)
    let (calls, waiters) = state.withLock { state in
      guard state.failure == nil else { return ([PendingCall](), [Outbox.RoomWaiter]()) }
      state.failure = error
      state.flush = nil
      state.caughtUp = nil
      return (state.calls.removeAll(), state.outbox.close())
    }
    for call in calls { call.fail(error) }
    for waiter in waiters { waiter.continuation.resume(returning: false) }
  }

  func streamHasCaughtUp() {
    if let caughtUp = state.withLock({ $0.caughtUp }) { eventLoop.execute(caughtUp) }
  }
}
