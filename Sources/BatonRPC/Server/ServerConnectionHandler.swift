internal import BatonCore
internal import BatonWire
internal import Logging
internal import NIOCore
internal import Synchronization

/// Serves one connection on its event loop: cuts frames, starts calls, writes answers.
///
/// Not `Sendable`: it lives on its event loop. What other threads need of a connection is in
/// ``ServerConnection``.
final class ServerConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// After how many frames of one read the answers leave, so that the client goes on with them
  /// while the server serves the rest.
  private static let framesPerWrite = 32

  /// How far the end of the connection has come.
  enum Phase {
    case open
    /// The answer to a frame that closes the connection is on its way; nothing is read any more.
    case refusing
    case closed
  }

  let server: ServerCore
  let options: RPCServerOptions
  let connection: ServerConnection
  var context: ChannelHandlerContext?
  var phase = Phase.open
  var isDraining = false
  /// When the connection shall close; nil: not yet.
  var ending: Ending?
  /// Whether an empty write is under way that shows when all before it has left.
  var isFenced = false

  // Not checked for exclusive access at run time: used on the event loop and by no closure.
  @exclusivity(unchecked) var decoder: FrameDecoder
  /// The calls that wait for their answers.
  var calls: [UInt32: ServerCall] = [:]
  var refusedIdentities = 0
  var lastEntry: DispatchTable.Entry?
  /// Set by a stream whose handler is behind.
  var streamsBehind = 0
  /// Since when the connection is not read because too much is buffered.
  var pausedSince: NIODeadline?
  /// When the client closed its side.
  var inputClosedAt: NIODeadline?

  var now = NIODeadline.now()
  /// When bytes last came.
  private var lastProgress: NIODeadline
  /// When something last came or went.
  private var lastActivity: NIODeadline
  /// When the channel last took bytes, while it holds too many.
  var stalledSince: NIODeadline?
  private var alarm: (at: NIODeadline, task: Scheduled<Void>)?

  var hasHeldBackRead = false
  private var isReading = false
  private var isFlushing = false
  /// Frames received since answers were last handed to the channel.
  private var framesSinceWrite = 0
  private var spare = ByteBuffer()
  private var ended: [ServerCall] = []

  init(server: ServerCore, connection: ServerConnection) {
    self.server = server
    options = server.options
    self.connection = connection
    decoder = FrameDecoder(limit: server.options.frameLimit)
    lastProgress = now
    lastActivity = now
  }

  // MARK: Life of the connection

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    connection.open { bound.value.flush() }
    server.register(connection) { action in
      switch action {
      case .drain: bound.value.drain()
      case .closeWhenQuiet: bound.value.close(.whenQuiet)
      case .close: bound.value.close()
      case .resume: bound.value.endPause()
      }
    }
    setAlarm(lastActivity + options.idleTimeout.timeAmount)
  }

  func channelInactive(context: ChannelHandlerContext) {
    ended(context)
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    ended(context)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    server.logger.debug(
      "connection failed", metadata: ["peer": "\(connection.peer)", "error": "\(error)"])
    context.close(promise: nil)
  }

  private func ended(_ context: ChannelHandlerContext) {
    guard phase != .closed else { return }
    phase = .closed
    alarm?.task.cancel()
    alarm = nil
    let calls = self.calls.values
    self.calls = [:]
    connection.close()
    for call in calls { call.cancel(nil) }
    self.context = nil
    server.unregister(connection)
  }

  // MARK: Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard phase == .open else { return }
    let bytes = unwrapInboundIn(data)
    if !isReading {
      isReading = true
      now = .now()
      connection.promiseFlush()
    }
    lastProgress = now
    lastActivity = now
    decoder.limit = server.frameLimit(connection)
    decoder.feed(bytes)
    processFrames()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // At the end of the input nothing was read; the channel must not be closed from here then, not
    // even by a write that fails, because NIO goes on to close its input side.
    guard isReading else { return context.fireChannelReadComplete() }
    isReading = false
    flush()
    if phase == .open {
      connection.inboundBytes.store(decoder.bufferedBytes, ordering: .sequentiallyConsistent)
      if decoder.isInsideFrame { setAlarm(lastProgress + options.progressTimeout.timeAmount) }
      if server.mustPause(connection) { pause() }
    }
    context.fireChannelReadComplete()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case ChannelEvent.inputClosed? = event as? ChannelEvent { inputClosed() }
    context.fireUserInboundEventTriggered(event)
  }

  /// Reads only while the peer takes its answers and the handlers take their streams (FR16).
  func read(context: ChannelHandlerContext) {
    if isHeldBack {
      hasHeldBackRead = true
    } else {
      context.read()
    }
  }

  var isHeldBack: Bool {
    streamsBehind > 0 || stalledSince != nil || pausedSince != nil
      || connection.bufferedOutboundBytes >= options.outboundHighWaterMark
  }

  private func processFrames() {
    while phase == .open && !isHeldBack {
      switch decoder.next() {
      case .frame(let frame):
        received(frame)
        framesSinceWrite += 1
        if framesSinceWrite >= Self.framesPerWrite { write() }
      case .skipTooLarge(let header): refuse(header.streamID, Self.tooLarge(header, decoder.limit))
      case .close(let header):
        refuse(header.streamID, Self.tooLarge(header, decoder.limit))
        refuseTheRest()
      case nil: return
      }
    }
  }

  /// Goes on with what was held back.
  func resume() {
    guard phase == .open, !isHeldBack else { return }
    connection.promiseFlush()
    now = .now()
    processFrames()
    connection.inboundBytes.store(decoder.bufferedBytes, ordering: .sequentiallyConsistent)
    if server.mustPause(connection) { pause() }
    if hasHeldBackRead && !isHeldBack {
      hasHeldBackRead = false
      lastProgress = now
      context?.read()
      if decoder.isInsideFrame { setAlarm(lastProgress + options.progressTimeout.timeAmount) }
    }
  }

  func streamIsBehind() {
    streamsBehind += 1
  }

  func streamHasCaughtUp() {
    streamsBehind -= 1
    resume()
    flush()
  }

  // MARK: Writing

  /// Writes what has come together, unless the peer is behind.
  func flush() {
    guard !isReading, !isFlushing else { return }
    isFlushing = true
    defer { isFlushing = false }
    repeat {
      write()
      // Room in the outbox may let frames be served that were held back.
      guard hasHeldBackRead || decoder.bufferedBytes >= FrameHeader.size else { break }
      resume()
    } while connection.bufferedOutboundBytes > 0 && stalledSince == nil && phase == .open
    // Redeems the promise of the last look at the outbox: what came since has asked for nothing.
    if phase == .open && stalledSince == nil { write() }
    closeIfWritten()
    if isDraining && isQuiet { server.becameQuiet() }
  }

  func write() {
    guard let context else { return }
    guard context.channel.isWritable else {
      if stalledSince == nil { beginStall() }
      forgetEnded()
      if connection.bufferedOutboundBytes > options.outboundLimit { close() }
      return
    }
    stalledSince = nil
    framesSinceWrite = 0
    spare.clear()
    let frames = connection.takeOutbox(
      replacingWith: spare, ended: &ended, willFlush: isReading)
    removeEnded()
    guard frames.readableBytes > 0 else { return }
    lastActivity = max(now, lastActivity)
    // The same storage serves again once the channel has let go of it.
    spare = frames.capacity <= 1_048_576 ? frames : ByteBuffer()
    context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
    server.bytesLeft()
  }

  private func forgetEnded() {
    connection.takeEnded(&ended)
    removeEnded()
  }

  private func removeEnded() {
    guard !ended.isEmpty else { return }
    if !calls.isEmpty {
      for call in ended where calls[call.id] === call { calls[call.id] = nil }
      connection.activeCalls.store(calls.count, ordering: .releasing)
    }
    ended.removeAll(keepingCapacity: true)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    if context.channel.isWritable {
      stalledSince = nil
      connection.channelBytes.store(0, ordering: .sequentiallyConsistent)
      now = .now()
      flush()
      server.bytesLeft()
    } else if stalledSince == nil {
      beginStall()
    }
    context.fireChannelWritabilityChanged()
  }

  // MARK: Deadlines

  /// Makes sure that the deadlines are looked at by a time; they are looked at together, so that
  /// a call does not need a timer of its own.
  func setAlarm(_ time: NIODeadline) {
    if let alarm {
      if alarm.at <= time { return }
      alarm.task.cancel()
    }
    guard let context else { return }
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    let task = context.eventLoop.scheduleTask(deadline: time) { bound.value.alarmRang() }
    alarm = (time, task)
  }

  private func alarmRang() {
    alarm = nil
    guard phase != .closed else { return }
    now = .now()
    if phase == .refusing { return close() }
    if let closed = inputClosedAt, closed + options.halfCloseTimeout.timeAmount <= now {
      inputClosedAt = nil
      for call in calls.values { call.cancel(Self.givenUp) }
      close(.whenWritten)
      guard phase == .open else { return }
    }
    for call in calls.values where call.deadline.map({ $0 <= now }) ?? false {
      call.cancel(ServerCore.deadlineExceeded)
    }
    flush()
    let idleTimeout = options.idleTimeout.timeAmount
    if lastActivity + idleTimeout <= now && calls.isEmpty { return close() }
    var next = max(lastActivity, now) + idleTimeout
    if calls.isEmpty { next = lastActivity + idleTimeout }
    for call in calls.values {
      if let deadline = call.deadline { next = min(next, deadline) }
    }
    if let inputClosedAt {
      next = min(next, inputClosedAt + options.halfCloseTimeout.timeAmount)
    }
    if stalledSince != nil {
      guard let look = nextLookAtStall() else { return close() }
      next = min(next, look)
    } else if let limit = endOfPatience {
      if limit <= now { return close() }
      next = min(next, limit)
    } else if decoder.isInsideFrame && !isHeldBack {
      let limit = lastProgress + options.progressTimeout.timeAmount
      if limit <= now { return close() }
      next = min(next, limit)
    }
    setAlarm(next)
  }
}

extension Duration {
  var timeAmount: TimeAmount { TimeAmount(self) }
}
