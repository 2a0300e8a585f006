internal import BatonCore
internal import BatonStore

extension RunTransition {
  /// Writes the transition within one unit of work.
  ///
  /// - Throws: what the store refuses; a put beyond the limits of the token is a ``BatonError``.
  func store(_ id: RunID, _ writer: any StoreWriter, _ limits: TokenLimits) throws {
    for change in changes {
      switch change {
      case .insertAttempt(let attempt): try writer.insertAttempt(attempt)
      case .updateAttempt(let attempt): try writer.updateAttempt(attempt)
      case .put(let batch, let exempt):
        try writer.putToken(batch, limits: limits, exempt: exempt)
      }
    }
    for node in nodes { try writer.updateNode(node) }
    try writer.appendEvents(events)
    if let (state, expected) = state { try writer.updateRun(id, state, expecting: expected) }
  }
}
