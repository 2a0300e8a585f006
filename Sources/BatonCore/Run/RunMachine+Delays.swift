/// Delays of nodes: `wait_before`, and those between attempts (G38, G39, RE94).
extension RunMachine {
  /// The delay of a node is over; it starts as soon as the run lets it (G44).
  package mutating func delayOver(_ node: String, now: Timestamp) {
    guard let position = plan.graph.index(of: node), nodes[position].status == .waiting,
      let wakes = nodes[position].wakes
    else { return }
    wait(position, until: wakes, now: now)
  }

  /// Puts a node into a delay.
  mutating func delayNode(_ position: Int, until wakes: Timestamp, now: Timestamp) {
    if nodes[position].chain.began == nil { nodes[position].chain.began = now }
    nodes[position].wakes = wakes
    setNode(position, .waiting, now: now)
    wait(position, until: wakes, now: now)
  }

  /// Has a WAITING node start when its time has come.
  mutating func wait(_ position: Int, until wakes: Timestamp, now: Timestamp) {
    if wakes <= now {
      enqueue(position)
    } else {
      pending.actions.append(.setWake(node: nodes[position].node, wakes))
    }
  }

  /// Ends every delay, because the run starts nodes no more (G38, G41).
  ///
  /// - Parameters:
  ///   - skip: The reason of nodes that had no attempt.
  ///   - kill: The reason of the others.
  ///   - now: The time.
  mutating func endDelays(skip: String, kill: String, now: Timestamp) {
    for position in plan.graph.order where nodes[position].status == .waiting {
      nodes[position].wakes = nil
      pending.actions.append(.removeWake(node: nodes[position].node))
      if nodes[position].attempts > 0 {
        setNode(position, .killed, reason: kill, now: now)
      } else {
        setNode(position, .skipped, reason: skip, now: now)
      }
      settle(from: position, now: now)
    }
  }

  /// When a node whose attempt has ended goes on with another one; nil: it does not (G39).
  mutating func retryTime(of position: Int, after attempt: AttemptRecord) -> Timestamp? {
    guard attempt.status == .failed, ending == nil, let ended = attempt.ended,
      let policy = plan.steps[position].policy.retry,
      OutcomeReason.isRetried(attempt.reason ?? "")
    else { return nil }
    // G23: an expression gives the same again.
    if case .expression = plan.steps[position].kind { return nil }
    let failed = chains[position]?.failed ?? 0
    guard failed < policy.attempts else { return nil }
    return Timestamp(milliseconds: ended.milliseconds + policy.delayMS(afterFailed: failed))
  }
}
