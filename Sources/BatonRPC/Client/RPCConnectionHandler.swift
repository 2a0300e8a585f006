internal import BatonCore
internal import BatonWire
internal import NIOCore

/// Reads answers and writes requests on the event loop of a client connection.
final class RPCConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  /// After how many frames of one read the next requests leave, so that the server goes on with
  /// them while the client takes the rest.
  private static let framesPerWrite = 32

  private let connection: RPCConnection
  private var context: ChannelHandlerContext?
  // Not checked for exclusive access at run time: used on the event loop and by no closure.
  @exclusivity(unchecked) private var decoder: FrameDecoder
  /// Frames received since requests were last handed to the channel.
  private var framesSinceWrite = 0
  private var spare = ByteBuffer()
  private var isReading = false
  private var hasHeldBackRead = false
  private var streamsBehind = 0

  init(connection: RPCConnection) {
    self.connection = connection
    decoder = FrameDecoder(limit: connection.options.frameLimit)
  }

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
    let bound = NIOLoopBound(self, eventLoop: context.eventLoop)
    connection.opened(
      flush: { bound.value.flush() }, caughtUp: { bound.value.streamHasCaughtUp() })
  }

  func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
    // A server cannot tell a closed connection from one closed halfway: say what is given up.
    let frames = connection.takeLastFrames()
    if frames.readableBytes > 0 && context.channel.isWritable {
      context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
    }
    context.close(mode: mode, promise: promise)
  }

  func channelInactive(context: ChannelHandlerContext) {
    connection.failed(nil)
    connection.executor.run()
    self.context = nil
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    connection.failed(error)
    context.close(promise: nil)
  }

  // MARK: Reading

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if !isReading {
      isReading = true
      connection.promiseFlush()
      connection.executor.promiseRun()
    }
    decoder.feed(unwrapInboundIn(data))
    processFrames()
  }

  func channelReadComplete(context: ChannelHandlerContext) {
    // The tasks that got answers go on now, so that their next requests leave together.
    connection.executor.run()
    isReading = false
    flush()
    context.fireChannelReadComplete()
  }

  func read(context: ChannelHandlerContext) {
    if streamsBehind > 0 {
      hasHeldBackRead = true
    } else {
      context.read()
    }
  }

  private func processFrames() {
    while streamsBehind == 0, let event = decoder.next() {
      switch event {
      case .frame(let frame):
        received(frame)
        framesSinceWrite += 1
        if framesSinceWrite >= Self.framesPerWrite { writeBetweenFrames() }
      case .skipTooLarge(let header): connection.failed(header.streamID, Self.tooLarge(header))
      case .close(let header):
        connection.failed(Self.tooLarge(header))
        context?.close(promise: nil)
        return
      }
    }
  }

  private func received(_ frame: Frame) {
    let header = frame.header
    switch header.type {
    case .response: connection.received(header.streamID, response: frame.payload)
    case .data:
      if connection.received(header.streamID, header.flags, data: frame.payload) {
        streamsBehind += 1
      }
    default: break
    }
  }

  private func streamHasCaughtUp() {
    streamsBehind -= 1
    guard streamsBehind == 0, let context else { return }
    processFrames()
    if streamsBehind == 0 && hasHeldBackRead {
      hasHeldBackRead = false
      context.read()
    }
  }

  // MARK: Writing

  private func flush() {
    if !isReading { write() }
  }

  /// Lets the tasks that got answers go on, and writes what they send, before the next frame.
  private func writeBetweenFrames() {
    connection.executor.run()
    // What comes later is run at the end of the read, if there is one.
    if isReading { connection.executor.promiseRun() }
    write()
  }

  private func write() {
    framesSinceWrite = 0
    guard let context, context.channel.isWritable else { return }
    spare.clear()
    let frames = connection.takeOutbox(replacingWith: spare, willFlush: isReading)
    guard frames.readableBytes > 0 else { return }
    spare = frames.capacity <= 1_048_576 ? frames : ByteBuffer()
    context.writeAndFlush(wrapOutboundOut(frames), promise: nil)
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    flush()
    context.fireChannelWritabilityChanged()
  }

  private static func tooLarge(_ header: FrameHeader) -> BatonError {
    BatonError(
      .resourceExhausted, "frame_too_large",
      "the server announced a frame of \(header.length) bytes")
  }
}
