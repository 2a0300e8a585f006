extension RunMachine {
  /// A node has ended: failures are judged, edges settle, the run may end.
  ///
  /// - Parameters:
  ///   - position: The node.
  ///   - message: A sentence for the reason of its failure.
  ///   - now: The time.
  mutating func nodeEnded(_ position: Int, message: String?, now: Timestamp) {
    let node = nodes[position]
    if node.status == .failed, !plan.graph.hasHandler(position) {
      state.failures.append(
        RunFailure(
          node: node.node, attempt: node.attempts, reason: node.reason ?? "",
          message: message ?? ""))
      stateChanged = true
      if plan.workflow.onFailure == .stopSiblings { stopSiblings(now: now) }
    }
    settle(from: position, now: now)
    settleHandlers(of: position, now: now)
    endIfDone(now: now)
  }

  /// Stops starting nodes and kills what runs, after an unhandled failure (G42).
  private mutating func stopSiblings(now: Timestamp) {
    guard ending == nil else { return }
    ending = Self.failedReason
    clearReady()
    endDelays(skip: Self.failedReason, kill: Self.siblingReason, now: now)
    killPasses(Self.siblingReason)
    for attempt in runningAttempts { kill(attempt, reason: Self.siblingReason) }
  }

  /// Records the intent to kill a running attempt, once (G43, G57).
  mutating func kill(_ running: AttemptRecord, reason: String) {
    guard running.killReason == nil else { return }
    var attempt = running
    attempt.killReason = reason
    keep(attempt)
    pending.changes.append(.updateAttempt(attempt))
    endWork(of: attempt, reason: reason, graceMS: killGraceMS(of: attempt))
  }

  /// Has ended what carries out an attempt: its processes (G57), or its child run (RE112), whose
  /// nodes have graces of their own unless a stop gives one for all (SR120).
  mutating func endWork(of attempt: AttemptRecord, reason: String, graceMS: Int64) {
    if let child = attempt.child {
      childStops.append((child, state.status == .stopping ? state.stop?.graceMS : nil))
    } else if attempt.lease != nil {
      pending.actions.append(.cancelLease(attempt.id, graceMS: graceMS, reason: reason))
    } else {
      pending.actions.append(.kill(attempt.id, graceMS: graceMS, reason: reason))
    }
  }

  /// Ends the run when every node has ended (G19), after ending those that will not start (G41)
  /// and after the finish hook (G50).
  mutating func endIfDone(now: Timestamp) {
    guard state.status.isActive, runningHook == nil else { return }
    if let reason = ending, running.isEmpty { endUnstarted(reason, now: now) }
    guard open == 0, hooks.isInitialized || ending != nil, nextHook == nil else { return }
    end(now: now)
  }

  /// Ends the nodes that will not start, as the start rule says, in graph order (G41).
  mutating func endUnstarted(_ reason: String, now: Timestamp) {
    guard open > 0 else { return }
    for position in plan.graph.order where !nodes[position].status.hasEnded {
      switch verdict(on: position) {
      case .upstreamFailed: setNode(position, .upstreamFailed, now: now)
      case .skip: setNode(position, .skipped, reason: Self.notTakenReason, now: now)
      case .start, .wait: endUnstarted(position, reason, now: now)
      }
      settle(from: position, now: now)
    }
  }

  /// Ends a node that would have started, or still waits: one whose re-run is in progress is
  /// KILLED (RE9).
  private mutating func endUnstarted(_ position: Int, _ reason: String, now: Timestamp) {
    if isRerun(position), nodes[position].attempts > 0 {
      let kill = reason == Self.failedReason ? Self.siblingReason : reason
      setNode(position, .killed, reason: kill, now: now)
    } else {
      setNode(position, .skipped, reason: reason, now: now)
    }
  }

  /// Adds nodes that were killed for another reason than a failure of the run to its failures:
  /// by an earlier stop, or a child run that was stopped by itself (G19, RE44).
  private mutating func failKilledNodes() {
    for position in plan.graph.order where nodes[position].status == .killed {
      let node = nodes[position]
      guard let reason = node.reason, reason != Self.siblingReason else { continue }
      state.failures.append(
        RunFailure(
          node: node.node, attempt: node.attempts, reason: reason,
          message: "the node was killed"))
    }
  }

  /// The end status, in the transition of what came last (T42).
  mutating func end(now: Timestamp) {
    let (status, reason) =
      state.status == .pending ? (.killed, Self.stoppedReason) : endToCome
    if status == .failed { failKilledNodes() }
    state.ended = now
    state.ends.append(
      RunEnd(number: (state.ends.last?.number ?? 0) + 1, status: status, time: now))
    if state.ends.count > RunState.maximumEnds { state.ends.removeFirst() }
    setStatus(status, reason: reason, now: now)
    pending.actions.append(.ended)
  }
}
