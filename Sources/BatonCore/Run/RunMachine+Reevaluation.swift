internal import HeapModule

/// What a re-run changes of nodes that it does not name (RE43, RE54–RE56).
extension RunMachine {
  /// Whether a node's chain is due to a re-run (RE3).
  func isRerun(_ position: Int) -> Bool { nodes[position].chain.isRerun }

  /// WAITING, RUNNING, or PENDING with a re-run in progress (RE3).
  func isActive(_ position: Int) -> Bool {
    switch nodes[position].status {
    case .waiting, .running: true
    case .pending: isRerun(position)
    default: false
    }
  }

  /// Sets a node that has ended back to PENDING, for a further chain (RE4, RE41).
  ///
  /// Its edges are unsettled once `reevaluate` was called.
  mutating func setBack(_ position: Int, _ chain: NodeChain, now: Timestamp) {
    removeFailures(of: [position])
    nodes[position].outcome = nil
    nodes[position].isObsolete = false
    nodes[position].chain = chain
    beginChain(position)
    setNode(position, .pending, now: now)
  }

  /// A chain for a node that is set back: of a cause, or FIRST where it never had an attempt.
  func chain(
    _ position: Int, _ cause: AttemptCause, by call: RerunCall?, keepsFinished: Bool = false
  ) -> NodeChain {
    var chain = NodeChain(cause: nodes[position].attempts > 0 ? cause : .first)
    chain.call = call
    chain.keepsFinished = keepsFinished
    return chain
  }

  /// Nodes that have been FAILED are so no more (RE40).
  mutating func removeFailures(of positions: [Int]) {
    guard !state.failures.isEmpty else { return }
    let names = Set(positions.map { nodes[$0].node })
    let kept = state.failures.prefix(state.olderFailures).count { !names.contains($0.node) }
    let count = state.failures.count
    state.failures.removeAll { names.contains($0.node) }
    state.olderFailures = kept
    if state.failures.count < count { stateChanged = true }
  }

  // MARK: - Judging again

  /// Judges every node that has not started by the start rule again (RE43, RE51).
  ///
  /// Nodes are judged in graph order, so that each is judged once, on statuses that stand. All
  /// counts of edges are made anew from them (RE4).
  ///
  /// - Parameters:
  ///   - call: The call to which nodes owe their further attempts.
  ///   - now: The time.
  mutating func reevaluate(by call: RerunCall?, now: Timestamp) {
    let wasReady = isReady
    clearReady()
    for position in edges.indices { edges[position] = EdgeCount() }
    var skipped: [Int] = []
    for position in plan.graph.order {
      let before = nodes[position].status
      judge(position, wasReady: wasReady[position], by: call, now: now)
      if nodes[position].status.hasEnded { countEdges(from: position) }
      if nodes[position].status == .skipped, before != .skipped { skipped.append(position) }
    }
    for position in skipped { settleHandlers(of: position, now: now) }
  }

  private mutating func judge(
    _ position: Int, wasReady: Bool, by call: RerunCall?, now: Timestamp
  ) {
    switch nodes[position].status {
    case .waiting:
      if wasReady { enqueue(position) }
      return
    case .pending, .upstreamFailed: break
    case .skipped where nodes[position].reason != Self.skippedReason: break
    default: return
    }
    switch verdict(on: position) {
    case .start:
      reopen(position, by: call, now: now)
      if wasReady {
        enqueue(position)
      } else if hooks.isInitialized {
        makeReady(position, now: now)
      }
    case .wait: reopen(position, by: call, now: now)
    case .skip:
      guard !isSettledAsNotTaken(position) else { return }
      reopen(position, by: call, now: now)
      setNode(position, .skipped, reason: Self.notTakenReason, now: now)
    case .upstreamFailed:
      guard nodes[position].status != .upstreamFailed else { return }
      reopen(position, by: call, now: now)
      setNode(position, .upstreamFailed, now: now)
    }
  }

  private func isSettledAsNotTaken(_ position: Int) -> Bool {
    let node = nodes[position]
    return node.status == .skipped
      && (node.reason == Self.notTakenReason || node.reason == Self.obsoleteReason)
  }

  private mutating func reopen(_ position: Int, by call: RerunCall?, now: Timestamp) {
    guard nodes[position].status.hasEnded else { return }
    setBack(position, chain(position, .downstream, by: call), now: now)
  }

  // MARK: - Handlers

  /// A node whose re-run has ended, or which was skipped: handlers of its earlier failure run
  /// again, or are obsolete (RE55, RE56).
  mutating func settleHandlers(of position: Int, now: Timestamp) {
    guard ending == nil, plan.graph.hasHandler(position) else { return }
    guard isRerun(position) || nodes[position].reason == Self.skippedReason else { return }
    let hasFailed = nodes[position].status == .failed
    guard hasFailed || nodes[position].status == .completed || nodes[position].status == .skipped
    else { return }
    let call = nodes[position].chain.call
    var isChanged = false
    for edge in plan.graph.outgoing[position] where edge.kind == .failure {
      let handler = edge.downstream
      if hasFailed, mustRepeat(handler, failureOf: position) {
        setBack(handler, chain(handler, .handler, by: call), now: now)
        isChanged = true
      } else if !hasFailed, !isStartRuleHeld(handler) {
        isChanged = makeObsolete(handler, now: now) || isChanged
      }
    }
    if isChanged { reevaluate(by: call, now: now) }
  }

  /// Whether the node would start, had it not (G17).
  func isStartRuleHeld(_ position: Int) -> Bool {
    if case .start = verdict(on: position) { true } else { false }
  }

  /// Whether a handler was started for the earlier failure of a node, has ended, and may start.
  private func mustRepeat(_ handler: Int, failureOf position: Int) -> Bool {
    guard nodes[handler].status.hasEnded, isStartRuleHeld(handler),
      let began = nodes[handler].chain.began, let failed = chains[position]?.failedBefore
    else { return false }
    return began >= failed
  }

  private mutating func makeObsolete(_ handler: Int, now: Timestamp) -> Bool {
    switch nodes[handler].status {
    case .failed, .killed:
      removeFailures(of: [handler])
      setNode(handler, .skipped, reason: Self.obsoleteReason, now: now)
      return true
    case .completed:
      nodes[handler].isObsolete = true
      touch(handler)
      return false
    default: return false
    }
  }
}
