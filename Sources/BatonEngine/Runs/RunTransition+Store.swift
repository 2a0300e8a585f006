internal import BatonCore
internal import BatonStore

/// Why a transition of a run was not stored although the store works.
enum TransitionRefused: Error {
  /// An ancestor has put after a start had read the token; see ``ViewGuard``.
  case viewMoved
  /// The token does not take the entries that an attempt puts at its end (T20).
  case puts(AttemptID, BatonError)
  /// As many runs of the workflow have begun as may (G36).
  case full
  /// The order was given before, or its request id was used for something else (CT7).
  case known(Result<[UInt8], BatonError>)
}

extension RunTransition {
  /// Writes the transition within one unit of work.
  ///
  /// - Parameters:
  ///   - id: The run.
  ///   - guards: What the starts of the transition took for granted.
  ///   - writer: The unit of work.
  ///   - limits: What the token may hold.
  /// - Throws: ``TransitionRefused``, and what the store throws.
  func store(
    _ id: RunID, _ guards: [ViewGuard], _ writer: any StoreWriter, _ limits: TokenLimits
  ) throws {
    for viewGuard in guards where try viewGuard.isBroken(id, writer) {
      throw TransitionRefused.viewMoved
    }
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
      }
    }
  }
}
