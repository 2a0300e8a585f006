public import BatonCore
public import NIOCore

/// A message of the contract: a plain value with a protobuf encoding.
///
/// The conformances are generated from `Protos/`; encoding and decoding go through protobuf-c.
public protocol Message: Sendable {
  /// An empty message: every field absent.
  init()

  /// The full name of the message, `baton.token.v1.GetTokenRequest`.
  static var messageName: String { get }

  /// Decodes untrusted bytes.
  ///
  /// - Throws: `malformed_message`, `invalid_text` (ill-formed UTF-8 or U+0000 in a string) and
  ///   `message_too_deep` (INVALID_ARGUMENT), `message_too_costly` (RESOURCE_EXHAUSTED).
  init(serialized bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(BatonError)

  /// Appends the encoded message to a buffer.
  ///
  /// - Parameters:
  ///   - buffer: Where the bytes go.
  ///   - prefix: Called once with the exact size in bytes before they are written, so that
  ///     lengths and envelopes can precede them without a copy.
  func serialize(into buffer: inout ByteBuffer, prefix: (Int, inout ByteBuffer) -> Void)
}

extension Message {
  /// Appends the encoded message to a buffer.
  public func serialize(into buffer: inout ByteBuffer) {
    serialize(into: &buffer) { _, _ in }
  }
}

/// Bounds of what decoding one message may cost (FR17).
public struct DecodingLimits: Sendable, Hashable {
  /// The deepest nesting of messages; the outermost is 1.
  public var maximumDepth: Int
  /// Bytes of memory that the decoded message may take for each byte received.
  public var memoryFactor: Int
  /// Bytes of memory that any message may take, whatever its size.
  public var memoryBase: Int

  /// Bounds; the defaults are those of servers.
  public init(maximumDepth: Int = 32, memoryFactor: Int = 16, memoryBase: Int = 65_536) {
    self.maximumDepth = maximumDepth
    self.memoryFactor = memoryFactor
    self.memoryBase = memoryBase
  }

  /// The bounds that servers and clients use unless told otherwise.
  public static let standard = DecodingLimits()
}
