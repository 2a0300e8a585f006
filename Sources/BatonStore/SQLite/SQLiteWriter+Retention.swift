internal import BatonCore

extension SQLiteWriter: RetentionWrites {
  func deleteRun(_ id: RunID) throws -> RemovedRun {
    guard let record = try run(id) else { throw StoreRefusal.runMissing(id) }
    guard !record.state.status.isActive else { throw StoreRefusal.runActive(id) }
    guard try !isNeeded(record.header) else { throw StoreRefusal.treeActive(id) }
    let removed = try remove(record)
    if try purgeRows(of: id, Self.rowsAtOnce) >= Self.rowsAtOnce {
      try run(.insertRemovedRun) { $0.bind(1, id) }
    }
    return removed
  }

  func deleteApplication(namespace: String, name: String) throws {
    let bind: (RawStatement) -> Void = { row in
      row.bind(1, namespace)
      row.bind(2, name)
    }
    guard let newest = try newestVersion(namespace: namespace, name: name) else {
      throw StoreRefusal.applicationMissing(namespace, name)
    }
    try settlePending()
    let active = try session.first(.activeOfApplication, bind, { $0.int(0) }) ?? 0
    guard active == 0 else { throw StoreRefusal.runActive(namespace, name, count: active) }
    let lastEvent = try lastEventNumber()
    try run(.deleteApplicationHead, bind)
    try run(.insertRemovedApplication) { row in
      bind(row)
      row.bind(3, newest)
      row.bind(4, lastEvent)
    }
  }

  func purge(rows: Int) throws -> Bool {
    var left = max(1, rows)
    while left > 0, let id = try session.first(.runToPurge, { _ in }, { try $0.run(0) }) {
      let removed = try purgeRows(of: id, left)
      if removed < left { try run(.deleteRemovedRun) { $0.bind(1, id) } }
      left -= removed
    }
    while left > 0 {
      let found = try session.first(
        .applicationToPurge, { _ in },
        { (namespace: $0.text(0), name: $0.text(1), lastEvent: $0.seq(2)) })
      guard let found else { return false }
      left -= try purgeApplication(found.namespace, found.name, found.lastEvent, left)
    }
    return true
  }

  /// The rows of a run that the unit which removes it removes as well.
  private static var rowsAtOnce: Int { 2048 }

  /// Takes a run out of everything by which it is found.
  private func remove(_ record: RunRecord) throws -> RemovedRun {
    let id = record.header.id
    let workflow = record.header.workflow
    let puts = try pendingAccount(of: id)?.puts ?? 0
    touch(id)
    accounts[id] = nil
    facts[id] = nil
    count(TokenSnapshot.Run(record.header), from: record.state.status, to: nil)
    if let external = record.header.externalID {
      try run(.insertRemovedRunID) { row in
        row.bind(1, workflow.namespace)
        row.bind(2, workflow.application)
        row.bind(3, workflow.workflow)
        row.bind(4, external)
      }
    }
    try run(.deleteTokenAccount) { $0.bind(1, id) }
    try run(.deleteRun) { $0.bind(1, id) }
    if notesTokens { effects.tokens.append(.deleted(id)) }
    return RemovedRun(id: id, events: record.state.lastEvent, puts: puts)
  }

  /// The bytes of a value that are worth a row in time: pages are freed one by one.
  private static var bytesOfRow: Int { 4096 }

  /// Removes puts of a run, up to about so many rows' worth of them.
  ///
  /// - Returns: What they are worth; less than `limit`: none is left.
  private func purgePuts(of id: RunID, _ limit: Int) throws -> Int {
    let statement = try session.statement(.putsToPurge)
    statement.bind(1, id)
    statement.bind(2, limit)
    var last: UInt64?
    var worth = 0
    do {
      defer { statement.reset() }
      while worth < limit, try statement.step() {
        last = statement.seq(0)
        worth += 1 + statement.textBytes(1) / Self.bytesOfRow
      }
    }
    guard let last else { return 0 }
    try run(.purgePuts) { row in
      row.bind(1, id)
      row.bind(2, last)
    }
    return worth
  }

  /// Removes rows of a run that is removed; less than asked for: none is left.
  ///
  /// - Returns: How many rows, large values counted as many; maybe more than `limit`.
  private func purgeRows(of id: RunID, _ limit: Int) throws -> Int {
    var left = limit - (try purgePuts(of: id, limit))
    let all = [
      SQL.purgeEntries, .purgeEvents, .purgeAttempts, .purgeItemAttempts, .purgeItems,
      .purgeNodes, .purgeEnvRevisions,
    ]
    for sql in all where left > 0 {
      try run(sql) { row in
        row.bind(1, id)
        row.bind(2, left)
      }
      left -= session.changes
    }
    if left > 0 {
      let scope = RequestKey.putScope(of: id)
      try run(.purgePutRequests) { row in
        row.bind(1, scope)
        row.bind(2, left)
        // The character after the colon, so that these are all scopes that begin so.
        row.bind(3, scope.dropLast() + ";")
      }
      left -= session.changes
    }
    return limit - left
  }

  /// Removes rows of a removed application.
  ///
  /// - Returns: How many rows, or their worth in time; the application may then be done.
  private func purgeApplication(
    _ namespace: String, _ name: String, _ lastEvent: UInt64, _ limit: Int
  ) throws -> Int {
    let bind: (RawStatement) -> Void = { row in
      row.bind(1, namespace)
      row.bind(2, name)
    }
    if let found = try session.first(.runOfApplication, bind, { try $0.run(0) }) {
      // What lies below it may be of other applications, and goes with it.
      let id = try session.first(.runOfTree, { $0.bind(1, found) }, { try $0.run(0) }) ?? found
      guard let record = try run(id) else { throw StoreRefusal.runMissing(id) }
      _ = try remove(record)
      let removed = try purgeRows(of: id, limit)
      if removed >= limit { try run(.insertRemovedRun) { $0.bind(1, id) } }
      return removed + 1
    }
    try run(.purgeApplicationVersion, bind)
    // A version may be a megabyte, which is worth some hundred rows.
    if session.changes > 0 { return 256 }
    try run(.purgeApplicationEvents) { row in
      bind(row)
      row.bind(3, lastEvent)
      row.bind(4, limit)
    }
    let removed = session.changes
    guard removed < limit else { return removed }
    try settlePending()
    try run(.purgeApplicationCounts, bind)
    try run(.purgeApplicationPrograms, bind)
    try run(.setApplicationPurged, bind)
    return removed + 1
  }
}
