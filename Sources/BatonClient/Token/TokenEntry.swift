public import BatonCore
internal import BatonWire

/// A value in a token with who put it.
public struct TokenEntry: Sendable, Hashable {
  /// The scope.
  public var scope: TokenScope
  /// The key.
  public var key: String
  /// The node that put it, or the workflow's name for hooks and triggers.
  public var node: String
  /// The attempt of that node, from 1; 0 for values mapped by a trigger.
  public var attempt: Int
  /// The present status of that attempt; nil for attempt 0.
  public var attemptStatus: AttemptStatus?
  /// The value; `***` where it is secret.
  public var value: String
  /// The number of the put in its run.
  public var seq: UInt64
  /// When it was put.
  public var time: Timestamp

  /// An entry.
  public init(
    scope: TokenScope, key: String, node: String, attempt: Int, attemptStatus: AttemptStatus?,
    value: String, seq: UInt64, time: Timestamp
  ) {
    self.scope = scope
    self.key = key
    self.node = node
    self.attempt = attempt
    self.attemptStatus = attemptStatus
    self.value = value
    self.seq = seq
    self.time = time
  }
}

extension TokenEntry {
  init(_ wire: Wire.TokenEntry) {
    self.init(
      scope: wire.scope == .system ? .system : .user, key: wire.key, node: wire.node,
      attempt: Int(wire.attempt),
      attemptStatus: wire.attemptStatus.wordIfGiven.map(AttemptStatus.init(rawValue:)),
      value: wire.value, seq: wire.seq, time: Timestamp(milliseconds: wire.time))
  }

  /// The value as a truth value: `true` or `false` in letters of any case.
  ///
  /// - Throws: INVALID_ARGUMENT `token_value_invalid`, naming key and node.
  public func bool() throws(BatonError) -> Bool {
    try converted("a truth value", TypedText.bool)
  }

  /// The value as an integer.
  ///
  /// - Throws: INVALID_ARGUMENT `token_value_invalid`, naming key and node.
  public func int64() throws(BatonError) -> Int64 {
    try converted("an integer of 64 bits", TypedText.int64)
  }

  /// The value as a number.
  ///
  /// - Throws: INVALID_ARGUMENT `token_value_invalid`, naming key and node.
  public func double() throws(BatonError) -> Double {
    try converted("a finite number", TypedText.double)
  }

  private func converted<Value>(
    _ kind: String, _ convert: (String) -> Value?
  ) throws(BatonError) -> Value {
    guard let value = convert(value) else {
      throw BatonError(
        .invalidArgument, "token_value_invalid",
        "the value of \(key), put by \(node), is not \(kind)")
    }
    return value
  }
}
