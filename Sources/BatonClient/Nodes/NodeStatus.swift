/// The state of a node of a run: one of the words below, or one of a newer server.
public struct NodeStatus: RawRepresentable, Hashable, Sendable {
  /// The word, `RUNNING`.
  public var rawValue: String

  /// A status by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Not started.
  public static let pending = NodeStatus(rawValue: "PENDING")
  /// Waits for a delay.
  public static let waiting = NodeStatus(rawValue: "WAITING")
  /// An attempt is under way.
  public static let running = NodeStatus(rawValue: "RUNNING")
  /// Ended well; a condition was decided.
  public static let completed = NodeStatus(rawValue: "COMPLETED")
  /// Ended by a failure, no retry left.
  public static let failed = NodeStatus(rawValue: "FAILED")
  /// Ended by a stop or because a sibling failed.
  public static let killed = NodeStatus(rawValue: "KILLED")
  /// Not taken by the graph, not started because the run ended, or skipped by an operator.
  public static let skipped = NodeStatus(rawValue: "SKIPPED")
  /// Cannot start because a node before it failed.
  public static let upstreamFailed = NodeStatus(rawValue: "UPSTREAM_FAILED")

  /// Whether a node in this status has ended.
  public var hasEnded: Bool {
    switch self {
    case .completed, .failed, .killed, .skipped, .upstreamFailed: true
    default: false
    }
  }
}

extension NodeStatus: CustomStringConvertible {
  /// The word.
  public var description: String { rawValue }
}
