/// An entry of the event log (contract: event log).
package struct EventRecord: Hashable, Sendable {
  /// The place in the installation's log, given by the store.
  ///
  /// It rises in commit order.
  package var number: UInt64
  /// 1, 2, … per run; 0 for events of no run.
  package var event: Int
  package var time: Timestamp
  package var run: RunID?
  package var workflow: WorkflowID
  package var version: Int
  package var change: Change

  package init(
    event: Int, time: Timestamp, run: RunID?, workflow: WorkflowID, version: Int, change: Change
  ) {
    number = 0
    self.event = event
    self.time = time
    self.run = run
    self.workflow = workflow
    self.version = version
    self.change = change
  }

  /// What happened.
  package enum Change: Hashable, Sendable {
    /// The creation has no `from`; the cause is the node whose `pause_before` suspends the run.
    case run(from: RunStatus?, to: RunStatus, reason: String?, cause: String? = nil)
    case node(name: String, from: NodeStatus, to: NodeStatus, reason: String?)
    /// The start has no `from`.
    case attempt(
      node: String, attempt: Int, item: AttemptID.Item?, from: AttemptStatus?, to: AttemptStatus,
      reason: String?, cause: AttemptCause)
    /// A report of an attempt that had ended otherwise (RE46).
    case attemptLate(node: String, attempt: Int, item: AttemptID.Item?, outcome: AttemptStatus)
    /// A further revision of the environment, with the names altered (RE15).
    case env(revision: Int, call: EnvCall, names: [String])
    case applicationDeployed
    case applicationDeleted
  }
}
