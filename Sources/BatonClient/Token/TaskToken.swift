public import BatonCore
internal import BatonWire

/// The token of a run as one attempt of it reads and writes it.
///
/// Once the attempt has ended every call throws PERMISSION_DENIED `attempt_ended`.
public struct TaskToken: Sendable {
  private let client: BatonClient

  /// The token of the attempt whose credential a client carries.
  package init(client: BatonClient) {
    self.client = client
  }

  /// What this attempt sees: puts of the nodes before it, and its own.
  public var view: TokenView {
    TokenView(client: client, run: nil, viewpoint: nil, scope: .user)
  }

  /// Puts entries as one: all are recorded, in this order, or none; durable when this returns.
  ///
  /// - Parameters:
  ///   - entries: 1..1000 keys and values; of a key that occurs again the last value counts.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: How much the token holds then.
  /// - Throws: INVALID_ARGUMENT `token_entries_invalid`, `token_key_invalid`, `invalid_text`;
  ///   PERMISSION_DENIED `attempt_ended`; RESOURCE_EXHAUSTED `token_value_too_large`, `token_full`,
  ///   `token_history_full`.
  @discardableResult
  public func put(
    _ entries: [TokenAssignment], requestID: String? = nil
  ) async throws -> TokenUsage {
    var request = Wire.PutTokenRequest()
    request.entries = entries.map { Wire.TokenPut(key: $0.key, value: $0.value) }
    request.requestID = requestID ?? RequestID.make()
    let response = try await client.tokenStore.putToken(request, options: .withRequestID)
    return TokenUsage(
      firstSeq: response.firstSeq, lastSeq: response.lastSeq, usedBytes: response.usedBytes,
      limitBytes: response.limitBytes)
  }

  /// Puts one text.
  public func put(_ key: String, _ value: String) async throws {
    try await put([TokenAssignment(key, value)])
  }

  /// Puts one truth value.
  public func put(_ key: String, _ value: Bool) async throws {
    try await put([TokenAssignment(key, value)])
  }

  /// Puts one integer.
  public func put(_ key: String, _ value: Int64) async throws {
    try await put([TokenAssignment(key, value)])
  }

  /// Puts one number.
  ///
  /// - Throws: INVALID_ARGUMENT `token_value_invalid` for NaN and the infinities.
  public func put(_ key: String, _ value: Double) async throws {
    try await put([TokenAssignment(key, value)])
  }
}

/// A key with the value to be put under it.
public struct TokenAssignment: Sendable, Hashable {
  /// The key: 1..1,024 bytes.
  public var key: String
  /// The value: 0..1,048,576 bytes.
  public var value: String

  /// A text under a key.
  public init(_ key: String, _ value: String) {
    self.key = key
    self.value = value
  }

  /// A truth value under a key: `true` or `false`.
  public init(_ key: String, _ value: Bool) {
    self.init(key, TypedText.text(value))
  }

  /// An integer under a key, in decimal.
  public init(_ key: String, _ value: Int64) {
    self.init(key, TypedText.text(value))
  }

  /// A number under a key: the shortest text that reads back to it.
  ///
  /// - Throws: INVALID_ARGUMENT `token_value_invalid` for NaN and the infinities.
  public init(_ key: String, _ value: Double) throws(BatonError) {
    guard let text = TypedText.text(value) else {
      throw BatonError(
        .invalidArgument, "token_value_invalid", "the value for \(key) is not a finite number")
    }
    self.init(key, text)
  }
}

/// How much a token holds after a put.
public struct TokenUsage: Sendable, Hashable {
  /// The number of the first entry put.
  public var firstSeq: UInt64
  /// The number of the last entry put.
  public var lastSeq: UInt64
  /// The bytes of keys and values of all current entries.
  public var usedBytes: Int64
  /// The most bytes that the token may use.
  public var limitBytes: Int64
}
