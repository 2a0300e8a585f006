/// The state of an attempt: one of the words below, or one of a newer server.
public struct AttemptStatus: RawRepresentable, Hashable, Sendable {
  /// The word, `RUNNING`.
  public var rawValue: String

  /// A status by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Its start is recorded, its outcome is not.
  public static let running = AttemptStatus(rawValue: "RUNNING")
  /// Ended well.
  public static let completed = AttemptStatus(rawValue: "COMPLETED")
  /// Ended by a failure.
  public static let failed = AttemptStatus(rawValue: "FAILED")
  /// Ended by a kill.
  public static let killed = AttemptStatus(rawValue: "KILLED")
}

extension AttemptStatus: CustomStringConvertible {
  /// The word.
  public var description: String { rawValue }
}
