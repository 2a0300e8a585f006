internal import BatonCore
internal import BatonStore

/// Why a transition of a run was not stored although the store works.
enum TransitionRefused: Error {
  /// An ancestor has put after a start had read the token; see ``ViewGuard``.
  case viewMoved
  /// The token does not take the entries that an attempt puts at its end (T20).
  case puts(AttemptID, BatonError)
  /// The same of what its node publishes (RE96).
  case published(AttemptID, BatonError)
  /// As many runs of the workflow have begun as may (G36).
  case full(RunID)
  /// The order of the step cannot be carried out now.
  case order(BatonError)
  /// The order was given before, or its request id was used for something else (CT7).
  case known(Result<[UInt8], BatonError>)
}

extension TreeTransition {
  /// Writes what changes in the tree of a root within one unit of work (RE5).
  ///
  /// - Throws: `TransitionRefused.puts`, and what the store throws.
  func store(_ id: RunID, _ writer: any StoreWriter, _ limits: TokenLimits) throws {
    for run in created {
      try writer.insertRun(run.record, nodes: run.nodes)
      try writer.appendEvents([run.event])
    }
    for revision in revisions { try writer.insertEnvRevision(revision) }
    try root.store(id, writer, limits)
    for (run, transition) in below { try transition.store(run, writer, limits) }
  }
}

extension RunTransition {
  /// Writes what changes in one run within one unit of work.
  ///
  /// - Throws: `TransitionRefused.puts`, and what the store throws.
  func store(_ id: RunID, _ writer: any StoreWriter, _ limits: TokenLimits) throws {
    try storeChanges(writer, limits)
    for node in nodes { try writer.updateNode(node) }
    try writer.appendEvents(events)
    if let (state, expected) = state { try writer.updateRun(id, state, expecting: expected) }
  }

  /// Writes attempts and puts within one unit of work.
  ///
  /// - Throws: `TransitionRefused.puts`, and what the store throws.
  func storeChanges(_ writer: any StoreWriter, _ limits: TokenLimits) throws {
    for change in changes {
      switch change {
      case .insertAttempt(let attempt): try writer.insertAttempt(attempt)
      case .updateAttempt(let attempt): try writer.updateAttempt(attempt)
      case .recordLate(let attempt, let report): try writer.recordLate(report, of: attempt)
      case .putItem(let item): try writer.putItem(item)
      case .insertEnvRevision(let revision): try writer.insertEnvRevision(revision)
      case .put(let batch, let exempt):
        do {
          try writer.putToken(batch, limits: limits, exempt: exempt)
        } catch let error as BatonError {
          throw TransitionRefused.puts(batch.source, error)
        }
      case .publish(let batch):
        do {
          try writer.putToken(batch, limits: limits, exempt: false)
        } catch let error as BatonError {
          throw TransitionRefused.published(batch.source, error)
        }
      }
    }
  }
}
