package import BatonCore

/// A decoded `Response`: the place of the message in the frame's data, or the error answered.
///
/// Details are never read: Baton puts everything into the message (FR6).
package struct ResponseEnvelope: Sendable {
  /// The encoded message; empty as well when it is absent.
  package private(set) var payload: Range<Int> = 0..<0
  /// What the server answered instead of a message; nil when the status is absent, empty or 0.
  package private(set) var error: BatonError?

  /// Decodes the data of a response frame; no data at all is an empty message (FR21).
  ///
  /// - Throws: `malformed_message`, when the bytes are no `Response`.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(BatonError) {
    var reader = ProtobufReader(bytes, 0..<bytes.count)
    while !reader.isAtEnd {
      guard let (field, wireType) = reader.tag() else { throw Self.malformed }
      switch (field, wireType) {
      case (1, 2):
        guard let range = reader.delimited() else { throw Self.malformed }
        error = try Self.status(bytes, range)
      case (2, 2):
        guard let range = reader.delimited() else { throw Self.malformed }
        payload = range
      default:
        guard reader.skip(wireType) else { throw Self.malformed }
      }
    }
  }

  private static func status(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(BatonError) -> BatonError? {
    var reader = ProtobufReader(bytes, range)
    var code: Int32 = 0
    var text = 0..<0
    while !reader.isAtEnd {
      guard let (field, wireType) = reader.tag() else { throw malformed }
      switch (field, wireType) {
      case (1, 0):
        guard let value = reader.varint() else { throw malformed }
        code = Int32(truncatingIfNeeded: value)
      case (2, 2):
        guard let range = reader.delimited() else { throw malformed }
        text = range
      default:
        guard reader.skip(wireType) else { throw malformed }
      }
    }
    guard code != 0 else { return nil }
    // A peer's message that is no text still is an error of its code.
    return BatonError(
      code: BatonError.Code(rawValue: code), wireMessage: reader.text(text) ?? "(no legible text)")
  }

  private static var malformed: BatonError {
    BatonError(.internal, "internal", "the server's answer cannot be decoded")
  }
}
