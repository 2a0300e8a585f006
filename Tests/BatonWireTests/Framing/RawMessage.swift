import BatonCore
import BatonWire
import NIOCore

/// A message that is nothing but its bytes.
struct RawMessage: Message {
  var bytes: [UInt8]

  init() { bytes = [] }
  init(_ bytes: ByteBuffer) { self.bytes = Array(bytes.readableBytesView) }

  static var messageName: String { "test.Raw" }

  init(serialized bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(BatonError) {
    self.bytes = Array(bytes)
  }

  func serialize(into buffer: inout ByteBuffer, prefix: (Int, inout ByteBuffer) -> Void) {
    prefix(bytes.count, &buffer)
    buffer.writeBytes(bytes)
  }
}
