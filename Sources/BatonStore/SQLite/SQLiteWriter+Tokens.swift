internal import BatonCore

extension SQLiteWriter: TokenWrites {
  func putToken(
    _ batch: TokenPutBatch, limits: TokenLimits, exempt: Bool
  ) throws -> TokenReceipt {
    let run = batch.source.run
    guard let account = try pendingAccount(of: run) else { throw StoreRefusal.runMissing(run) }
    // What is there is read before the pure rules judge, which may neither fail nor wait.
    let present = try storedEntries(batch)
    var next = 0
    let indexed = batch.entries.count == 1 ? nil : Self.index(batch.entries)
    let admission = try account.admitting(
      batch, limits: limits, exempt: exempt, at: now,
      present: { key in
        if let indexed { return indexed[key].flatMap { present[$0] } }
        defer { next += 1 }
        return present[next]
      })
    guard !batch.entries.isEmpty else { return admission.receipt(limits) }
    touch(run)
    change(admission.account, of: run)
    for (index, put) in admission.puts(of: batch).enumerated() {
      try insert(put, run)
      if admission.becomesEntry[index] {
        try setEntry(put, run, isNew: present[index] == nil)
        newSources[batch.source]?[TokenKey(put.scope, put.key)] = TokenAccount.Present(
          attempt: put.attempt, bytes: put.key.utf8.count + put.value.utf8.count)
      }
      if notesTokens { effects.tokens.append(.put(run, put)) }
    }
    return admission.receipt(limits)
  }

  private static func index(_ entries: [TokenPutBatch.Entry]) -> [TokenKey: Int] {
    Dictionary(
      entries.enumerated().map { (TokenKey($1.scope, $1.key), $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// The entries that the batch's node has under the keys, from the tables unless they are known.
  private func storedEntries(_ batch: TokenPutBatch) throws -> [TokenAccount.Present?] {
    let source = batch.source
    if let known = newSources[source] {
      return batch.entries.map { known[TokenKey($0.scope, $0.key)] }
    }
    // Whatever else puts under the node makes what is known of its first attempt incomplete.
    if !newSources.isEmpty {
      newSources[AttemptID(run: source.run, node: source.node, attempt: 1)] = nil
    }
    return try batch.entries.map { try storedEntry($0, source) }
  }

  private func storedEntry(
    _ entry: TokenPutBatch.Entry, _ source: AttemptID
  ) throws -> TokenAccount.Present? {
    try session.first(.tokenEntry) { row in
      row.bind(1, source.run)
      row.bind(2, Int(entry.scope.rawValue))
      row.bind(3, entry.key)
      row.bind(4, source.node)
    } _: {
      TokenAccount.Present(attempt: $0.int(0), bytes: $0.int(1))
    }
  }

  private func insert(_ put: TokenPut, _ id: RunID) throws {
    try run(.insertTokenPut) { row in
      row.bind(1, id)
      row.bind(2, put.seq)
      row.bind(3, Int(put.scope.rawValue))
      row.bind(4, put.key)
      row.bind(5, put.node)
      row.bind(6, put.attempt)
      row.bind(7, put.time)
      row.bind(8, put.value)
    }
  }

  private func setEntry(_ put: TokenPut, _ id: RunID, isNew: Bool) throws {
    try run(isNew ? .insertTokenEntry : .updateTokenEntry) { row in
      row.bind(1, id)
      row.bind(2, Int(put.scope.rawValue))
      row.bind(3, put.key)
      row.bind(4, put.node)
      row.bind(5, put.attempt)
      row.bind(6, put.seq)
      row.bind(7, put.key.utf8.count + put.value.utf8.count)
    }
  }
}
