/// How many runs of a workflow may be active (G36).
///
/// Runs of all versions count; each is judged by the bound of the version to which it is pinned.
package struct ActiveRunBound: Hashable, Sendable {
  package var maximum: Int
  package var whenFull: WhenFull

  /// The bound of a workflow; nil: it has none.
  package init?(_ workflow: Workflow) {
    guard let maximum = workflow.maxActiveRuns else { return nil }
    self.maximum = maximum
    whenFull = workflow.whenFull
  }

  /// The reason of runs that are REJECTED.
  package static let rejection = "active_runs_full"

  /// Whether a run is created as REJECTED.
  ///
  /// - Parameter active: Runs of the workflow that have not ended, PENDING ones included.
  /// - Returns: True when the bound is reached and the workflow does not queue.
  package func rejects(active: Int) -> Bool { whenFull == .reject && active >= maximum }

  /// Whether the oldest PENDING run may begin.
  ///
  /// - Parameter begun: Runs of the workflow that have begun and not ended.
  /// - Returns: True when the bound leaves room for one more.
  package func admits(begun: Int) -> Bool { begun < maximum }
}

/// A run with everything that its creation stores (G33, G36).
package struct CreatedRun: Sendable {
  package var record: RunRecord
  package var nodes: [NodeRecord]
  package var event: EventRecord

  /// A run that is PENDING, or REJECTED when the workflow has as many active runs as it may have.
  ///
  /// The nodes of a rejected run are created as ended, because no node of it ever starts (G38).
  ///
  /// - Parameters:
  ///   - header: The run; its plan is that of its version.
  ///   - plan: The version to which it is pinned.
  ///   - active: Runs of the workflow that have not ended; asked for only when that matters.
  /// - Throws: what `active` throws.
  package init(
    _ header: RunHeader, _ plan: RunPlan, active: () throws -> Int
  ) rethrows {
    var isRejected = false
    if let bound = ActiveRunBound(plan.workflow), bound.whenFull == .reject {
      isRejected = bound.rejects(active: try active())
    }
    var state = RunState(status: isRejected ? .rejected : .pending)
    if isRejected { state.reason = ActiveRunBound.rejection }
    self.init(header, plan, state)
  }

  /// A run that is created and FAILED at once, because it lacks what it cannot run without.
  package init(_ header: RunHeader, _ plan: RunPlan, failure: RunFailure) {
    var state = RunState(status: .failed)
    state.reason = failure.reason
    state.failures = [failure]
    self.init(header, plan, state)
  }

  private init(_ header: RunHeader, _ plan: RunPlan, _ given: RunState) {
    var state = given
    state.lastEvent = 1
    nodes = RunMachine.pendingNodes(plan, header.id)
    if !state.status.isActive {
      state.ended = header.created
      for position in nodes.indices {
        nodes[position].status = .skipped
        nodes[position].reason =
          plan.workflow.nodes[position].edges.isEmpty ? "run_failed" : "no_edge_satisfied"
      }
    }
    record = RunRecord(header: header, state: state)
    event = EventRecord(
      event: 1, time: header.created, run: header.id, workflow: header.workflow,
      version: header.version,
      change: .run(from: nil, to: state.status, reason: state.reason))
  }
}
