internal import HeapModule

/// What may start, or must be decided, next.
package enum RunDue: Hashable, Sendable {
  /// The policies of a chain are read before it begins: `pause_before` and the numbers that
  /// templates give; by position of the node.
  case opening(Int)
  /// The next attempt of a node.
  case start(Int)
  /// The next attempt of an item of a pass.
  case item(Int, index: Int)
  /// The end of a pass whose items have ended.
  case passEnd(Int)
}

/// The policies of nodes (RE90–RE101): the start of a chain, its bounds, its repetitions.
extension RunMachine {
  /// The numbers that count for the chain of a node.
  package func policy(of position: Int) -> ChainPolicy {
    nodes[position].chain.policy ?? plan.steps[position].policy
  }

  func safeRerun(_ position: Int) -> Bool { plan.steps[position].declared.safeRerun == true }

  // MARK: - The start of a chain

  /// What is due next, in graph order, items behind each other by index (G18, RE99).
  ///
  /// It stays due until it is reported. Passes end in any status; nothing else happens but in a
  /// RUNNING run (G44).
  package func nextDue() -> RunDue? {
    if let position = endedPass { return .passEnd(position) }
    guard state.status == .running, ending == nil else { return nil }
    var rank = ready.min
    var pass: Int?
    if !isFull {
      if let other = bounded.min, other < rank ?? .max { rank = other }
      pass = startablePass
    }
    if let pass, plan.graph.rank[pass] < rank ?? .max, let index = passes[pass]?.due.min {
      return .item(pass, index: index)
    }
    guard let position = rank.map({ plan.graph.order[$0] }) else { return nil }
    return mustOpen(position) ? .opening(position) : .start(position)
  }

  /// Whether as many attempts run as `concurrency` of the workflow allows (RE99).
  private var isFull: Bool {
    guard let bound = plan.workflow.concurrency else { return false }
    return running.count - passes.count + passes.values.reduce(0) { $0 + $1.running.count } >= bound
  }

  /// Whether an attempt of the node counts as one that runs (RE99): a pass does not, its items do.
  private func isCounted(_ position: Int) -> Bool {
    let step = plan.steps[position]
    return !step.isInProcess && step.forEach == nil
  }

  /// Whether something must be asked before the chain of a node that is ready may begin.
  private func needsOpening(_ position: Int) -> Bool {
    guard nodes[position].status == .pending else { return false }
    let step = plan.steps[position]
    let chain = nodes[position].chain
    if step.hasPolicyTemplates, chain.policy == nil { return true }
    return pauseToDecide(position) != nil
  }

  /// Whether the chain of a node that is ready must begin with its opening.
  private func mustOpen(_ position: Int) -> Bool {
    guard nodes[position].status == .pending else { return false }
    return needsOpening(position) || policy(of: position).waitBeforeMS > 0
  }

  /// The `pause_before` that is still to be decided for the chain of a node (RE95); nil: none.
  package func pauseToDecide(_ position: Int) -> PausePolicy? {
    guard !nodes[position].chain.pauseIsOver,
      let pause = plan.steps[position].declared.pauseBefore, pause != .fixed(false)
    else { return nil }
    return pause
  }

  /// The chain of a node pauses the run before it begins (RE95).
  ///
  /// - Parameters:
  ///   - position: The node of the opening that `nextDue` gave.
  ///   - now: The time.
  package mutating func pause(_ position: Int, now: Timestamp) {
    removeReady(position)
    nodes[position].chain.pauseIsOver = true
    touch(position)
    enqueue(position)
    setStatus(.suspended, cause: nodes[position].node, now: now)
    state.suspended = now
  }

  /// The chain of a node may begin: after `wait_before`, or at once.
  ///
  /// - Parameters:
  ///   - position: The node of the opening that `nextDue` gave.
  ///   - policy: The numbers that its templates give; nil: it has none, or they were read before.
  ///   - now: The time.
  package mutating func open(_ position: Int, _ policy: ChainPolicy?, now: Timestamp) {
    removeReady(position)
    if policy != nil || pauseToDecide(position) != nil { touch(position) }
    nodes[position].chain.pauseIsOver = true
    if let policy { nodes[position].chain.policy = policy }
    waitBefore(position, now: now)
  }

  /// A node's start rule holds: it starts next, once its policies are read and after
  /// `wait_before` (G18, G38, RE100).
  mutating func makeReady(_ position: Int, now: Timestamp) {
    // A further edge says the same of a node that waits for its opening, or for the run to resume.
    guard !nodes[position].isHeld, !isReady[position] else { return }
    needsOpening(position) ? enqueue(position) : waitBefore(position, now: now)
  }

  private mutating func waitBefore(_ position: Int, now: Timestamp) {
    let delay = policy(of: position).waitBeforeMS
    guard delay > 0 else { return enqueue(position) }
    delayNode(position, until: now.advanced(by: .milliseconds(delay)), now: now)
  }

  /// Adds a node to those that may start; once, however many edges say so.
  mutating func enqueue(_ position: Int) {
    guard !isReady[position], !nodes[position].isHeld else { return }
    isReady[position] = true
    let rank = plan.graph.rank[position]
    if plan.workflow.concurrency != nil, isCounted(position), !mustOpen(position) {
      bounded.insert(rank)
    } else {
      ready.insert(rank)
    }
  }

  /// Takes a node that `nextDue` gave from those that may start.
  mutating func removeReady(_ position: Int) {
    takeNext(position)
    isReady[position] = false
  }

  /// Takes the node that `nextDue` gave from where it waits; it stays among those that may start.
  mutating func takeNext(_ position: Int) {
    let rank = plan.graph.rank[position]
    if ready.min == rank {
      ready.removeMin()
    } else {
      precondition(bounded.min == rank, "\(nodes[position].node) was not the next ready node")
      bounded.removeMin()
    }
  }

  /// Takes a node that ends without another attempt from those that may start.
  private mutating func forgetReady(_ position: Int) {
    guard isReady[position] else { return }
    awaitingWorker.remove(position)
    let rank = plan.graph.rank[position]
    ready = Heap(ready.unordered.filter { $0 != rank })
    bounded = Heap(bounded.unordered.filter { $0 != rank })
    isReady[position] = false
  }

  mutating func clearReady() {
    ready = []
    bounded = []
    awaitingWorker.removeAll()
    for position in isReady.indices { isReady[position] = false }
  }

  // MARK: - Bounds of a chain

  /// When the chain of a node must have ended (RE93); nil: it has not begun, or has no bound.
  func chainDeadline(of position: Int) -> Timestamp? {
    guard let began = nodes[position].chain.began,
      let limit = policy(of: position).nodeTimeoutMS
    else { return nil }
    return began.advanced(by: .milliseconds(limit))
  }

  func chainIsOver(_ position: Int, at time: Timestamp) -> Bool {
    chainDeadline(of: position).map { $0 <= time } ?? false
  }

  // MARK: - Repetitions

  /// The attempts of the chain, or of the item in its pass, that ended before this one.
  func count(of attempt: AttemptRecord, at position: Int) -> ChainCount {
    if let item = attempt.id.item { return passes[position]?.counts[item.index] ?? ChainCount() }
    return chains[position]?.count ?? ChainCount()
  }

  /// The delay in milliseconds after which another attempt follows one that has ended; nil: none
  /// does (RE92, RE98).
  func repetition(
    of ended: AttemptRecord, at position: Int, _ judged: JudgedOutcome
  ) -> Int64? {
    let step = plan.steps[position]
    guard ending == nil, let time = ended.ended, !chainIsOver(position, at: time) else {
      return nil
    }
    // G23: an expression gives the same again.
    if case .expression = step.kind { return nil }
    if ended.id.item != nil {
      guard passes[position]?.isStopped == false, running[position]?.killReason == nil
      else { return nil }
    } else if step.forEach != nil {
      // `retry` is the items' (RE106).
      return nil
    }
    let count = count(of: ended, at: position)
    if count.isRepeated(ended, safeRerun: safeRerun(position)) { return 0 }
    guard let retry = step.declared.retry, let numbers = policy(of: position).retry else {
      return nil
    }
    switch ended.status {
    case .failed:
      let reason = ended.reason ?? ""
      guard !judged.breaks, retry.repeats(reason: reason, exitCode: ended.exitCode)
      else { return nil }
    case .completed: guard judged.continues else { return nil }
    case .killed, .running: return nil
    }
    let made = count.made + 1
    guard made < numbers.attempts else { return nil }
    return numbers.delayMS(afterFailed: made, u: judged.u)
  }

  // MARK: - The end of a chain

  /// The node ends as its chain does, after `wait_after` (RE94).
  mutating func endChain(
    _ position: Int, _ attempt: AttemptRecord, decision: Bool?, now: Timestamp
  ) {
    let outcome = NodeEnding(
      status: NodeStatus(attempt.status), reason: attempt.reason, outcome: decision)
    let wait = policy(of: position).waitAfterMS
    guard wait > 0, ending == nil, attempt.status != .killed,
      !chainIsOver(position, at: now)
    else { return endNode(position, outcome, message: attempt.message, now: now) }
    nodes[position].outcomeToCome = outcome
    messages[position] = attempt.message
    delayNode(position, until: now.advanced(by: .milliseconds(wait)), now: now)
  }

  /// Ends a node: its failure is judged, its edges settle, the run may end.
  mutating func endNode(
    _ position: Int, _ outcome: NodeEnding, message: String?, now: Timestamp
  ) {
    forgetReady(position)
    nodes[position].outcomeToCome = nil
    nodes[position].wakes = nil
    messages[position] = nil
    nodes[position].outcome = outcome.outcome
    setNode(position, outcome.status, reason: outcome.reason, now: now)
    nodeEnded(position, message: message, now: now)
  }

  /// A WAITING node's time has come: `node_timeout`, `wait_after`, or a delay before an attempt.
  mutating func waitIsOver(_ position: Int, now: Timestamp) {
    if chainIsOver(position, at: now) {
      endNode(
        position, NodeEnding(status: .failed, reason: Self.timeoutReason),
        message: "the attempts of the node took too long", now: now)
    } else if let wakes = nodes[position].wakes, wakes <= now {
      if let outcome = nodes[position].outcomeToCome {
        endNode(position, outcome, message: messages[position], now: now)
      } else {
        enqueue(position)
        watchChain(position)
      }
    } else {
      watchChain(position)
    }
  }

  /// Takes up a WAITING node after a return; what was due meanwhile is told at once.
  mutating func takeUpWait(_ position: Int, now: Timestamp) {
    if nodes[position].outcomeToCome == nil, !chainIsOver(position, at: now),
      nodes[position].wakes.map({ $0 <= now }) ?? true
    {
      enqueue(position)
    }
    watchChain(position)
  }

  /// Has a WAITING node looked at when its delay or the time of its chain is over.
  mutating func watchChain(_ position: Int) {
    let delay = isReady[position] ? nil : nodes[position].wakes
    let times = [delay, chainDeadline(of: position)].compactMap(\.self)
    guard let first = times.min() else { return }
    pending.actions.append(.setWake(node: nodes[position].node, first))
  }
}

extension NodeStatus {
  /// The status of a node whose chain ends with an attempt that ended so.
  init(_ status: AttemptStatus) {
    self =
      switch status {
      case .completed: .completed
      case .killed: .killed
      case .failed, .running: .failed
      }
  }
}
