/// What of re-runs and skips a run accepts: checks 6 to 12 of RE30.
extension RunMachine {
  /// Whether nodes are being stopped after a failure, or the finish hook runs (RE31).
  package var isEnding: Bool { ending != nil || runningHook?.hook == .finish }

  /// Reasons of runs that lack what cannot be mended in them (RE31).
  private static let beyondRepair = [
    "argument_missing", "mapping_source_missing", "mapping_too_large",
  ]

  /// Why nodes of the run cannot be re-run or skipped, whichever they are (RE31); nil: they can.
  func refusalToOpen(allowsCompleted: Bool) -> BatonError? {
    let run = "run \(header.id)"
    switch state.status {
    case .pending, .starting:
      return refuse("run_not_started", "\(run) is \(state.status.word)", "wait until it runs")
    case .running, .suspended, .resuming:
      return isEnding
        ? refuse("run_ending", "\(run) is about to end", "repeat the call when it has ended") : nil
    case .stopping:
      return refuse("run_stopping", "\(run) is being stopped", "wait for its end")
    case .rejected:
      return refuse(
        "run_rejected", "\(run) was rejected and has never run", "start a new run")
    case .failed:
      guard let reason = state.reason, Self.beyondRepair.contains(reason) else { return nil }
      return refuse(
        "run_not_started", "\(run) failed with \(reason), which cannot be mended in it",
        "start a new run")
    case .killed: return nil
    case .completed:
      return allowsCompleted
        ? nil
        : refuse("run_completed", "\(run) is COMPLETED", "give allow_completed if this is meant")
    }
  }

  /// The positions of nodes that a call names (check 7).
  ///
  /// - Throws: NOT_FOUND `node_not_found`.
  func positions(of named: [String]) throws(BatonError) -> [Int] {
    let missing = named.filter { plan.graph.index(of: $0) == nil }
    guard missing.isEmpty else {
      throw BatonError(
        .notFound, "node_not_found",
        "workflow \(plan.workflow.name) has no node \(nameList(missing))",
        hint: "list the nodes of the run")
    }
    return named.compactMap { plan.graph.index(of: $0) }
  }

  /// - Throws: ABORTED `attempt_changed`, unless each node has the expected attempt (check 8).
  func expectAttempts(_ named: [NamedNode]) throws(BatonError) {
    let changed = named.compactMap { node -> String? in
      guard node.expectedAttempt != 0, let position = plan.graph.index(of: node.node),
        nodes[position].attempts != node.expectedAttempt
      else { return nil }
      return "\(node.node) has attempt \(nodes[position].attempts)"
    }
    guard changed.isEmpty else {
      throw BatonError(
        .aborted, "attempt_changed", "another attempt than expected: \(nameList(changed))",
        hint: "read the nodes again and decide anew")
    }
  }

  /// What `all_failed` names, in graph order (RE30).
  ///
  /// - Throws: FAILED_PRECONDITION `nothing_to_rerun`.
  func allFailed() throws(BatonError) -> [Int] {
    let found = plan.graph.order.filter { position in
      let node = nodes[position]
      return switch node.status {
      case .failed: !plan.graph.hasHandler(position)
      case .killed: true
      case .skipped: node.reason == Self.failedReason || node.reason == Self.stoppedReason
      default: false
      }
    }
    guard !found.isEmpty else {
      throw refuse(
        "nothing_to_rerun", "no node of run \(header.id) has failed", "name the nodes to re-run")
    }
    return found
  }

  // MARK: - Nodes

  /// Checks that each of the nodes can be re-run (RE32).
  ///
  /// - Throws: FAILED_PRECONDITION or ABORTED with the reason of the first that cannot; it names
  ///   every node that cannot for this reason.
  func checkRerun(_ positions: [Int], allowsCompleted: Bool) throws(BatonError) {
    try check(positions) { position in
      switch nodes[position].status {
      case .completed: allowsCompleted ? nil : "node_completed"
      case .skipped:
        switch nodes[position].reason {
        case Self.failedReason, Self.stoppedReason: nil
        case Self.skippedReason: allowsCompleted ? nil : "node_skipped"
        default: "node_not_taken"
        }
      default: refusalOfUnended(position)
      }
    }
  }

  /// Checks that a node can be skipped: of those of RE32 only FAILED and KILLED ones (RE80).
  func checkSkip(_ position: Int, outcome: Bool?) throws(BatonError) {
    try check([position]) { position in
      switch nodes[position].status {
      case .completed: "node_completed"
      case .skipped:
        nodes[position].reason == Self.skippedReason ? "node_skipped" : "node_not_taken"
      default: refusalOfUnended(position)
      }
    }
    let name = nodes[position].node
    if plan.steps[position].isCondition, outcome == nil {
      throw BatonError(
        .invalidArgument, "outcome_required", "\(name) is a condition",
        hint: "give its outcome, TRUE or FALSE")
    }
    if !plan.steps[position].isCondition, outcome != nil {
      throw BatonError(
        .invalidArgument, "outcome_not_applicable", "\(name) is no condition",
        hint: "leave the outcome out")
    }
  }

  private func refusalOfUnended(_ position: Int) -> BatonError.Reason? {
    switch nodes[position].status {
    case .failed, .killed: nil
    case .upstreamFailed: "node_upstream_failed"
    case .pending: isRerun(position) ? "rerun_in_progress" : "node_not_started"
    case .waiting, .running: isRerun(position) ? "rerun_in_progress" : "node_active"
    case .completed, .skipped: nil
    }
  }

  private func check(
    _ positions: [Int], _ judge: (Int) -> BatonError.Reason?
  ) throws(BatonError) {
    var reason: BatonError.Reason?
    var concerned: [Int] = []
    for position in positions {
      guard let found = judge(position) else { continue }
      if reason == nil { reason = found }
      if reason == found { concerned.append(position) }
    }
    if let reason { throw refusal(reason, of: concerned) }
  }

  private func refusal(_ reason: BatonError.Reason, of positions: [Int]) -> BatonError {
    let names = nameList(positions.map { nodes[$0].node })
    switch reason {
    case "rerun_in_progress":
      let calls = positions.map { position in
        let call = nodes[position].chain.call
        let origin = call.map { " by \($0.principal) at \($0.time.rfc3339)" } ?? ""
        return nodes[position].node + origin
      }
      return BatonError(
        .aborted, reason, "being re-run already: \(nameList(calls))",
        hint: "wait for the end of the attempt")
    case "node_completed":
      return refuse(
        reason, "COMPLETED: \(names)", "give allow_completed to RerunTask if this is meant")
    case "node_skipped":
      return refuse(
        reason, "skipped by an operator: \(names)",
        "give allow_completed to RerunTask if this is meant")
    case "node_not_taken":
      return refuse(
        reason, "not taken: \(names)",
        "re-run what is upstream; the node settles by itself")
    case "node_not_started":
      return refuse(reason, "not started yet: \(names)", "wait for it")
    case "node_active":
      return refuse(
        reason, "waiting or running: \(names)", "wait for the end, or stop the run")
    default: return upstreamFailed(positions)
    }
  }

  /// Check 10: these nodes could not start, whatever else is re-run by the call.
  func upstreamFailed(_ positions: [Int]) -> BatonError {
    let names = nameList(positions.map { nodes[$0].node })
    let causes = failedAbove(positions).map { nodes[$0].node }
    guard !causes.isEmpty else {
      return refuse(
        "node_upstream_failed", "the edges do not lead to \(names)",
        "re-run the conditions upstream")
    }
    return refuse(
      "node_upstream_failed", "\(names) cannot start because of \(nameList(causes))",
      "re-run \(nameList(causes))")
  }

  /// FAILED and KILLED nodes that stand in the way of others, also through nodes that did not
  /// start, in graph order.
  private func failedAbove(_ positions: [Int]) -> [Int] {
    var seen = NodeSet(nodeCount: nodes.count)
    var found = NodeSet(nodeCount: nodes.count)
    var stack = positions
    while let position = stack.popLast() {
      for edge in plan.workflow.nodes[position].edges
      where settlement(of: edge.kind, upstream: edge.upstream) != .satisfied {
        switch nodes[edge.upstream].status {
        case .failed, .killed: found.insert(edge.upstream)
        case .upstreamFailed, .skipped:
          if seen.insert(edge.upstream) { stack.append(edge.upstream) }
        default: continue
        }
      }
    }
    return plan.graph.order.filter { found.contains($0) }
  }

  // MARK: - Kinds and bounds

  /// Whether a node may have finished work to keep: items, or a child run (RE65, RE108).
  func canKeepFinished(_ position: Int) -> Bool {
    plan.steps[position].forEach != nil || children[position] != nil
  }

  /// - Throws: FAILED_PRECONDITION `downstream_active` when a node below the named ones is active
  ///   (check 12).
  func checkDownstream(of named: [Int]) throws(BatonError) {
    let active = descendants(of: named).filter { isActive($0) }
    guard !active.isEmpty else { return }
    let names = nameList(active.map { nodes[$0].node })
    throw refuse(
      "downstream_active", "active downstream: \(names)", "wait for their ends")
  }

  /// Attempts that a node may have (RE30).
  package static let maximumAttempts = 10_000

  /// - Throws: RESOURCE_EXHAUSTED `attempt_limit` when one of the nodes has as many as it may have.
  func checkAttemptLimit(_ positions: some Sequence<Int>) throws(BatonError) {
    let full = positions.filter { nodes[$0].attempts >= Self.maximumAttempts }
    guard full.isEmpty else {
      throw BatonError(
        .resourceExhausted, "attempt_limit",
        "\(Self.maximumAttempts) attempts: \(nameList(full.map { nodes[$0].node }))",
        hint: "start a new run")
    }
  }

  func refuse(
    _ reason: BatonError.Reason, _ message: String, _ remedy: String
  ) -> BatonError {
    BatonError(.failedPrecondition, reason, message, hint: remedy)
  }
}
