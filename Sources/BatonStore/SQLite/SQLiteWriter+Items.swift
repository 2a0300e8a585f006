internal import BatonCore

extension SQLiteWriter: ItemWrites {
  func putItem(_ record: ItemRecord) throws {
    _ = try requiredFacts(record.run)
    touch(record.run)
    try run(.putItem) { $0.bind(record) }
  }

  /// Records the start of an attempt of an item; tokens know only the pass it belongs to.
  func insert(_ record: AttemptRecord, of item: AttemptID.Item) throws -> AttemptRecord {
    let id = record.id.run
    guard let account = try pendingAccount(of: id) else { throw StoreRefusal.runMissing(id) }
    if try attempt(record.id) != nil { throw StoreRefusal.attemptExists(record.id) }
    var record = record
    record.viewSeq = account.lastSeq
    touch(id)
    try run(.insertItemAttempt) { [record] row in
      row.bind(record)
      row.bind(item, from: 25)
    }
    return record
  }
}

extension SQLiteWriter: TreeWrites {
  func insertEnvRevision(_ revision: EnvRevision) throws {
    _ = try requiredFacts(revision.root)
    let stored = try storedRevisions(of: revision.root)
    guard revision.number == max(stored, 1) + 1 || (revision.number == 1 && stored == 0) else {
      throw StoreRefusal.revisionOutOfOrder(revision, newest: max(stored, 1))
    }
    touch(revision.root)
    try run(.insertEnvRevision) { $0.bind(revision) }
  }
}

extension RawStatement {
  /// Binds an item and the number of its attempt.
  func bind(_ item: AttemptID.Item, from index: Int32) {
    bind(index, item.index)
    bind(index + 1, item.attempt)
  }
}
