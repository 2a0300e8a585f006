import BatonCore
import BatonWire
import NIOCore
import Testing

@Suite struct EnvelopeTests {
  private let echo = MethodDescriptor(
    service: "research.echo.v1.Echo", method: "Echo", kind: .unary)
  private static let names =
    "0a15 72657365617263682e6563686f2e76312e4563686f 1204 4563686f"

  private func decode(_ data: ByteBuffer) throws -> RequestEnvelope {
    try data.withUnsafeReadableBytes { try RequestEnvelope(decoding: $0) }
  }

  private func text(_ range: Range<Int>, _ data: ByteBuffer) throws -> String {
    try data.withUnsafeReadableBytes { try RequestEnvelope.text(range, of: $0) }
  }

  // MARK: Vectors of wire.md §6

  @Test("vector: unary request")
  func unaryRequest() throws {
    var buffer = ByteBuffer()
    try buffer.writeRequest(
      id: 1, method: echo, timeoutNanoseconds: 0, metadata: [],
      message: RawMessage(hex("0a0568656c6c6f")))
    #expect(
      buffer == hex("00000026 00000001 01 00 | \(Self.names) 1a07 0a0568656c6c6f"))
    let data = buffer.getSlice(at: 10, length: 38) ?? ByteBuffer()
    let envelope = try decode(data)
    #expect(try text(envelope.service, data) == "research.echo.v1.Echo")
    #expect(try text(envelope.method, data) == "Echo")
    #expect(data.getSlice(at: envelope.payload.lowerBound, length: 7) == hex("0a0568656c6c6f"))
    #expect(envelope.timeoutNanoseconds == 0)
    #expect(envelope.metadata.elements.isEmpty)
  }

  @Test("vector: unary response")
  func unaryResponse() throws {
    var buffer = ByteBuffer()
    try buffer.writeResponse(id: 1, message: RawMessage(hex("0a0568656c6c6f")))
    #expect(buffer == hex("00000009 00000001 02 00 | 1207 0a0568656c6c6f"))
    var same = ByteBuffer()
    try same.writeResponse(id: 1, payload: hex("0a0568656c6c6f"))
    #expect(same == buffer)
  }

  @Test("vector: empty replies", arguments: ["", "0a00", "0a020800"])
  func emptyReply(data: String) throws {
    var buffer = ByteBuffer()
    try buffer.writeResponse(id: 3, message: RawMessage())
    #expect(buffer == hex("00000000 00000003 02 00"))
    let response = try hex(data).withUnsafeReadableBytes { try ResponseEnvelope(decoding: $0) }
    #expect(response.error == nil)
    #expect(response.payload.isEmpty)
  }

  /// The bytes of the vector; they stand for 1,999,996,043, not for the number printed beside them.
  @Test("vector: metadata and timeout")
  func metadataAndTimeout() throws {
    var buffer = ByteBuffer()
    try buffer.writeRequest(
      id: 1, method: echo, timeoutNanoseconds: 1_999_996_043,
      metadata: [.init(key: "authorization", value: "Bearer abc")], message: RawMessage())
    let data = hex(
      """
      \(Self.names) 20 8b89d6b907
      2a1b 0a0d 617574686f72697a6174696f6e 120a 42656172657220616263
      """)
    #expect(buffer.getSlice(at: 10, length: buffer.readableBytes - 10) == data)
    let envelope = try decode(data)
    #expect(envelope.timeoutNanoseconds == 1_999_996_043)
    #expect(envelope.metadata["authorization"] == "Bearer abc")
  }

  @Test("vector: deadline passed")
  func deadlinePassed() throws {
    let data = hex(
      "0a1d 0804 1219 636f6e7465787420646561646c696e65206578636565646564")
    let response = try data.withUnsafeReadableBytes { try ResponseEnvelope(decoding: $0) }
    #expect(response.error?.code == .deadlineExceeded)
    #expect(response.error?.message == "context deadline exceeded")
  }

  @Test("vector: server stream and empty item")
  func streams() throws {
    var buffer = ByteBuffer()
    for byte in ["0801", "0802", "0803"] {
      try buffer.writeData(id: 3, message: RawMessage(hex(byte)), tooLarge: "reply_too_large")
    }
    buffer.writeEndOfStream(id: 3)
    try buffer.writeData(id: 13, message: RawMessage(), tooLarge: "reply_too_large")
    #expect(
      buffer
        == hex(
          """
          00000002 00000003 03 00 | 0801  00000002 00000003 03 00 | 0802
          00000002 00000003 03 00 | 0803  00000000 00000003 03 05
          00000000 0000000d 03 00
          """))
    var request = ByteBuffer()
    try request.writeRequest(
      id: 3, flags: .done, method: echo, timeoutNanoseconds: 0, metadata: [],
      payload: hex("0a0568656c6c6f080303"))
    #expect(request.getSlice(at: 0, length: 10) == hex("00000029 00000003 01 01"))
  }

  @Test("FR6 an error has code and message, no details and no payload")
  func errors() throws {
    let error = BatonError(
      .notFound, "run_not_found", "no run 7", hint: "list runs with baton runs")
    var buffer = ByteBuffer()
    buffer.writeResponse(id: 5, error: error)
    let data = buffer.getSlice(at: 10, length: buffer.readableBytes - 10) ?? ByteBuffer()
    #expect(buffer.getInteger(at: 0, as: UInt32.self) == UInt32(data.readableBytes))
    let decoded = try data.withUnsafeReadableBytes { try ResponseEnvelope(decoding: $0) }
    #expect(decoded.error?.code == .notFound)
    #expect(decoded.error?.description == "run_not_found: no run 7\nlist runs with baton runs")
    #expect(decoded.payload.isEmpty)
  }

  // MARK: Untrusted bytes

  @Test(
    "FR7 bytes that are no envelope are refused",
    arguments: [
      "0a", "0a05 6162", "0affffffffffffffffff01", "1a80", "ffffffffffffffffffff01", "00", "0b0c",
      "2a03 0a05 61", "2a01 0a", "25 0102", "21 01020304", "20 80808080808080808080808001",
    ])
  func malformed(data: String) {
    #expect(throws: BatonError.self) { try decode(hex(data)) }
  }

  @Test func unknownFieldsAreSkipped() throws {
    let data = hex("\(Self.names) 30 ac02 3a03 616263 41 0102030405060708 4d 01020304")
    let envelope = try decode(data)
    #expect(try text(envelope.method, data) == "Echo")
  }

  @Test(
    "FR17 text that is not UTF-8 or holds U+0000 is refused",
    arguments: ["2a05 0a03 ff6162", "2a05 1203 61c080", "2a05 0a03 610062"])
  func invalidText(data: String) {
    #expect { try decode(hex(data)) } throws: {
      ($0 as? BatonError)?.reason == "invalid_text"
    }
  }

  @Test func namesAreCheckedWhenTheyAreRead() throws {
    let data = hex("0a02 c328")
    let envelope = try decode(data)
    #expect(throws: BatonError.self) { try text(envelope.service, data) }
  }

  @Test("FR11 keys become lower-case, repeats keep their order, bounds hold")
  func metadata() throws {
    let pair = hex("2a08 0a03 412d62 1201 31")
    var data = pair
    data.writeImmutableBuffer(hex("2a08 0a03 612d42 1201 32"))
    #expect(
      try decode(data).metadata.elements == [
        .init(key: "a-b", value: "1"), .init(key: "a-b", value: "2"),
      ])
    var many = ByteBuffer()
    for _ in 0..<64 { many.writeImmutableBuffer(pair) }
    #expect(try decode(many).metadata.elements.count == 64)
    many.writeImmutableBuffer(pair)
    #expect { try decode(many) } throws: { ($0 as? BatonError)?.reason == "metadata_too_large" }
  }

  @Test func largeMetadataIsRefused() throws {
    for (size, isTaken) in [(8_191, true), (8_192, false)] {
      var buffer = ByteBuffer()
      try buffer.writeRequest(
        id: 1, method: echo, timeoutNanoseconds: 0,
        metadata: [.init(key: "k", value: String(repeating: "v", count: size))], payload: nil)
      let data = buffer.getSlice(at: 10, length: buffer.readableBytes - 10) ?? ByteBuffer()
      if isTaken {
        #expect(try decode(data).metadata.elements.count == 1)
      } else {
        #expect(throws: BatonError.self) { try decode(data) }
      }
    }
  }

  @Test("FR9, FR22 what is longer than a frame is taken back out of the buffer")
  func oversize() throws {
    var message = RawMessage()
    message.bytes = [UInt8](repeating: 1, count: FrameLimit.data)
    var buffer = hex("0102")
    #expect { try buffer.writeResponse(id: 1, message: message) } throws: {
      ($0 as? BatonError)?.reason == "reply_too_large"
    }
    #expect {
      try buffer.writeRequest(
        id: 1, method: echo, timeoutNanoseconds: 0, metadata: [], message: message)
    } throws: {
      ($0 as? BatonError)?.reason == "frame_too_large"
    }
    #expect(buffer == hex("0102"))
    try buffer.writeData(id: 1, message: message, tooLarge: "reply_too_large")
    #expect(buffer.readableBytes == 2 + 10 + FrameLimit.data)
  }

  @Test("negative timeouts travel as ten-byte varints")
  func negativeTimeout() throws {
    var buffer = ByteBuffer()
    try buffer.writeRequest(
      id: 1, method: echo, timeoutNanoseconds: -5, metadata: [], payload: nil)
    let data = buffer.getSlice(at: 10, length: buffer.readableBytes - 10) ?? ByteBuffer()
    #expect(try decode(data).timeoutNanoseconds == -5)
  }
}
