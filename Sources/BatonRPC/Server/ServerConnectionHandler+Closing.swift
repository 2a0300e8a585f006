internal import BatonCore
internal import BatonWire
internal import NIOCore

/// How a connection ends in good order: what was answered leaves first (FR14).
extension ServerConnectionHandler {
  /// When a connection closes by itself.
  enum Ending {
    /// When all calls are answered and the answers have left.
    case whenQuiet
    /// When what was answered so far has left.
    case whenWritten
  }

  /// Whether nothing is left to be answered, frames that are held back included, and no answer
  /// waits to be written.
  var isQuiet: Bool {
    calls.isEmpty && connection.bufferedOutboundBytes == 0 && !decoder.holdsEvent
  }

  func close() {
    context?.close(promise: nil)
  }

  /// Closes when the time has come.
  func close(_ when: Ending) {
    guard phase == .open else { return }
    if ending != .whenWritten { ending = when }
    flush()
  }

  /// Closes after the last write, if that is wanted and nothing is left to be written.
  func closeIfWritten() {
    guard let context, phase == .open, !isFenced, mayClose else { return }
    isFenced = true
    let promise = context.eventLoop.makePromise(of: Void.self)
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    promise.futureResult.whenComplete { _ in bound.value.fencePassed() }
    // Writes end in their order, so this one ends when all bytes are out.
    context.writeAndFlush(wrapOutboundOut(ByteBuffer()), promise: promise)
  }

  private func fencePassed() {
    isFenced = false
    guard phase == .open else { return }
    // Something may have been answered meanwhile.
    if mayClose { hangUp() } else { flush() }
  }

  private var mayClose: Bool {
    switch ending {
    case nil: false
    case .whenQuiet: isQuiet
    case .whenWritten: connection.bufferedOutboundBytes == 0
    }
  }

  /// Answers, for a while, what was called before the client closed its side, then closes (SR110).
  ///
  /// A client that has closed altogether looks the same until something is sent to it.
  func inputClosed() {
    guard phase == .open else { return close() }
    now = .now()
    inputClosedAt = now
    setAlarm(now + options.halfCloseTimeout.timeAmount)
    close(.whenQuiet)
  }

  static var givenUp: BatonError {
    BatonError(.cancelled, "cancelled", "the client closed its side of the connection")
  }

  /// Ends the streams and refuses new calls (FR14).
  func drain() {
    isDraining = true
    for call in calls.values where !call.kind.hasSingleResponse {
      call.cancel(ServerCore.draining)
    }
    flush()
  }

  /// Lets the answer leave, then closes.
  func refuseTheRest() {
    let calls = self.calls.values
    self.calls = [:]
    for call in calls { call.cancel(nil) }
    write()
    hangUp()
  }

  /// Says that nothing more will come, and gives the peer a moment to close.
  ///
  /// What it still sends is read and dropped: a close with bytes unread would destroy the answers
  /// on their way.
  private func hangUp() {
    phase = .refusing
    context?.close(mode: .output, promise: nil)
    if hasHeldBackRead {
      hasHeldBackRead = false
      context?.read()
    }
    now = .now()
    setAlarm(now + min(options.progressTimeout, .seconds(1)).timeAmount)
  }
}
