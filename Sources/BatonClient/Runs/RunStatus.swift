/// The state of a run: one of the words below, or one of a newer server.
public struct RunStatus: RawRepresentable, Hashable, Sendable {
  /// The word, `RUNNING`.
  public var rawValue: String

  /// A status by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Created, not begun.
  public static let pending = RunStatus(rawValue: "PENDING")
  /// The initialize hook executes.
  public static let starting = RunStatus(rawValue: "STARTING")
  /// Nodes are started and executed.
  public static let running = RunStatus(rawValue: "RUNNING")
  /// No new attempt starts; what executes goes on.
  public static let suspended = RunStatus(rawValue: "SUSPENDED")
  /// On the way from SUSPENDED to RUNNING or STARTING.
  public static let resuming = RunStatus(rawValue: "RESUMING")
  /// Being stopped.
  public static let stopping = RunStatus(rawValue: "STOPPING")
  /// Ended; every failure, if any, was handled.
  public static let completed = RunStatus(rawValue: "COMPLETED")
  /// Ended by a failure.
  public static let failed = RunStatus(rawValue: "FAILED")
  /// Ended by a stop.
  public static let killed = RunStatus(rawValue: "KILLED")
  /// Never begun: the workflow had its most active runs.
  public static let rejected = RunStatus(rawValue: "REJECTED")

  /// Whether a run in this status has ended.
  public var hasEnded: Bool {
    switch self {
    case .completed, .failed, .killed, .rejected: true
    default: false
    }
  }
}

extension RunStatus: CustomStringConvertible {
  /// The word.
  public var description: String { rawValue }
}
