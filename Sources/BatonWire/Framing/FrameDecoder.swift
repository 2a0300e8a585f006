package import NIOCore

/// A frame received: its header and a slice with its data.
package struct Frame: Sendable, Hashable {
  package var header: FrameHeader
  package var payload: ByteBuffer

  package init(header: FrameHeader, payload: ByteBuffer) {
    self.header = header
    self.payload = payload
  }
}

/// Cuts a stream of bytes into frames.
///
/// A state machine without I/O: bytes go in with ``feed(_:)``, events come out of ``next()``. The
/// data of a frame is a slice of what was fed where it arrived in one piece. A frame over the limit
/// is reported once, when its header is there, and its data dropped as it arrives (FR8).
package struct FrameDecoder: Sendable {
  package enum Event: Sendable, Hashable {
    case frame(Frame)
    /// The frame is longer than the limit; its data is being skipped.
    case skipTooLarge(FrameHeader)
    /// The frame announces more than ``FrameLimit/announced``; nothing more will be decoded.
    case close(FrameHeader)
  }

  /// The most data that a frame may carry; changes count from the next header on.
  package var limit: Int

  private var input = ByteBuffer()
  private var bytesToSkip = 0
  private var isClosed = false

  package init(limit: Int = FrameLimit.data) {
    self.limit = limit
  }

  /// The bytes held back because their frame is not complete, or not asked for yet.
  package var bufferedBytes: Int { input.readableBytes }

  /// Whether a header or a body has begun and is not complete.
  ///
  /// Meaningful when ``next()`` has answered nil.
  package var isInsideFrame: Bool { !isClosed && (input.readableBytes > 0 || bytesToSkip > 0) }

  /// Whether ``next()`` has something to give.
  package var holdsEvent: Bool {
    guard !isClosed, bytesToSkip <= input.readableBytes else { return false }
    var rest = input
    rest.moveReaderIndex(forwardBy: bytesToSkip)
    guard let header = Self.header(of: rest) else { return false }
    return Int(header.length) > limit || rest.readableBytes >= FrameHeader.size + Int(header.length)
  }

  /// Takes the next bytes of the stream.
  package mutating func feed(_ bytes: ByteBuffer) {
    guard !isClosed else { return }
    var bytes = bytes
    if bytesToSkip > 0 && input.readableBytes == 0 {
      let skipped = min(bytesToSkip, bytes.readableBytes)
      bytes.moveReaderIndex(forwardBy: skipped)
      bytesToSkip -= skipped
    }
    if input.readableBytes == 0 {
      input = bytes
    } else {
      input.writeBuffer(&bytes)
    }
  }

  /// The next event, or nil when more bytes are needed.
  package mutating func next() -> Event? {
    while true {
      if bytesToSkip > 0 {
        let skipped = min(bytesToSkip, input.readableBytes)
        input.moveReaderIndex(forwardBy: skipped)
        bytesToSkip -= skipped
        if bytesToSkip > 0 { return waiting() }
      }
      guard !isClosed, let header = Self.header(of: input) else { return waiting() }
      if Int(header.length) > FrameLimit.announced {
        isClosed = true
        input = ByteBuffer()
        return .close(header)
      }
      if Int(header.length) > limit {
        input.moveReaderIndex(forwardBy: FrameHeader.size)
        bytesToSkip = Int(header.length)
        return .skipTooLarge(header)
      }
      let length = Int(header.length)
      guard input.readableBytes >= FrameHeader.size + length else { return waiting() }
      input.moveReaderIndex(forwardBy: FrameHeader.size)
      guard let payload = input.readSlice(length: length) else { return waiting() }
      return .frame(Frame(header: header, payload: payload))
    }
  }

  /// Keeps what is left without keeping the whole buffer that it arrived in.
  private mutating func waiting() -> Event? {
    if input.readableBytes == 0 {
      input = ByteBuffer()
    } else if input.readerIndex > 0 {
      input = ByteBuffer(copying: input)
    }
    return nil
  }

  private static func header(of input: ByteBuffer) -> FrameHeader? {
    guard input.readableBytes >= FrameHeader.size else { return nil }
    return input.withUnsafeReadableBytes { bytes in
      FrameHeader(
        length: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)),
        streamID: UInt32(bigEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)),
        type: FrameType(rawValue: bytes[8]), flags: FrameFlags(rawValue: bytes[9]))
    }
  }
}

extension ByteBuffer {
  /// A buffer of its own with the readable bytes of another.
  package init(copying other: ByteBuffer) {
    var copy = ByteBuffer()
    copy.writeBytes(other.readableBytesView)
    self = copy
  }
}
