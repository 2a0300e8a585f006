/// What starts and ends of attempts store (T32–T34, T43).
extension RunMachine {
  /// What the platform puts when an attempt starts (T33).
  package static func startEntries(
    of attempt: AttemptID, host: String?, now: Timestamp
  ) -> [TokenPutBatch.Entry] {
    var entries = [
      TokenPutBatch.Entry(scope: .system, key: "baton.attempt", value: String(attempt.attempt)),
      TokenPutBatch.Entry(scope: .system, key: "baton.started_at", value: now.rfc3339),
    ]
    if let host {
      entries.append(.init(scope: .system, key: "baton.host", value: host))
    }
    return entries
  }

  /// What the platform puts when a condition is decided (T33).
  static func decisionEntry(_ decision: Bool) -> TokenPutBatch.Entry {
    .init(scope: .system, key: "condition", value: decision ? "true" : "false")
  }

  /// Records a start with its platform entries (T32).
  mutating func recordStart(_ attempt: AttemptRecord, now: Timestamp) {
    pending.changes.append(.insertAttempt(attempt))
    record(
      .attempt(
        node: attempt.id.node, attempt: attempt.id.attempt, item: attempt.id.item, from: nil,
        to: .running, reason: nil, cause: attempt.cause), now: now)
    // Items have no entries of the platform (T35).
    guard attempt.id.item == nil else { return }
    let entries = Self.startEntries(of: attempt.id, host: attempt.host, now: now)
    pending.changes.append(.put(.init(source: attempt.id, entries: entries), exempt: true))
  }

  /// Records the outcome of an attempt with its puts and platform entries (T33, T34, T43).
  ///
  /// One that was inserted in the step under way is stored once, as it ended.
  mutating func recordEnd(
    _ attempt: AttemptRecord, insertedAt place: Int? = nil, puts: [TokenPutBatch.Entry],
    published: [TokenPutBatch.Entry] = [], decision: Bool?, now: Timestamp
  ) {
    forget(attempt)
    if !puts.isEmpty {
      pending.changes.append(.put(.init(source: attempt.id, entries: puts), exempt: false))
    }
    if !published.isEmpty {
      pending.changes.append(.publish(.init(source: attempt.id, entries: published)))
    }
    if attempt.id.item == nil { putEnd(of: attempt, decision: decision, now: now) }
    if let place {
      pending.changes[place] = .insertAttempt(attempt)
    } else {
      pending.changes.append(.updateAttempt(attempt))
    }
    record(
      .attempt(
        node: attempt.id.node, attempt: attempt.id.attempt, item: attempt.id.item, from: .running,
        to: attempt.status, reason: attempt.reason, cause: attempt.cause), now: now)
  }

  private mutating func forget(_ attempt: AttemptRecord) {
    guard let position = plan.graph.index(of: attempt.id.node) else {
      runningHook = nil
      return
    }
    touch(position)
    if let item = attempt.id.item {
      passes[position]?.running[item.index] = nil
    } else {
      running[position] = nil
      passes[position] = nil
    }
  }

  private mutating func putEnd(of attempt: AttemptRecord, decision: Bool?, now: Timestamp) {
    var entries: [TokenPutBatch.Entry] = []
    if let decision { entries.append(Self.decisionEntry(decision)) }
    if let code = attempt.exitCode {
      entries.append(.init(scope: .system, key: "baton.exit_code", value: String(code)))
    }
    let duration = max(0, now.milliseconds - attempt.started.milliseconds)
    entries.append(.init(scope: .system, key: "baton.duration_ms", value: String(duration)))
    entries.append(.init(scope: .system, key: "baton.finished_at", value: now.rfc3339))
    pending.changes.append(.put(.init(source: attempt.id, entries: entries), exempt: true))
  }
}
