internal import BatonCore
internal import BatonStore

/// What is not done on the threads that serve all runs (R5).
extension RunStepper {
  /// Whether what is due at a node is for a thread that may wait: expressions, lists, and reads of
  /// tokens that are not in memory (R5).
  mutating func mustLeave(_ position: Int) -> Bool {
    guard !mayBlock else { return false }
    let step = machine.plan.steps[position]
    if step.forEach != nil || step.hasPolicyTemplates || step.kind.isExpression
      || step.declared.pauseBefore?.isExpression == true
      || step.isInProcess && machine.asksAtEnd(of: position)
    {
      return leave()
    }
    return mustLeave(reads: step.startReadsToken)
  }

  /// Whether a start that reads the token, if it does, is for a thread that may wait.
  mutating func mustLeave(reads: Bool) -> Bool {
    guard !mayBlock, reads, engine.store.residentToken(of: run) == nil else { return false }
    return leave()
  }

  private mutating func leave() -> Bool {
    needsThread = true
    hasMore = true
    return true
  }

  /// Whether an end is for a thread that may wait: its node puts what it reads of the token (G21),
  /// or has policies that judge it.
  mutating func mustLeave(endOf id: AttemptID) -> Bool {
    guard !mayBlock, let position = machine.plan.graph.index(of: id.node) else { return false }
    let reads =
      machine.plan.steps[position].endReadsToken
      && engine.store.residentToken(of: run)?.holdsHistory != true
    guard reads || machine.asksAtEnd(of: position) else { return false }
    needsThread = true
    return true
  }
}
