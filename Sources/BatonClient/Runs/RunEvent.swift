public import BatonCore
package import BatonWire

/// One event of a run; what is nil does not belong to its kind.
public struct RunEvent: Sendable, Hashable {
  /// What an event is about: one of the words below, or one of a newer server.
  public struct Kind: RawRepresentable, Hashable, Sendable {
    /// The word, `NODE`.
    public var rawValue: String
    /// A kind by its word.
    public init(rawValue: String) { self.rawValue = rawValue }

    /// The run changed its status; its creation has no `from`.
    public static let run = Kind(rawValue: "RUN")
    /// A node changed its status.
    public static let node = Kind(rawValue: "NODE")
    /// An attempt started (no `from`) or ended.
    public static let attempt = Kind(rawValue: "ATTEMPT")
    /// A report came for an attempt that had ended; it changed nothing.
    public static let lateAttempt = Kind(rawValue: "ATTEMPT_LATE")
    /// The environment got a further revision.
    public static let environment = Kind(rawValue: "ENV")
  }

  /// The number in the run, from 1 without gaps.
  public var event: UInt64
  /// The number in the log of the installation.
  public var number: UInt64
  /// When it was recorded.
  public var time: Timestamp
  /// What it is about.
  public var kind: Kind
  /// Baton's id of the run.
  public var runID: String
  /// The node, or the workflow's name for hooks.
  public var node: String?
  /// The attempt.
  public var attempt: Int?
  /// Of an item of `for_each`: its index, from 0.
  public var item: Int?
  /// Of an item of `for_each`: its attempt, from 1.
  public var itemAttempt: Int?
  /// The status before, as a word.
  public var from: String?
  /// The status after, as a word.
  public var to: String?
  /// The reason of the status after.
  public var reason: String?
  /// Why the attempt exists, or what moved the run.
  public var cause: String?
  /// The revision of the environment.
  public var revision: Int?
  /// The names of the environment that were altered.
  public var names: [String]
}

extension RunEvent {
  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.RunEvent) {
    event = wire.event
    number = wire.number
    time = Timestamp(milliseconds: wire.time)
    kind = Kind(rawValue: wire.kind.name)
    runID = wire.runID
    node = wire.node.nonEmpty
    attempt = wire.attempt == 0 ? nil : Int(wire.attempt)
    item = wire.itemAttempt == 0 ? nil : Int(wire.item)
    itemAttempt = wire.itemAttempt == 0 ? nil : Int(wire.itemAttempt)
    from = wire.from.nonEmpty
    to = wire.to.nonEmpty
    reason = wire.reason.nonEmpty
    cause = wire.cause.nonEmpty
    revision = wire.revision == 0 ? nil : Int(wire.revision)
    names = wire.names
  }
}
