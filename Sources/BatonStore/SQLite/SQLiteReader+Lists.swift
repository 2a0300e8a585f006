internal import BatonCore

extension SQLiteReader {
  func runs(_ query: RunQuery) throws -> [RunRecord] {
    guard query.limit > 0 else { return [] }
    var merge = Merge<RunRecord>(limit: query.limit, since: query.since) {
      RunCursor(created: $0.header.created, id: $0.header.id)
        > RunCursor(created: $1.header.created, id: $1.header.id)
    }
    if let id = query.externalID, let application = query.application,
      let workflow = query.workflow
    {
      let workflow = WorkflowID(
        namespace: query.namespace, application: application, workflow: workflow)
      let found = try run(externalID: id, of: workflow)
      return found.map { [$0] }?.filter { query.matches($0) && isBefore($0, query) } ?? []
    }
    if query.idPrefix != nil {
      guard let (low, high) = query.idBounds else { return [] }
      try scan(.idRange, query, &merge) { row in
        row.bind(1, low)
        row.bind(2, high)
      }
      return merge.result
    }
    if let parent = query.parent {
      try scan(.parent, query, &merge) { $0.bind(4, parent) }
      return merge.result
    }
    guard let application = query.application else {
      for status in query.statuses.isEmpty ? Set(RunStatus.allCases) : query.statuses {
        try scan(.namespaceStatus, query, &merge) { row in
          row.bind(4, query.namespace)
          row.bind(5, Int(status.rawValue))
        }
      }
      return merge.result
    }
    for workflow in try workflows(query, application) {
      let bind: (RawStatement) -> Void = { row in
        row.bind(4, query.namespace)
        row.bind(5, application)
        row.bind(6, workflow)
      }
      if query.statuses.isEmpty { try scan(.workflow, query, &merge, bind) }
      for status in query.statuses {
        try scan(.workflowStatus, query, &merge) { row in
          bind(row)
          row.bind(7, Int(status.rawValue))
        }
      }
    }
    return merge.result
  }

  func programRuns(_ query: ProgramRunQuery) throws -> [ProgramRun] {
    guard query.limit > 0 else { return [] }
    var merge = Merge<ProgramRun>(limit: query.limit, since: query.since) {
      ProgramRunOrder($0.attempt) > ProgramRunOrder($1.attempt)
    }
    let end = query.until ?? Timestamp(milliseconds: .max)
    for status in query.statuses.isEmpty ? Set(AttemptStatus.allCases) : query.statuses {
      let row = try session.statement(RunScan.program.sql)
      if let before = query.before, before.started < end {
        row.bind(1, before.started)
        row.bind(2, before.id.run)
        row.bind(4, ProgramRunOrder.tail(before.id))
      } else {
        row.bind(1, end)
        row.bind(2, RunID(high: 0, low: 0))
        row.bind(4, "")
      }
      row.bind(3, merge.since)
      row.bind(5, query.namespace)
      row.bind(6, query.application)
      row.bind(7, query.program.type.rawValue)
      row.bind(8, query.program.id)
      row.bind(9, Int(status.rawValue))
      try collect(row, &merge) { row in
        let run = ProgramRun(attempt: try row.attemptRecord(), version: row.int(22))
        let isAsked = query.version == nil || query.version == run.version
        return isAsked && query.matches(run.attempt) ? run : nil
      } time: {
        $0.attempt.started
      }
    }
    return merge.result
  }

  /// The workflows of an application that have runs, or the one that is asked for.
  private func workflows(_ query: RunQuery, _ application: String) throws -> [String] {
    if let workflow = query.workflow { return [workflow] }
    var found: [String] = []
    while let next = try nextWorkflow(query.namespace, application, after: found.last ?? "") {
      found.append(next)
    }
    return found
  }

  private func nextWorkflow(
    _ namespace: String, _ application: String, after name: String
  ) throws -> String? {
    try session.first(.nextWorkflow) { row in
      row.bind(1, namespace)
      row.bind(2, application)
      row.bind(3, name)
    } _: {
      $0.text(0)
    }
  }

  private func isBefore(_ record: RunRecord, _ query: RunQuery) -> Bool {
    RunCursor(created: record.header.created, id: record.header.id) < query.upperBound
  }

  private func scan(
    _ scan: RunScan, _ query: RunQuery, _ merge: inout Merge<RunRecord>,
    _ bind: (RawStatement) -> Void
  ) throws {
    let row = try session.statement(scan.sql)
    if scan != .idRange {
      let bound = query.upperBound
      row.bind(1, bound.created)
      row.bind(2, bound.id)
      row.bind(3, merge.since)
    }
    bind(row)
    let isOrdered = scan != .idRange
    try collect(row, &merge, isOrdered: isOrdered) { row in
      let record = try row.runRecord()
      return query.matches(record) && isBefore(record, query) ? record : nil
    } time: {
      $0.header.created
    }
  }

  private func collect<Record>(
    _ row: RawStatement, _ merge: inout Merge<Record>, isOrdered: Bool = true,
    _ record: (RawStatement) throws -> Record?, time: (Record) -> Timestamp
  ) throws {
    defer { row.reset() }
    var found: [Record] = []
    while !isOrdered || found.count < merge.limit, try row.step() {
      if let record = try record(row) { found.append(record) }
      // Of rows in another order, the first so far are kept.
      if !isOrdered, found.count >= max(merge.limit, 64) {
        merge.add(found, time: time)
        found.removeAll(keepingCapacity: true)
      }
    }
    merge.add(found, time: time)
  }
}

/// The first records of several scans.
private struct Merge<Record> {
  let limit: Int
  /// Before this, nothing can be among the first.
  private(set) var since: Timestamp
  private(set) var result: [Record] = []
  private let precedes: (Record, Record) -> Bool

  init(limit: Int, since: Timestamp?, precedes: @escaping (Record, Record) -> Bool) {
    self.limit = limit
    self.since = since ?? Timestamp(milliseconds: .min)
    self.precedes = precedes
  }

  mutating func add(_ records: [Record], time: (Record) -> Timestamp) {
    guard !records.isEmpty else { return }
    result += records
    result.sort(by: precedes)
    if result.count > limit { result.removeLast(result.count - limit) }
    if result.count == limit, let last = result.last { since = max(since, time(last)) }
  }
}
