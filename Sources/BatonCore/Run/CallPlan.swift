/// What a re-run, skip or resume does, or would do (RE85, RE130).
///
/// Lists have the root run first and nodes in graph order.
package struct CallPlan: Hashable, Sendable {
  /// Runs whose nodes the call concerns, or whose status it changes.
  package var runs: [RunChange] = []
  /// Attempts to come.
  package var attempts: [Attempt] = []
  /// Nodes that are judged again and may start, or end otherwise than they had.
  package var reevaluated: [NodeID] = []
  /// All other nodes of these runs.
  package var untouched: [NodeID] = []
  /// The newest revision of the environment.
  package var envRevision: Int
  /// What the call alters of the environment, by name.
  package var edits: [EnvEdit] = []
  /// Accepted calls on the run named or below it, with this one.
  package var reruns = 0
  package var skips = 0

  package init(envRevision: Int) { self.envRevision = envRevision }

  package struct RunChange: Hashable, Sendable {
    package var run: RunID
    package var workflow: WorkflowID
    package var from: RunStatus
    package var to: RunStatus
  }

  package struct NodeID: Hashable, Sendable {
    package var run: RunID
    package var node: String
  }

  package struct Attempt: Hashable, Sendable {
    package var run: RunID
    package var node: String
    package var number: Int
    package var cause: AttemptCause
    package var starts: Start
    /// Indexes of items that will run, if the list is what it was in the last pass; empty where
    /// the node has no `for_each`, or had no pass.
    package var items: [Int]
  }

  /// When an attempt starts.
  package enum Start: Hashable, Sendable {
    case now, afterUpstream, onResume
  }
}

extension CallPlan {
  /// Adds a run that the call has changed.
  ///
  /// - Parameters:
  ///   - before: The run before the call.
  ///   - after: The run after it.
  ///   - reset: Nodes that get a further attempt; nil: it sets none back.
  mutating func add(_ before: RunMachine, _ after: RunMachine, reset: NodeSet?) {
    runs.append(
      RunChange(
        run: after.header.id, workflow: after.header.workflow, from: before.state.status,
        to: after.state.status))
    for position in after.plan.graph.order {
      let id = NodeID(run: after.header.id, node: after.nodes[position].node)
      let wasAdopted = after.nodes[position].attempts > before.nodes[position].attempts
      let isReset = reset?.contains(position) == true && !after.nodes[position].status.hasEnded
      if wasAdopted || isReset || after.isToStart(position) {
        attempts.append(after.attemptToCome(position, isRecorded: wasAdopted))
      } else if after.nodes[position].status == .pending
        || after.nodes[position].status != before.nodes[position].status
      {
        reevaluated.append(id)
      } else {
        untouched.append(id)
      }
    }
  }
}

extension RunMachine {
  /// Whether nothing but a slot, a resume or the initialize hook keeps the node from starting.
  fileprivate func isToStart(_ position: Int) -> Bool {
    let isKept = nodes[position].isHeld || !hooks.isInitialized
    return isReady[position]
      || isKept && nodes[position].status == .pending && isStartRuleHeld(position)
  }

  /// The attempt that a node gets next, or has got.
  ///
  /// - Parameters:
  ///   - position: The node.
  ///   - isRecorded: Whether the call has recorded the start itself.
  /// - Returns: The attempt as a plan shows it.
  fileprivate func attemptToCome(_ position: Int, isRecorded: Bool) -> CallPlan.Attempt {
    let node = nodes[position]
    let next = makeAttempt(position, now: Timestamp(milliseconds: 0))
    let isWaiting = node.status == .pending && !isStartRuleHeld(position)
    let isHeldBack = state.status == .suspended || node.isHeld || pauses(position)
    return CallPlan.Attempt(
      run: header.id, node: node.node, number: isRecorded ? node.attempts : next.id.attempt,
      cause: isRecorded ? node.chain.cause : next.cause,
      starts: isRecorded || !isWaiting && !isHeldBack
        ? .now : isWaiting ? .afterUpstream : .onResume,
      items: isRecorded ? [] : itemsToRun(position))
  }

  /// Whether the run is suspended for sure before the chain of the node begins (RE95).
  private func pauses(_ position: Int) -> Bool {
    if case .fixed(true) = pauseToDecide(position) { true } else { false }
  }

  /// The indexes of items that run, if the list is what it was (RE108).
  private func itemsToRun(_ position: Int) -> [Int] {
    let keeps = nodes[position].chain.keepsFinished
    return items(of: position).filter { !$0.isDropped && !(keeps && $0.status == .completed) }
      .map(\.index)
  }
}
