import BatonCore
import BatonRPC
import BatonWire
import Glibc
import NIOCore
import NIOPosix

/// One end of a connection that sends and receives bare bytes.
final class RawPeer {
  let channel: any Channel
  private var iterator: AsyncStream<ByteBuffer>.Iterator
  private var received = ByteBuffer()

  private init(_ channel: any Channel, _ bytes: AsyncStream<ByteBuffer>) {
    self.channel = channel
    iterator = bytes.makeAsyncIterator()
  }

  static func connect(to endpoint: Endpoint, isReading: Bool = true) async throws -> RawPeer {
    let (bytes, continuation) = AsyncStream<ByteBuffer>.makeStream()
    let bootstrap = ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(.autoRead, value: isReading)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(Collector(continuation))
        }
      }
    switch endpoint {
    case .tcp(let host, let port):
      return RawPeer(try await bootstrap.connect(host: host, port: port).get(), bytes)
    case .unix(let path):
      return RawPeer(try await bootstrap.connect(unixDomainSocketPath: path).get(), bytes)
    }
  }

  /// Listens; every connection made is given to `accept`.
  static func listen(
    _ accept: @escaping @Sendable (AcceptedPeer) -> Void
  ) async throws -> (channel: any Channel, endpoint: Endpoint) {
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let (bytes, continuation) = AsyncStream<ByteBuffer>.makeStream()
          try channel.pipeline.syncOperations.addHandler(Collector(continuation))
          accept(AcceptedPeer(channel: channel, bytes: bytes))
        }
      }
      .bind(host: "127.0.0.1", port: 0).get()
    return (channel, .tcp(host: "127.0.0.1", port: channel.localAddress?.port ?? 0))
  }

  struct AcceptedPeer: Sendable {
    let channel: any Channel
    let bytes: AsyncStream<ByteBuffer>
    var peer: RawPeer { RawPeer(channel, bytes) }
  }

  func send(_ bytes: ByteBuffer) async throws {
    try await channel.writeAndFlush(bytes).get()
  }

  /// Sends a frame.
  func send(
    _ type: FrameType, _ id: UInt32, flags: FrameFlags = [], _ data: ByteBuffer = ByteBuffer()
  ) async throws {
    try await send(Self.frame(type, id, flags: flags, data))
  }

  static func frame(
    _ type: FrameType, _ id: UInt32, flags: FrameFlags = [], _ data: ByteBuffer = ByteBuffer()
  ) -> ByteBuffer {
    var buffer = ByteBuffer()
    buffer.writeFrameHeader(
      FrameHeader(
        length: UInt32(data.readableBytes), streamID: id, type: type, flags: flags))
    buffer.writeImmutableBuffer(data)
    return buffer
  }

  /// Sends the request of a call.
  func call(
    _ method: MethodDescriptor, _ id: UInt32, _ text: String = "", flags: FrameFlags = [],
    timeout: Int64 = 0, metadata: [Metadata.Element] = []
  ) async throws {
    var buffer = ByteBuffer()
    try buffer.writeRequest(
      id: id, flags: flags, method: method, timeoutNanoseconds: timeout, metadata: metadata,
      message: Text(text))
    try await send(buffer)
  }

  /// The next bytes; nil: the other end has closed before so many came.
  func receive(_ count: Int) async -> ByteBuffer? {
    while received.readableBytes < count {
      guard var more = await iterator.next() else { return nil }
      received.discardReadBytes()
      received.writeBuffer(&more)
    }
    return received.readSlice(length: count)
  }

  /// The next frame; nil: the other end has closed.
  func receiveFrame() async -> (header: FrameHeader, data: ByteBuffer)? {
    guard var bytes = await receive(FrameHeader.size),
      let length = bytes.readInteger(as: UInt32.self), let id = bytes.readInteger(as: UInt32.self),
      let type = bytes.readInteger(as: UInt8.self), let flags = bytes.readInteger(as: UInt8.self),
      let data = await receive(Int(length))
    else { return nil }
    return (
      FrameHeader(
        length: length, streamID: id, type: FrameType(rawValue: type),
        flags: FrameFlags(rawValue: flags)), data
    )
  }

  /// The next response: its stream id with the text or the error.
  func receiveResponse() async throws -> RawResponse? {
    guard let (header, data) = await receiveFrame() else { return nil }
    guard header.type == .response else { return RawResponse(id: header.streamID) }
    let envelope = try data.withUnsafeReadableBytes { try ResponseEnvelope(decoding: $0) }
    if let error = envelope.error {
      return RawResponse(id: header.streamID, code: error.code.rawValue, text: error.description)
    }
    let payload = data.getSlice(
      at: data.readerIndex + envelope.payload.lowerBound, length: envelope.payload.count)
    return RawResponse(
      id: header.streamID, code: 0, text: try Text(payload: payload ?? ByteBuffer()).value)
  }

  /// Closes this end's side; the other may still send.
  func closeOutput() async throws {
    try await channel.close(mode: .output).get()
  }

  /// Breaks the connection.
  func reset() async throws {
    let linger = NIOBSDSocket.Option(rawValue: SO_LINGER)
    guard let provider = channel as? any SocketOptionProvider else { return }
    try await provider.unsafeSetSocketOption(
      level: .socket, name: linger, value: Glibc.linger(l_onoff: 1, l_linger: 0)
    ).get()
    await close()
  }

  /// Waits until the other end has closed.
  func waitForClose() async {
    while await iterator.next() != nil {}
  }

  func close() async {
    try? await channel.close()
  }
}

struct RawResponse: Equatable {
  var id: UInt32
  /// -1: no response frame.
  var code: Int32 = -1
  var text = ""
}

private final class Collector: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  private let bytes: AsyncStream<ByteBuffer>.Continuation

  init(_ bytes: AsyncStream<ByteBuffer>.Continuation) {
    self.bytes = bytes
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    bytes.yield(unwrapInboundIn(data))
  }

  func channelInactive(context: ChannelHandlerContext) {
    bytes.finish()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    context.close(promise: nil)
  }
}
