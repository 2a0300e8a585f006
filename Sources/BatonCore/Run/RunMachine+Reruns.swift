/// Re-runs and skips within one run (RE40–RE45, RE81–RE83); what is accepted is judged apart.
extension RunMachine {
  /// How a run is opened again.
  struct Opening {
    var call: RerunCall
    /// Whether a run above is SUSPENDED (RE64).
    var isSuspended: Bool
    /// Whether finished items and child runs of named nodes are kept.
    var keepsFinished = false
    /// Whether `pause_before` of named nodes is waived (RE45).
    var waivesPause = false
    var now: Timestamp
  }

  /// Sets the named nodes back, opens the run if it has ended, and judges the others (RE40).
  ///
  /// - Parameters:
  ///   - named: Their positions.
  ///   - opening: How.
  /// - Returns: The nodes that get a further attempt for sure, or as soon as their rule holds.
  mutating func rerun(_ named: [Int], _ opening: Opening) -> NodeSet {
    open(opening)
    removeFailures(of: named)
    var reset = NodeSet(nodeCount: nodes.count)
    for position in named {
      var chain = chain(
        position, .rerun, by: opening.call, keepsFinished: opening.keepsFinished)
      chain.pauseIsOver = opening.waivesPause
      setBack(position, chain, now: opening.now)
      reset.insert(position)
    }
    if opening.call.rerunsDownstream { setBackDescendants(of: named, opening, &reset) }
    setBackSiblings(opening, &reset)
    reevaluate(by: opening.call, now: opening.now)
    return reset
  }

  /// Settles a FAILED or KILLED node as if it had succeeded (RE81).
  ///
  /// - Parameters:
  ///   - position: The node.
  ///   - outcome: That of a condition.
  ///   - puts: What the node puts.
  ///   - opening: How the run is opened.
  /// - Returns: The nodes that get a further attempt.
  mutating func skip(
    _ position: Int, outcome: Bool?, puts: [TokenPutBatch.Entry], _ opening: Opening
  ) -> NodeSet {
    open(opening)
    removeFailures(of: [position])
    recordSkip(position, outcome: outcome, puts: puts, opening)
    var reset = NodeSet(nodeCount: nodes.count)
    setBackSiblings(opening, &reset)
    reevaluate(by: opening.call, now: opening.now)
    settleHandlers(of: position, now: opening.now)
    endIfDone(now: opening.now)
    return reset
  }

  /// An attempt takes over the child run that a node made, and which is opened again (RE61).
  ///
  /// - Returns: The nodes that get a further attempt.
  mutating func adopt(_ child: RunID, at position: Int, _ opening: Opening) -> NodeSet {
    open(opening)
    if nodes[position].status.hasEnded {
      setBack(position, chain(position, .child, by: opening.call), now: opening.now)
    } else {
      // A `wait_after` under way is given up.
      nodes[position].chain = chain(position, .child, by: opening.call)
      nodes[position].outcomeToCome = nil
      beginChain(position)
      pending.actions.append(.removeWake(node: nodes[position].node))
    }
    beginAdoption(of: child, at: position, now: opening.now)
    var reset = NodeSet(nodeCount: nodes.count)
    setBackSiblings(opening, &reset)
    reevaluate(by: opening.call, now: opening.now)
    return reset
  }

  /// Counts an accepted call (RE120).
  mutating func count(_ calls: WritableKeyPath<RunState, Int>) {
    state[keyPath: calls] += 1
    stateChanged = true
  }

  /// The environment has a further revision, made at this run.
  mutating func environmentChanged(_ revision: EnvRevision) {
    record(
      .env(
        revision: revision.number, call: revision.call, names: revision.edits.map(\.name)),
      now: revision.time)
  }

  // MARK: - Parts

  /// Opens a run that has ended, and forgets what its end said (RE9, RE40).
  ///
  /// Failures that are there now stop no siblings any more (RE44).
  private mutating func open(_ opening: Opening) {
    if !state.status.isActive {
      hooks.hasFailed = false
      hooks.isFinished = plan.finish == nil
      ending = nil
      state.ended = nil
      state.finishError = nil
      if state.started == nil { state.started = opening.now }
      if opening.isSuspended { state.suspended = opening.now }
      let going: RunStatus = hooks.isInitialized ? .running : .starting
      setStatus(opening.isSuspended ? .suspended : going, now: opening.now)
      state.failures.removeAll { failure in
        plan.graph.index(of: failure.node).map { nodes[$0].status != .failed } ?? true
      }
      state.olderFailures = state.failures.count
    }
    stateChanged = true
  }

  private mutating func setBackDescendants(
    of named: [Int], _ opening: Opening, _ reset: inout NodeSet
  ) {
    for position in descendants(of: named) where nodes[position].status.hasEnded {
      setBack(
        position, chain(position, .downstream, by: opening.call), now: opening.now)
      reset.insert(position)
    }
  }

  /// Nodes below others that are not among them, in graph order.
  func descendants(of named: [Int]) -> [Int] {
    var found = NodeSet(nodeCount: nodes.count)
    var waiting = named
    while let next = waiting.popLast() {
      for edge in plan.graph.outgoing[next] where found.insert(edge.downstream) {
        waiting.append(edge.downstream)
      }
    }
    let isNamed = Set(named)
    return plan.graph.order.filter { found.contains($0) && !isNamed.contains($0) }
  }

  /// Nodes that a failure of another one killed go on (RE43).
  private mutating func setBackSiblings(_ opening: Opening, _ reset: inout NodeSet) {
    for position in plan.graph.order
    where nodes[position].status == .killed && nodes[position].reason == Self.siblingReason {
      setBack(
        position, chain(position, .sibling, by: opening.call, keepsFinished: true),
        now: opening.now)
      reset.insert(position)
    }
  }

  private mutating func recordSkip(
    _ position: Int, outcome: Bool?, puts: [TokenPutBatch.Entry], _ opening: Opening
  ) {
    let id = nextAttempt(of: position)
    var attempt = AttemptRecord(
      id: id, cause: .skip, chain: id.attempt, started: opening.now)
    attempt.status = .completed
    attempt.ended = opening.now
    attempt.call = opening.call
    attempt.envRevision = environment.revision
    pending.changes.append(.insertAttempt(attempt))
    if !puts.isEmpty {
      pending.changes.append(.put(.init(source: id, entries: puts), exempt: false))
    }
    if let outcome {
      let decision = Self.decisionEntry(outcome)
      pending.changes.append(.put(.init(source: id, entries: [decision]), exempt: true))
    }
    nodes[position].attempts = id.attempt
    children[position] = nil
    nodes[position].outcome = outcome
    nodes[position].chain = NodeChain(cause: .skip)
    nodes[position].chain.first = id.attempt
    nodes[position].chain.began = opening.now
    nodes[position].chain.call = opening.call
    beginChain(position)
    record(
      .attempt(
        node: id.node, attempt: id.attempt, item: nil, from: nil, to: .completed, reason: nil,
        cause: .skip), now: opening.now)
    setNode(position, .skipped, reason: Self.skippedReason, now: opening.now)
  }
}
