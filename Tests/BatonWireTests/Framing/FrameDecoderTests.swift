import BatonWire
import NIOCore
import Testing

@Suite struct FrameDecoderTests {
  private static let stream = hex(
    """
    00000003 00000001 01 00 | 616263
    00000000 00000003 03 05
    00000002 0000000d 03 01 | 0801
    00000001 00000005 7f f0 | ff
    """)

  private func decode(_ chunks: [ByteBuffer], limit: Int = FrameLimit.data) -> [FrameDecoder.Event]
  {
    var decoder = FrameDecoder(limit: limit)
    var events: [FrameDecoder.Event] = []
    for chunk in chunks {
      decoder.feed(chunk)
      while let event = decoder.next() { events.append(event) }
    }
    return events
  }

  private func chunks(_ buffer: ByteBuffer, of size: Int) -> [ByteBuffer] {
    var rest = buffer
    var chunks: [ByteBuffer] = []
    while let chunk = rest.readSlice(length: min(size, rest.readableBytes)),
      chunk.readableBytes > 0
    {
      chunks.append(chunk)
    }
    return chunks
  }

  @Test("WI-04 frames fed in pieces of any size decode the same", arguments: 1...40)
  func pieces(size: Int) {
    let whole = decode([Self.stream])
    #expect(whole.count == 4)
    #expect(decode(chunks(Self.stream, of: size)) == whole)
  }

  @Test func headerFieldsAreRead() {
    guard case .frame(let frame) = decode([Self.stream]).last else {
      Issue.record("no frame")
      return
    }
    #expect(frame.header.length == 1)
    #expect(frame.header.streamID == 5)
    #expect(frame.header.type == FrameType(rawValue: 0x7f))
    #expect(frame.header.flags == FrameFlags(rawValue: 0xf0))
    #expect(frame.payload == hex("ff"))
  }

  @Test("WI-06 a frame of exactly the limit is taken, one byte more is not")
  func limit() {
    for (size, isTaken) in [(4_194_304, true), (4_194_305, false)] {
      var buffer = ByteBuffer()
      buffer.writeFrameHeader(
        FrameHeader(length: UInt32(size), streamID: 1, type: .request))
      buffer.writeRepeatingByte(7, count: size)
      buffer.writeImmutableBuffer(hex("00000000 00000003 03 05"))
      let events = decode(chunks(buffer, of: 65_536))
      #expect(events.count == 2)
      switch events.first {
      case .frame(let frame): #expect(isTaken && frame.payload.readableBytes == size)
      case .skipTooLarge(let header): #expect(!isTaken && header.streamID == 1)
      default: Issue.record("unexpected")
      }
      guard case .frame(let next) = events.last else {
        Issue.record("the frame after it is lost")
        continue
      }
      #expect(next.header.streamID == 3)
    }
  }

  @Test("FR8 a frame over the limit is reported with its header and never buffered")
  func skipping() {
    var decoder = FrameDecoder(limit: 100)
    decoder.feed(hex("000003e8 00000009 01 00"))
    guard case .skipTooLarge(let header) = decoder.next() else {
      Issue.record("not reported")
      return
    }
    #expect(header.streamID == 9)
    for _ in 0..<99 {
      decoder.feed(ByteBuffer(repeating: 0, count: 10))
      #expect(decoder.next() == nil)
      #expect(decoder.bufferedBytes == 0)
      #expect(decoder.isInsideFrame)
    }
    decoder.feed(ByteBuffer(repeating: 0, count: 10))
    #expect(decoder.next() == nil)
    #expect(!decoder.isInsideFrame)
  }

  @Test("WI-03 a frame announced beyond 16 MiB closes, and nothing is kept")
  func closing() {
    var decoder = FrameDecoder()
    decoder.feed(hex("fffffff0 00000001 01 00 | 010203"))
    guard case .close(let header) = decoder.next() else {
      Issue.record("not closed")
      return
    }
    #expect(header.streamID == 1)
    decoder.feed(ByteBuffer(repeating: 1, count: 1_000))
    #expect(decoder.next() == nil)
    #expect(decoder.bufferedBytes == 0)
  }

  @Test func whatIsLeftDoesNotKeepTheBufferItArrivedIn() {
    var decoder = FrameDecoder()
    var read = ByteBuffer(repeating: 0, count: 65_536)
    read.clear()
    read.writeImmutableBuffer(hex("00000000 00000003 03 05 | 000000"))
    decoder.feed(read)
    while decoder.next() != nil {}
    #expect(decoder.bufferedBytes == 3)
    #expect(decoder.isInsideFrame)
  }
}
