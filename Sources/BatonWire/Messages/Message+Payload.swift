public import BatonCore
public import NIOCore

extension Message {
  /// Decodes the readable bytes of a buffer, which stays as it is.
  ///
  /// - Throws: As ``init(serialized:limits:)``.
  @inlinable
  public init(
    payload: ByteBuffer, limits: DecodingLimits = .standard
  ) throws(BatonError) {
    self = try payload.readableBytesSpan.withUnsafeBytes { bytes throws(BatonError) in
      try Self(serialized: bytes, limits: limits)
    }
  }

  /// The encoded message in a buffer of its own.
  public func serialized() -> ByteBuffer {
    var buffer = ByteBuffer()
    serialize(into: &buffer)
    return buffer
  }
}
