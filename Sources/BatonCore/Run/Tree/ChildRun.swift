/// A run that an attempt of a node of type WORKFLOW makes (RE60, RE110).
package struct ChildRun: Sendable {
  package var id: RunID
  package var workflow: WorkflowID
  /// The workflow version to which it is pinned.
  package var plan: RunPlan
  /// Declared defaults overlaid by the rendered ones.
  package var arguments: [String: String]
  /// Runs of the workflow that have not ended; looked at only where the workflow refuses runs
  /// beyond its bound (G36).
  package var active: Int
  /// The required arguments that it does not get, in a sentence; nil: it has all.
  ///
  /// A run without them is created and FAILED at once.
  package var missing: String?

  package init(
    id: RunID, workflow: WorkflowID, plan: RunPlan, arguments: [String: String], active: Int = 0
  ) {
    self.id = id
    self.workflow = workflow
    self.plan = plan
    self.arguments = arguments
    self.active = active
  }

  /// Whether the run is created as REJECTED when so many runs of its workflow are active (G36).
  package func isRejected(active: Int) -> Bool {
    ActiveRunBound(plan.workflow)?.rejects(active: active) ?? false
  }

  /// The run as it is created: pinned, of the parent's tree and in the name of its principal.
  func created(by attempt: AttemptID, of parent: RunHeader, now: Timestamp) -> CreatedRun {
    let header = RunHeader(
      id: id, workflow: workflow, version: plan.version, created: now, trigger: .parent,
      chainDepth: parent.chainDepth, parent: attempt, root: parent.root,
      principal: parent.principal, arguments: arguments)
    guard let missing else { return CreatedRun(header, plan) { active } }
    return CreatedRun(
      header, plan,
      failure: RunFailure(node: "", attempt: 0, reason: "argument_missing", message: missing))
  }
}

extension AttemptOutcome {
  /// How an attempt ends whose child run has ended (RE111).
  ///
  /// - Parameters:
  ///   - child: The child run.
  ///   - status: Its end status.
  ///   - exported: The values taken over from it.
  ///   - missing: Keys that its token did not have.
  package init(
    of child: RunID, _ status: RunStatus, exported: [TokenPutBatch.Entry], missing: [String]
  ) {
    precondition(!status.isActive, "run \(child) is \(status.word)")
    switch status {
    case .completed: self.init(status: .completed, puts: exported)
    case .killed:
      self.init(
        status: .killed, reason: "child_killed", message: "child run \(child) was stopped",
        puts: exported)
    default:
      self.init(
        status: .failed, reason: "child_failed",
        message: "child run \(child) ended \(status.word)", puts: exported)
    }
    exportMissing = missing
  }
}
