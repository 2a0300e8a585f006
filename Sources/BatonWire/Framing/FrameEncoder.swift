package import BatonCore
package import NIOCore

/// Frames are written into a buffer that already holds others, header and data in one piece; what
/// turns out longer than a frame may be is taken back out.
extension ByteBuffer {
  /// Writes a header.
  package mutating func writeFrameHeader(_ header: FrameHeader) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHeader.size) { header.store(in: $0) }
  }

  /// Writes a request with a message.
  ///
  /// - Throws: `frame_too_large`; the buffer is then as it was.
  package mutating func writeRequest<Body: Message>(
    id: UInt32, flags: FrameFlags = [], method: MethodDescriptor, timeoutNanoseconds: Int64,
    metadata: [Metadata.Element], message: Body
  ) throws(BatonError) {
    try writeRequest(
      id: id, flags: flags, method: method, timeoutNanoseconds: timeoutNanoseconds,
      metadata: metadata
    ) { buffer in
      message.serialize(into: &buffer) { size, buffer in
        if size > 0 { buffer.writeProtobufKey(field: 3, length: size) }
      }
    }
  }

  /// Writes a request with an encoded message, or without one.
  ///
  /// - Throws: `frame_too_large`; the buffer is then as it was.
  package mutating func writeRequest(
    id: UInt32, flags: FrameFlags = [], method: MethodDescriptor, timeoutNanoseconds: Int64,
    metadata: [Metadata.Element], payload: ByteBuffer?
  ) throws(BatonError) {
    try writeRequest(
      id: id, flags: flags, method: method, timeoutNanoseconds: timeoutNanoseconds,
      metadata: metadata
    ) { buffer in
      if let payload, payload.readableBytes > 0 {
        buffer.writeProtobufKey(field: 3, length: payload.readableBytes)
        buffer.writeImmutableBuffer(payload)
      }
    }
  }

  @inline(__always)
  private mutating func writeRequest(
    id: UInt32, flags: FrameFlags, method: MethodDescriptor, timeoutNanoseconds: Int64,
    metadata: [Metadata.Element], payload: (inout ByteBuffer) -> Void
  ) throws(BatonError) {
    let start = writerIndex
    writeFrameHeader(FrameHeader(length: 0, streamID: id, type: .request, flags: flags))
    writeProtobufText(field: 1, method.service)
    writeProtobufText(field: 2, method.method)
    payload(&self)
    if timeoutNanoseconds != 0 {
      writeInteger(UInt8(4 << 3))
      writeProtobufVarint(UInt64(bitPattern: timeoutNanoseconds))
    }
    for pair in metadata {
      let key = Self.protobufTextSize(pair.key)
      writeProtobufKey(field: 5, length: key + Self.protobufTextSize(pair.value))
      writeProtobufText(field: 1, pair.key)
      writeProtobufText(field: 2, pair.value)
    }
    try closeFrame(start, "frame_too_large", "the request")
  }

  /// Writes a successful response.
  ///
  /// - Throws: `reply_too_large`; the buffer is then as it was.
  package mutating func writeResponse<Body: Message>(
    id: UInt32, message: Body
  ) throws(BatonError) {
    try writeResponse(id: id) { message.serialize(into: &$0, prefix: $1) }
  }

  /// Writes a successful response with the message that `serialize` appends.
  ///
  /// - Throws: `reply_too_large`; the buffer is then as it was.
  package mutating func writeResponse(
    id: UInt32, _ serialize: MessageSerializer
  ) throws(BatonError) {
    let start = writerIndex
    serialize(&self) { size, buffer in
      // The size is known before the bytes, so header and key go in with one write.
      buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: FrameHeader.size + 11) { bytes in
        let key = size == 0 ? 0 : 1 + Self.protobufVarintSize(UInt64(size))
        let header = FrameHeader(
          length: UInt32(truncatingIfNeeded: key + size), streamID: id, type: .response)
        let end = header.store(in: bytes)
        return key == 0 ? end : Self.storeProtobufKey(field: 2, length: size, in: bytes, at: end)
      }
    }
    try checkFrame(start, "reply_too_large", "the reply")
  }

  /// Writes a successful response with an encoded message.
  ///
  /// - Throws: `reply_too_large`; the buffer is then as it was.
  package mutating func writeResponse(id: UInt32, payload: ByteBuffer) throws(BatonError) {
    let start = writerIndex
    writeFrameHeader(FrameHeader(length: 0, streamID: id, type: .response))
    if payload.readableBytes > 0 {
      writeProtobufKey(field: 2, length: payload.readableBytes)
      writeImmutableBuffer(payload)
    }
    try closeFrame(start, "reply_too_large", "the reply")
  }

  /// Writes a response with an error: code and message, never details (FR6).
  package mutating func writeResponse(id: UInt32, error: BatonError) {
    let start = writerIndex
    writeFrameHeader(FrameHeader(length: 0, streamID: id, type: .response))
    let text = Self.bounded(error.description)
    let code = UInt64(bitPattern: Int64(error.code.rawValue))
    let size = 1 + Self.protobufVarintSize(code) + Self.protobufTextSize(text)
    writeProtobufKey(field: 1, length: size)
    writeInteger(UInt8(1 << 3))
    writeProtobufVarint(code)
    writeProtobufText(field: 2, text)
    setInteger(UInt32(writerIndex - start - FrameHeader.size), at: start)
  }

  /// An error's text cut to what a frame has room for in any case.
  private static func bounded(_ text: String) -> String {
    text.utf8.count <= 65_536 ? text : String(decoding: text.utf8.prefix(65_536), as: UTF8.self)
  }

  /// Writes one message of a stream.
  ///
  /// - Throws: `reply_too_large` or `frame_too_large`; the buffer is then as it was.
  package mutating func writeData<Body: Message>(
    id: UInt32, message: Body, tooLarge: BatonError.Reason
  ) throws(BatonError) {
    let start = writerIndex
    writeFrameHeader(FrameHeader(length: 0, streamID: id, type: .data))
    message.serialize(into: &self)
    try closeFrame(start, tooLarge, "the message")
  }

  /// Writes one encoded message of a stream.
  ///
  /// - Throws: `reply_too_large` or `frame_too_large`; the buffer is then as it was.
  package mutating func writeData(
    id: UInt32, payload: ByteBuffer, tooLarge: BatonError.Reason
  ) throws(BatonError) {
    let start = writerIndex
    writeFrameHeader(FrameHeader(length: 0, streamID: id, type: .data))
    writeImmutableBuffer(payload)
    try closeFrame(start, tooLarge, "the message")
  }

  /// Writes the end of one side of a stream: empty DATA 05.
  package mutating func writeEndOfStream(id: UInt32) {
    writeFrameHeader(
      FrameHeader(length: 0, streamID: id, type: .data, flags: [.done, .noData]))
  }

  /// Writes the cancel frame (FR13).
  package mutating func writeCancel(id: UInt32) {
    writeFrameHeader(FrameHeader(length: 0, streamID: id, type: .cancel))
  }

  /// Puts the length into the header that begins at `start`, or takes the frame back out.
  @inline(__always)
  private mutating func closeFrame(
    _ start: Int, _ reason: BatonError.Reason, _ subject: String
  ) throws(BatonError) {
    let length = try checkFrame(start, reason, subject)
    setInteger(UInt32(truncatingIfNeeded: length), at: start)
  }

  /// The length of the data of the frame that begins at `start`, or takes it back out.
  @inline(__always)
  @discardableResult
  private mutating func checkFrame(
    _ start: Int, _ reason: BatonError.Reason, _ subject: String
  ) throws(BatonError) -> Int {
    let length = writerIndex - start - FrameHeader.size
    if length > FrameLimit.data {
      moveWriterIndex(to: start)
      throw BatonError(
        .resourceExhausted, reason,
        "\(subject) takes \(length) bytes; a frame carries at most \(FrameLimit.data)")
    }
    return length
  }
}

/// The few protobuf encodings that the envelope needs.
extension ByteBuffer {
  package mutating func writeProtobufVarint(_ value: UInt64) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: 10) { bytes in
      Self.storeProtobufVarint(value, in: bytes, at: 0)
    }
  }

  fileprivate mutating func writeProtobufKey(field: UInt8, length: Int) {
    writeWithUnsafeMutableBytes(minimumWritableBytes: 11) { bytes in
      Self.storeProtobufKey(field: field, length: length, in: bytes, at: 0)
    }
  }

  /// Stores the key and the length of a delimited field.
  ///
  /// - Returns: The place behind them.
  @inline(__always)
  fileprivate static func storeProtobufKey(
    field: UInt8, length: Int, in bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) -> Int {
    bytes[offset] = field << 3 | 2
    return storeProtobufVarint(UInt64(length), in: bytes, at: offset + 1)
  }

  @inline(__always)
  private static func storeProtobufVarint(
    _ value: UInt64, in bytes: UnsafeMutableRawBufferPointer, at offset: Int
  ) -> Int {
    var value = value
    var offset = offset
    while value >= 0x80 {
      bytes[offset] = UInt8(truncatingIfNeeded: value) | 0x80
      value >>= 7
      offset += 1
    }
    bytes[offset] = UInt8(truncatingIfNeeded: value)
    return offset + 1
  }

  /// Writes a text field; an empty one is absent, as proto3 has it.
  fileprivate mutating func writeProtobufText(field: UInt8, _ text: String) {
    let length = text.utf8.count
    guard length > 0 else { return }
    writeProtobufKey(field: field, length: length)
    writeString(text)
  }

  fileprivate static func protobufTextSize(_ text: String) -> Int {
    let length = text.utf8.count
    return length == 0 ? 0 : 1 + protobufVarintSize(UInt64(length)) + length
  }

  fileprivate static func protobufVarintSize(_ value: UInt64) -> Int {
    max(1, (70 - value.leadingZeroBitCount) / 7)
  }
}
