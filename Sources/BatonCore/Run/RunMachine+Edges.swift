internal import HeapModule

extension RunMachine {
  /// How an edge settles when its upstream node has ended (G16).
  enum Settlement: Sendable {
    case satisfied
    case impossible
    case broken
  }

  /// Counts the settled edges of a run read from the store, and finds what is ready.
  ///
  /// Statuses alone decide, so a return gives the same result as no interruption (G61).
  mutating func restoreEdges() {
    for position in nodes.indices where nodes[position].status.hasEnded {
      countEdges(from: position)
    }
    restoreEnding()
    guard state.status.isActive, state.status != .pending, hooks.isInitialized, ending == nil
    else { return }
    for (position, node) in nodes.enumerated() where node.status == .pending {
      if case .start = verdict(on: position) { enqueue(position) }
    }
  }

  /// Whether nodes start no more: only failures since the run was opened count (RE44).
  private mutating func restoreEnding() {
    for failure in state.failures.dropFirst(state.olderFailures) {
      if failure.node.isEmpty { hooks.hasFailed = true }
      if hooks.hasFailed || plan.workflow.onFailure == .stopSiblings {
        ending = Self.failedReason
      }
    }
    if state.status == .stopping { ending = Self.stoppedReason }
  }

  /// Settles the edges that leave a node, and ends or readies what they decide, in graph order.
  ///
  /// In a run that starts nodes no more, the others end after the running ones (G41).
  mutating func settle(from first: Int, now: Timestamp) {
    var decided = Heap<Int>()
    settleEdges(of: first, &decided)
    guard ending == nil else { return }
    var skipped: [Int] = []
    while let rank = decided.popMin() {
      let position = plan.graph.order[rank]
      guard nodes[position].status == .pending else { continue }
      switch verdict(on: position) {
      case .start: makeReady(position, now: now)
      case .wait: continue
      case .skip:
        setNode(position, .skipped, reason: Self.notTakenReason, now: now)
        skipped.append(position)
      case .upstreamFailed: setNode(position, .upstreamFailed, now: now)
      }
      if nodes[position].status.hasEnded { settleEdges(of: position, &decided) }
    }
    for position in skipped { settleHandlers(of: position, now: now) }
  }

  /// What the start rule says of a node that has not started (G17).
  func verdict(on position: Int) -> Verdict {
    let node = plan.workflow.nodes[position]
    guard !node.edges.isEmpty else { return .start }
    let count = edges[position]
    let isSettled = count.settled == node.edges.count
    switch node.join {
    case .all:
      guard isSettled else { return .wait }
      if count.broken > 0 { return .upstreamFailed }
      return count.satisfied > 0 ? .start : .skip
    case .any: return verdict(count, needed: 1, isSettled)
    case .count(let needed): return verdict(count, needed: needed, isSettled)
    }
  }

  enum Verdict: Sendable {
    case start
    case wait
    case skip
    case upstreamFailed
  }

  private func verdict(_ count: EdgeCount, needed: Int, _ isSettled: Bool) -> Verdict {
    if count.satisfied >= needed { return .start }
    guard isSettled else { return .wait }
    return count.broken > 0 ? .upstreamFailed : .skip
  }

  private mutating func settleEdges(of upstream: Int, _ decided: inout Heap<Int>) {
    countEdges(from: upstream)
    for edge in plan.graph.outgoing[upstream] where nodes[edge.downstream].status == .pending {
      if case .wait = verdict(on: edge.downstream) { continue }
      decided.insert(plan.graph.rank[edge.downstream])
    }
  }

  /// Counts the edges that leave a node that has ended.
  mutating func countEdges(from upstream: Int) {
    for edge in plan.graph.outgoing[upstream] {
      edges[edge.downstream].settled += 1
      switch settlement(of: edge.kind, upstream: upstream) {
      case .satisfied: edges[edge.downstream].satisfied += 1
      case .broken: edges[edge.downstream].broken += 1
      case .impossible: break
      }
    }
  }

  func settlement(of kind: Edge.Kind, upstream: Int) -> Settlement {
    let node = nodes[upstream]
    // RE82: a node that an operator skipped counts as COMPLETED.
    switch node.reason == Self.skippedReason ? .completed : node.status {
    case .completed:
      switch kind {
      case .success, .complete: return .satisfied
      case .failure: return .impossible
      case .whenTrue: return node.outcome == true ? .satisfied : .impossible
      case .whenFalse: return node.outcome == false ? .satisfied : .impossible
      }
    case .failed:
      guard plan.graph.hasHandler(upstream) else { return .broken }
      return kind == .failure || kind == .complete ? .satisfied : .impossible
    case .killed, .upstreamFailed: return .broken
    case .skipped, .pending, .waiting, .running: return .impossible
    }
  }
}
