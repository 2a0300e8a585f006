internal import BatonCore
internal import NIOCore

extension Message {
  /// The message from bytes that `encoded` gave.
  ///
  /// - Throws: `malformed_message` for other bytes.
  package init(encoded bytes: [UInt8]) throws {
    self = try bytes.withUnsafeBytes { bytes throws(BatonError) in
      try Self(serialized: bytes, limits: .standard)
    }
  }

  /// The encoded message; equal messages have equal bytes, also those of their maps.
  package var encoded: [UInt8] { Array(serialized().readableBytesView) }

  /// The bytes of the encoded message.
  package var encodedSize: Int { serialized().readableBytes }
}
