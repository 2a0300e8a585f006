import BatonCore
import BatonWire
import NIOCore

/// A message with one string: `string value = 1`.
struct Text: Message, Equatable {
  var value = ""

  init() {}
  init(_ value: String) { self.value = value }

  static var messageName: String { "test.Text" }

  init(serialized bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(BatonError) {
    guard !bytes.isEmpty else { return }
    var rest = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
    guard bytes[0] == 0x0a, let length = Self.varint(&rest), length == rest.count,
      let text = rest.withMemoryRebound(
        to: UInt8.self, { String(validating: $0, as: UTF8.self) })
    else { throw BatonError(.invalidArgument, "malformed_message", "not a Text") }
    value = text
  }

  func serialize(into buffer: inout ByteBuffer, prefix: (Int, inout ByteBuffer) -> Void) {
    guard !value.isEmpty else { return prefix(0, &buffer) }
    var length = ByteBuffer()
    length.writeProtobufVarint(UInt64(value.utf8.count))
    prefix(1 + length.readableBytes + value.utf8.count, &buffer)
    buffer.writeInteger(UInt8(0x0a))
    buffer.writeBuffer(&length)
    buffer.writeString(value)
  }

  private static func varint(_ bytes: inout UnsafeRawBufferPointer) -> Int? {
    var value = 0
    var shift = 0
    while let byte = bytes.first, shift < 35 {
      bytes = UnsafeRawBufferPointer(rebasing: bytes.dropFirst())
      value |= Int(byte & 0x7f) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    return nil
  }
}
