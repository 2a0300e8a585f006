internal import BatonCore

extension MemoryTables: ItemReads {
  func items(
    of run: RunID, node: String, after index: Int?, statuses: Set<ItemStatus>, limit: Int
  ) throws -> [ItemRecord] {
    let found = (runs[run]?.items[node] ?? [:]).values.filter { item in
      item.index > index ?? -1 && (statuses.isEmpty || statuses.contains(item.status))
    }
    return Array(found.sorted { $0.index < $1.index }.prefix(max(0, limit)))
  }

  func itemCounts(of run: RunID, node: String) throws -> [ItemStatus: Int] {
    (runs[run]?.items[node] ?? [:]).values.filter { !$0.isDropped }
      .reduce(into: [:]) { $0[$1.status, default: 0] += 1 }
  }

  func itemAttempts(
    of run: RunID, node: String, indexes: ClosedRange<Int>?
  ) throws -> [AttemptRecord] {
    (runs[run]?.itemAttempts[node] ?? [:])
      .filter { indexes?.contains($0.key) ?? true }
      .sorted { $0.key < $1.key }.flatMap(\.value)
  }

  func runningItemAttempts(of run: RunID) throws -> [AttemptRecord] {
    try (runs[run]?.itemAttempts.keys.sorted(by: TokenBytes.precedes) ?? [])
      .flatMap { try itemAttempts(of: run, node: $0, indexes: nil) }
      .filter { $0.status == .running }
  }
}

extension MemoryTables: ItemWrites {
  func putItem(_ record: ItemRecord) throws {
    let run = try required(record.run)
    let old = run.items[record.node]?[record.index]
    undoing { run.items[record.node]?[record.index] = old }
    run.items[record.node, default: [:]][record.index] = record
    touch(record.run)
  }

  /// Records the start of an attempt of an item; tokens know only the pass it belongs to.
  func insert(_ record: AttemptRecord, of item: AttemptID.Item) throws -> AttemptRecord {
    let run = try required(record.id.run)
    let node = record.id.node
    let known = run.itemAttempts[node]?[item.index] ?? []
    if known.contains(where: { $0.id.item == item }) {
      throw StoreRefusal.attemptExists(record.id)
    }
    var record = record
    record.viewSeq = run.token.account.lastSeq
    undoing {
      run.itemAttempts[node]?[item.index] = known
      if let hash = record.credentialHash { self.credentials[hash] = nil }
    }
    run.itemAttempts[node, default: [:]][item.index] = known + [record]
    if let hash = record.credentialHash { credentials[hash] = record.id }
    touch(record.id.run)
    return record
  }

  /// Replaces the record of an attempt of a node or of an item; false: there is none such.
  func change(
    _ id: AttemptID, _ body: (inout AttemptRecord) -> Bool
  ) throws -> AttemptRecord? {
    let run = try required(id.run)
    guard let old = try attempt(id) else { return nil }
    var record = old
    guard body(&record) else { return nil }
    let put: (AttemptRecord) -> Void = { record in
      if let item = id.item {
        let place = run.itemAttempts[id.node]?[item.index]?.firstIndex { $0.id == id }
        if let place { run.itemAttempts[id.node]?[item.index]?[place] = record }
      } else {
        let place = run.attempts[id.node]?.firstIndex { $0.id == id }
        if let place { run.attempts[id.node]?[place] = record }
      }
    }
    undoing { put(old) }
    put(record)
    touch(id.run)
    return record
  }
}

extension MemoryTables: StatisticsReads {
  func nodeFigures(of run: RunID) throws -> [NodeFigures] {
    guard let run = runs[run] else { return [] }
    return run.nodes.compactMap { node in
      var figures = NodeFigures(
        node: node.node, attempts: 0, milliseconds: nil, outcome: node.outcome)
      for attempt in run.attempts[node.node] ?? [] {
        figures.count(attempt.cause, started: attempt.started, ended: attempt.ended)
      }
      return figures.attempts > 0 ? figures : nil
    }
  }
}
