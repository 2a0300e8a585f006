internal import HeapModule

extension RunMachine {
  /// A node has ended with its attempt: failures are judged, edges settle, the run may end.
  mutating func nodeEnded(_ position: Int, _ attempt: AttemptRecord, now: Timestamp) {
    if nodes[position].status == .failed, !plan.graph.hasHandler(position) {
      state.failures.append(
        RunFailure(
          node: attempt.id.node, attempt: attempt.id.attempt, reason: attempt.reason ?? "",
          message: attempt.message ?? ""))
      stateChanged = true
      if plan.workflow.onFailure == .stopSiblings { stopSiblings(now: now) }
    }
    settle(from: position, now: now)
    endIfDone(now: now)
  }

  /// Stops starting nodes and kills what runs, after an unhandled failure (G42).
  private mutating func stopSiblings(now: Timestamp) {
    guard ending == nil else { return }
    ending = "run_failed"
    clearReady()
    for (position, node) in nodes.enumerated() where node.status == .waiting {
      // G41: a delay ends with the run; an attempt was made before it.
      nodes[position].wakes = nil
      setNode(position, .killed, reason: "sibling_failed", now: now)
      settle(from: position, now: now)
    }
    for position in running.keys.sorted() {
      kill(position, reason: "sibling_failed")
    }
  }

  /// Records the intent to kill the running attempt of a node (G43, G57).
  mutating func kill(_ position: Int, reason: String) {
    guard var attempt = running[position], attempt.killReason == nil else { return }
    attempt.killReason = reason
    running[position] = attempt
    pending.changes.append(.updateAttempt(attempt))
    pending.actions.append(
      .kill(
        attempt.id, graceMS: plan.steps[position].policy.stopGraceMS ?? 10_000, reason: reason))
  }

  /// Ends the run when every node has ended (G19), after ending those that will not start (G41).
  mutating func endIfDone(now: Timestamp) {
    if let reason = ending, running.isEmpty, open > 0 {
      for position in plan.graph.order where !nodes[position].status.hasEnded {
        switch verdict(on: position) {
        case .upstreamFailed: setNode(position, .upstreamFailed, now: now)
        case .skip: setNode(position, .skipped, reason: "no_edge_satisfied", now: now)
        case .start, .wait: setNode(position, .skipped, reason: reason, now: now)
        }
        settle(from: position, now: now)
      }
    }
    guard open == 0, state.status == .running else { return }
    state.ended = now
    let killed = nodes.first { $0.status == .killed }
    if let failure = state.failures.first {
      setStatus(.failed, reason: failure.reason, now: now)
    } else if let killed {
      setStatus(.failed, reason: killed.reason, now: now)
    } else {
      setStatus(.completed, now: now)
    }
    pending.actions.append(.ended)
  }
}
