public import BatonCore
internal import BatonWire

/// A put in the history of a token.
public struct TokenPutRecord: Sendable, Hashable {
  /// What was put, by whom and when.
  public var entry: TokenEntry
  /// Whether it is an entry of the run's view now: no later put of the node has replaced it.
  public var isCurrent: Bool

  /// A put.
  public init(entry: TokenEntry, isCurrent: Bool) {
    self.entry = entry
    self.isCurrent = isCurrent
  }
}

/// Which puts of a token are meant; all that is given must hold.
public struct TokenPutFilter: Sendable, Hashable {
  /// Only this scope; nil for both.
  public var scope: TokenScope?
  /// Only this key.
  public var key: String?
  /// Only puts of this node.
  public var node: String?

  /// A filter.
  public init(scope: TokenScope? = nil, key: String? = nil, node: String? = nil) {
    self.scope = scope
    self.key = key
    self.node = node
  }

  var wireScope: Wire.Scope { scope?.wire ?? .unspecified }
}
