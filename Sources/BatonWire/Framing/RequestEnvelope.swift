package import BatonCore

/// A decoded `Request`, its parts given as places in the frame's data.
package struct RequestEnvelope: Sendable, Hashable {
  /// The full name of the service, as received.
  package private(set) var service: Range<Int> = 0..<0
  /// The bare name of the method, as received.
  package private(set) var method: Range<Int> = 0..<0
  /// The encoded message.
  package private(set) var payload: Range<Int> = 0..<0
  /// The time the call may take in nanoseconds; 0: no limit, negative: it has passed.
  package private(set) var timeoutNanoseconds: Int64 = 0
  /// The pairs with lower-case keys.
  package private(set) var metadata = Metadata()

  /// The most pairs that a request may carry (FR11).
  package static let maximumPairs = 64
  /// The most bytes that keys and values may have together (FR11).
  package static let maximumMetadataBytes = 8_192

  /// Decodes the data of a request frame.
  ///
  /// The names are not checked here: see ``text(_:of:)``.
  ///
  /// - Throws: `malformed_request`, `invalid_text`, `metadata_too_large`.
  package init(decoding bytes: UnsafeRawBufferPointer) throws(BatonError) {
    var reader = ProtobufReader(bytes, 0..<bytes.count)
    var metadataBytes = 0
    while !reader.isAtEnd {
      guard let (field, wireType) = reader.tag() else { throw Self.malformed }
      switch (field, wireType) {
      case (1, 2): service = try Self.range(&reader)
      case (2, 2): method = try Self.range(&reader)
      case (3, 2): payload = try Self.range(&reader)
      case (4, 0):
        guard let value = reader.varint() else { throw Self.malformed }
        timeoutNanoseconds = Int64(bitPattern: value)
      case (5, 2):
        let pair = try Self.range(&reader)
        metadataBytes += try addPair(bytes, pair)
        guard
          metadata.elements.count <= Self.maximumPairs,
          metadataBytes <= Self.maximumMetadataBytes
        else { throw Self.tooMuchMetadata }
      default:
        guard reader.skip(wireType) else { throw Self.malformed }
      }
    }
  }

  /// The text at a place of the data.
  ///
  /// - Throws: `invalid_text` for ill-formed UTF-8 or U+0000.
  package static func text(
    _ range: Range<Int>, of bytes: UnsafeRawBufferPointer
  ) throws(BatonError) -> String {
    guard let text = ProtobufReader(bytes, range).text(range) else { throw invalidText }
    return text
  }

  private mutating func addPair(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>
  ) throws(BatonError) -> Int {
    var reader = ProtobufReader(bytes, range)
    var key = 0..<0
    var value = 0..<0
    while !reader.isAtEnd {
      guard let (field, wireType) = reader.tag() else { throw Self.malformed }
      switch (field, wireType) {
      case (1, 2): key = try Self.range(&reader)
      case (2, 2): value = try Self.range(&reader)
      default:
        guard reader.skip(wireType) else { throw Self.malformed }
      }
    }
    // The size is known before a string is made of it.
    guard key.count + value.count <= Self.maximumMetadataBytes else { throw Self.tooMuchMetadata }
    let pair = Metadata.Element(
      key: Metadata.normalizedKey(try Self.text(key, of: bytes)),
      value: try Self.text(value, of: bytes))
    metadata.elements.append(pair)
    return key.count + value.count
  }

  private static func range(_ reader: inout ProtobufReader) throws(BatonError) -> Range<Int> {
    guard let range = reader.delimited() else { throw malformed }
    return range
  }

  private static var malformed: BatonError {
    BatonError(.invalidArgument, "malformed_request", "the request envelope cannot be decoded")
  }
  private static var invalidText: BatonError {
    BatonError(
      .invalidArgument, "invalid_text", "the request envelope has text that is not valid UTF-8")
  }
  private static var tooMuchMetadata: BatonError {
    BatonError(
      .resourceExhausted, "metadata_too_large",
      "a call takes at most \(maximumPairs) metadata pairs and \(maximumMetadataBytes) bytes")
  }
}

extension Metadata {
  /// A key as it is kept: ASCII letters in lower case.
  package static func normalizedKey(_ key: String) -> String {
    let isLower = key.utf8.allSatisfy { !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0) }
    return isLower ? key : key.lowercased()
  }

  /// Checks the bounds of FR11 on pairs about to be sent.
  ///
  /// - Throws: `metadata_too_large`.
  package static func check(_ pairs: [Element]) throws(BatonError) {
    guard !pairs.isEmpty else { return }
    let size = pairs.reduce(0) { $0 + $1.key.utf8.count + $1.value.utf8.count }
    guard
      pairs.count <= RequestEnvelope.maximumPairs, size <= RequestEnvelope.maximumMetadataBytes
    else {
      throw BatonError(
        .resourceExhausted, "metadata_too_large",
        "the call's metadata has \(pairs.count) pairs and \(size) bytes; at most "
          + "\(RequestEnvelope.maximumPairs) and \(RequestEnvelope.maximumMetadataBytes) may travel"
      )
    }
  }
}
