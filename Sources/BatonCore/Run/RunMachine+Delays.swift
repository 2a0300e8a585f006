/// Delays of nodes: `wait_before`, and those between attempts (G38, G39, RE94).
extension RunMachine {
  /// The delay of a node, or of items of its pass, is over, or the time of its chain: what waited
  /// starts as soon as the run lets it (G44).
  package mutating func delayOver(_ node: String, now: Timestamp) {
    guard let position = plan.graph.index(of: node) else { return }
    switch nodes[position].status {
    case .waiting: waitIsOver(position, now: now)
    case .running: wakeItems(position, now: now)
    default: return
    }
  }

  /// Puts a node into a delay.
  mutating func delayNode(_ position: Int, until wakes: Timestamp, now: Timestamp) {
    if nodes[position].chain.began == nil { nodes[position].chain.began = now }
    nodes[position].wakes = wakes
    setNode(position, .waiting, now: now)
    waitIsOver(position, now: now)
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
      nodes[position].outcomeToCome = nil
      messages[position] = nil
      pending.actions.append(.removeWake(node: nodes[position].node))
      if nodes[position].attempts > 0 {
        setNode(position, .killed, reason: kill, now: now)
      } else {
        setNode(position, .skipped, reason: skip, now: now)
      }
      settle(from: position, now: now)
    }
  }
}
