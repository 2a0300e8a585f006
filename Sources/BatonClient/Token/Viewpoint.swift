internal import BatonWire

/// From where a token is read: what an attempt of a node sees (T10).
public struct Viewpoint: Sendable, Hashable {
  /// The node, or the workflow's name for a hook.
  public var node: String
  /// Its attempt; nil for the newest.
  public var attempt: Int?

  /// The view of a node.
  public init(node: String, attempt: Int? = nil) {
    self.node = node
    self.attempt = attempt
  }

  var wire: Wire.Viewpoint {
    Wire.Viewpoint(atNode: node, atAttempt: UInt32(clamping: attempt ?? 0))
  }
}
