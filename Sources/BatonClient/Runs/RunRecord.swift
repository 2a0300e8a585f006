public import BatonCore
package import BatonWire

/// A run as listings show it; what is nil did not happen or does not apply.
public struct RunRecord: Sendable, Hashable {
  /// Baton's id: UUIDv7 text; of a program run `RUN:NODE:ATTEMPT`.
  public var id: String
  /// The id that the trigger brought.
  public var externalID: String?
  /// Its status when it was read.
  public var status: RunStatus
  /// The application version that it is pinned to.
  public var version: Int
  /// When it was created.
  public var created: Timestamp
  /// When it last began.
  public var started: Timestamp?
  /// When it was last suspended.
  public var suspended: Timestamp?
  /// When it was last resumed.
  public var resumed: Timestamp?
  /// When a stop last began.
  public var stopping: Timestamp?
  /// When it ended; nil while it is active.
  public var ended: Timestamp?
  /// What made it: `manual`, `schedule` or `parent`.
  public var trigger: String
  /// The name of the schedule that launched it.
  public var schedule: String?
  /// How many runs launched each other before it; 0 unless a program's end launched it.
  public var chainDepth: Int
  /// Of child and program runs: the run whose attempt made it.
  public var parentRunID: String?
  /// Of child and program runs: the node whose attempt made it.
  public var node: String?
  /// Of child and program runs: the attempt that made it.
  public var attempt: Int?
  /// Of FAILED, KILLED and REJECTED runs: why.
  public var reason: String?
  /// Accepted re-runs of nodes.
  public var reruns: Int
  /// Nodes skipped by an operator.
  public var skips: Int
  /// The namespace; nil in batch answers.
  public var namespace: String?
  /// The application; nil in batch answers.
  public var application: String?
  /// The workflow; nil in batch answers and for program runs.
  public var workflow: String?
  /// Of program runs: the type of the program.
  public var programType: String?
  /// Of program runs: the program.
  public var programID: String?
  /// Who started it; nil in batch answers.
  public var principal: String?
  /// The runs whose end launched it.
  public var triggeringRunIDs: [String]

  /// How long it has taken so far, from its beginning to its end or to `now`.
  ///
  /// - Parameter now: The present moment.
  /// - Returns: nil for a run that never began.
  public func duration(now: Timestamp) -> Duration? {
    guard let started else { return nil }
    return .milliseconds(max(0, (ended ?? now).milliseconds - started.milliseconds))
  }
}

extension RunRecord {
  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.RunRecord) {
    id = wire.runID
    externalID = wire.externalRunID.nonEmpty
    status = RunStatus(rawValue: wire.status.name)
    version = Int(wire.version)
    created = Timestamp(milliseconds: wire.created)
    started = Timestamp(wire: wire.started)
    suspended = Timestamp(wire: wire.suspended)
    resumed = Timestamp(wire: wire.resumed)
    stopping = Timestamp(wire: wire.stopping)
    ended = Timestamp(wire: wire.ended)
    trigger = wire.trigger.name.lowercased()
    schedule = wire.schedule.nonEmpty
    chainDepth = Int(wire.chainDepth)
    parentRunID = wire.parentRunID.nonEmpty
    node = wire.node.nonEmpty
    attempt = wire.attempt == 0 ? nil : Int(wire.attempt)
    reason = wire.reason.nonEmpty
    reruns = Int(wire.reruns)
    skips = Int(wire.skips)
    namespace = wire.namespace.nonEmpty
    application = wire.application.nonEmpty
    workflow = wire.workflow.nonEmpty
    programType = wire.programType.nonEmpty
    programID = wire.programID.nonEmpty
    principal = wire.principal.nonEmpty
    triggeringRunIDs = wire.triggeringRunIDs
  }
}
