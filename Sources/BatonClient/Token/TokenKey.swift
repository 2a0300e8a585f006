/// A key of a token with its entries.
public struct TokenKey: Sendable, Hashable {
  /// The key.
  public var key: String
  /// At most one entry per node, in graph order; the last is the most recent.
  public var entries: [TokenEntry]

  /// A key with its entries.
  public init(key: String, entries: [TokenEntry]) {
    self.key = key
    self.entries = entries
  }
}
