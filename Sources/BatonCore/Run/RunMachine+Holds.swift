/// Nodes that are held: they get no attempt, whatever their edges say (RE75).
extension RunMachine {
  /// Holds nodes that have not started; holding a held one changes nothing.
  ///
  /// - Throws: FAILED_PRECONDITION `run_stopping`, `run_ended` (G46), `node_active`, `node_ended`;
  ///   NOT_FOUND `node_not_found`; nothing has changed then.
  package mutating func hold(_ named: [String]) throws(BatonError) {
    let positions = try holdable(named)
    try refuseHolding(positions) { $0 == .waiting || $0 == .running }
    try refuseHolding(positions, \.hasEnded)
    for position in positions where !nodes[position].isHeld {
      nodes[position].isHeld = true
      touch(position)
    }
    let due = isReady.indices.filter { isReady[$0] }
    clearReady()
    for position in due { enqueue(position) }
  }

  /// Lets held nodes go on as if they had become ready now; releasing a free one changes nothing.
  ///
  /// - Throws: FAILED_PRECONDITION `run_stopping`, `run_ended` (G46); NOT_FOUND `node_not_found`;
  ///   nothing has changed then.
  package mutating func release(_ named: [String], now: Timestamp) throws(BatonError) {
    let positions = try holdable(named).sorted { plan.graph.rank[$0] < plan.graph.rank[$1] }
    for position in positions where nodes[position].isHeld {
      nodes[position].isHeld = false
      touch(position)
      guard hooks.isInitialized, ending == nil, state.status != .pending,
        isStartRuleHeld(position)
      else { continue }
      makeReady(position, now: now)
    }
  }

  private func holdable(_ named: [String]) throws(BatonError) -> [Int] {
    switch state.status {
    case .pending, .starting, .running, .suspended, .resuming: break
    case .stopping, .completed, .failed, .killed, .rejected:
      // G46 says the same of both orders.
      if let refusal = RunOrder.suspend.refusal(of: header.id, in: state.status) {
        throw refusal
      }
    }
    return try positions(of: named)
  }

  private func refuseHolding(
    _ positions: [Int], _ isConcerned: (NodeStatus) -> Bool
  ) throws(BatonError) {
    let concerned = positions.filter { isConcerned(nodes[$0].status) }
    guard let first = concerned.first else { return }
    let names = nameList(concerned.map { nodes[$0].node })
    throw nodes[first].status.hasEnded
      ? refuse("node_ended", "ended already: \(names)", "hold nodes that have not started")
      : refuse("node_active", "waiting or running: \(names)", "hold nodes that have not started")
  }
}
