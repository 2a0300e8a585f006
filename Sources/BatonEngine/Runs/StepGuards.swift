internal import BatonCore
internal import BatonStore

/// What a step took for granted when it was made; checked in the unit that stores it.
struct StepGuards: Sendable {
  /// What starts read of the token.
  var views: [ViewGuard] = []
  /// Runs that begin although their workflow has a bound of active runs.
  var beginnings: [ActiveRunGuard] = []
  /// Ended runs that become active again, where their workflow has a bound (RE30).
  var reopened: [ActiveRunGuard] = []
  /// Child runs whose workflow refuses runs beyond its bound, and whether they were created as
  /// REJECTED.
  var admissions: [AdmissionGuard] = []

  /// - Throws: ``TransitionRefused``, and what the store throws.
  func check(_ reader: any StoreReader) throws {
    for view in views where try view.isBroken(reader) { throw TransitionRefused.viewMoved }
    for beginning in beginnings where try beginning.isFull(reader) {
      throw TransitionRefused.full(beginning.run)
    }
    for run in reopened {
      if let error = try run.refusal(reader) { throw TransitionRefused.order(error) }
    }
    for admission in admissions where try admission.isBroken(reader) {
      throw TransitionRefused.viewMoved
    }
  }
}

/// The bound of active runs that a run's beginning, or return, must keep (G36, RE30).
struct ActiveRunGuard: Sendable {
  let run: RunID
  let workflow: WorkflowID
  let bound: ActiveRunBound

  /// Nil: the workflow has no bound.
  init?(_ machine: borrowing RunMachine) {
    guard let bound = ActiveRunBound(machine.plan.workflow) else { return nil }
    run = machine.header.id
    workflow = machine.header.workflow
    self.bound = bound
  }

  /// Whether the run must wait; asked within the unit of the beginning.
  func isFull(_ reader: any RunReads) throws -> Bool {
    !bound.admits(begun: try reader.activeRunCount(of: workflow).begun)
  }

  /// Why the run cannot be re-opened now, naming a run that is active; nil: it can.
  func refusal(_ reader: any RunReads) throws -> BatonError? {
    let active = try full(reader).prefix(10).map(\.description)
    guard !active.isEmpty else { return nil }
    return BatonError(
      .failedPrecondition, "active_runs_full",
      "run \(run) cannot become active: of \(workflow) \(bound.maximum) runs may be active, and "
        + active.joined(separator: ", ") + (active.count == 1 ? " is" : " are"),
      hint: "wait for the end of one, or stop it")
  }

  /// The runs of the workflow that are active, when there is no room for one more; else none.
  func full(_ reader: any RunReads) throws -> [RunID] {
    guard try isFull(reader) else { return [] }
    var query = RunQuery(namespace: workflow.namespace, limit: bound.maximum)
    query.application = workflow.application
    query.workflow = workflow.workflow
    query.statuses = Set(RunStatus.allCases.filter { $0.isActive && $0 != .pending })
    return try reader.runs(query).map(\.header.id)
  }
}

/// How many runs of the workflow of a child run were active when it was decided whether it is
/// REJECTED (G36).
struct AdmissionGuard: Sendable {
  let child: ChildRun
  /// Runs of the workflow that the same step makes before it.
  let before: Int

  /// Whether it would be decided otherwise now.
  func isBroken(_ reader: any RunReads) throws -> Bool {
    let count = try reader.activeRunCount(of: child.workflow)
    return child.isRejected(active: count.pending + count.begun + before)
      != child.isRejected(active: child.active)
  }
}
