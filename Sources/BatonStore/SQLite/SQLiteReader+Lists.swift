internal import BatonCore

extension SQLiteReader {
  func runPage(_ query: RunQuery) throws -> RunPage {
    guard query.limit > 0 else { return RunPage(runs: [], next: nil) }
    // One more than asked for tells whether the list goes on.
    var merge = Merge<RunRecord>(limit: query.limit + 1, since: query.since) {
      RunCursor($0) > RunCursor($1)
    }
    try scanAll(query, &merge)
    // Older ones than where a scan has stopped may have missing neighbours.
    let known = merge.stop.map { stop in merge.result.filter { RunCursor($0) >= stop } }
    let runs = known ?? merge.result
    if runs.count > query.limit {
      let page = Array(runs.prefix(query.limit))
      return RunPage(runs: page, next: page.last.map(RunCursor.init))
    }
    return RunPage(runs: runs, next: merge.stop)
  }

  /// Performs the scans that a list is made of.
  private func scanAll(_ query: RunQuery, _ merge: inout Merge<RunRecord>) throws {
    if let id = query.externalID {
      let found = try runs(externalID: id, query)
      merge.add(found.filter { query.matches($0) && RunCursor($0) < query.upperBound }) {
        $0.header.created
      }
      return
    }
    if query.idPrefix != nil {
      guard let (low, high) = query.idBounds else { return }
      return try scan(.idRange, query, &merge) { row in
        row.bind(1, low)
        row.bind(2, high)
      }
    }
    if let parent = query.parent {
      return try scan(.parent, query, &merge) { $0.bind(4, parent) }
    }
    guard let application = query.application else {
      for status in query.statuses.isEmpty ? Set(RunStatus.allCases) : query.statuses {
        try scan(.namespaceStatus, query, &merge) { row in
          row.bind(4, query.namespace)
          row.bind(5, Int(status.rawValue))
        }
      }
      return
    }
    for workflow in try workflows(query, application) {
      let bind: (RawStatement) -> Void = { row in
        row.bind(4, query.namespace)
        row.bind(5, application)
        row.bind(6, workflow)
      }
      if query.statuses.isEmpty, query.version == nil {
        try scan(.workflow, query, &merge, bind)
        continue
      }
      for status in query.statuses.isEmpty ? Set(RunStatus.allCases) : query.statuses {
        // Of active runs, which are few, the version is judged row by row.
        let version = status.isActive ? nil : query.version
        let indexes: [RunScan] =
          version == nil ? [.workflowStatus, .workflowStatusChildren] : [.workflowVersionStatus]
        for index in indexes {
          try scan(index, query, &merge) { row in
            bind(row)
            if let version { row.bind(7, version) }
            row.bind(version == nil ? 7 : 8, Int(status.rawValue))
          }
        }
      }
    }
  }

  /// The runs to which triggers gave an id: one for each workflow at most.
  private func runs(externalID: String, _ query: RunQuery) throws -> [RunRecord] {
    let ids = try session.all(.runsOfExternalID) { row in
      row.bind(1, query.namespace)
      row.bind(2, externalID)
    } _: {
      try $0.run(0)
    }
    return try ids.compactMap { try run($0) }
  }

  func programRuns(_ query: ProgramRunQuery) throws -> [ProgramRun] {
    guard query.limit > 0 else { return [] }
    var merge = Merge<ProgramRun>(limit: query.limit, since: query.since) {
      ProgramRunOrder($0.attempt) > ProgramRunOrder($1.attempt)
    }
    let isPurging = try session.first(.runToPurge, { _ in }, { _ in true }) ?? false
    for status in query.statuses.isEmpty ? Set(AttemptStatus.allCases) : query.statuses {
      try scan(status, query, &merge, isPurging)
    }
    return merge.result
  }

  private func scan(
    _ status: AttemptStatus, _ query: ProgramRunQuery, _ merge: inout Merge<ProgramRun>,
    _ isPurging: Bool
  ) throws {
    // Of running ones, which are few, the version is judged row by row.
    let version = status == .running ? nil : query.version
    let row = try session.statement(version == nil ? .program : .programVersionStatus)
    defer { row.reset() }
    let end = query.until ?? Timestamp(milliseconds: .max)
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
    if let version { row.bind(10, version) }
    var found: [ProgramRun] = []
    while found.count < merge.limit, try row.step() {
      let run = ProgramRun(attempt: try row.attemptRecord(), version: row.int(22))
      guard query.version == nil || query.version == run.version, query.matches(run.attempt)
      else { continue }
      if try isPurging && isRemoved(run.attempt.id.run) { continue }
      found.append(run)
    }
    merge.add(found) { $0.attempt.started }
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

  private func scan(
    _ scan: RunScan, _ query: RunQuery, _ merge: inout Merge<RunRecord>,
    _ bind: (RawStatement) -> Void
  ) throws {
    let row = try session.statement(scan)
    defer { row.reset() }
    bind(row)
    if scan == .idRange { return try collectUnordered(row, query, &merge) }
    let bound = query.upperBound
    row.bind(1, bound.created)
    row.bind(2, bound.id)
    row.bind(3, merge.since)
    var found: [RunRecord] = []
    var looked = 0
    while found.count < merge.limit, try row.step() {
      looked += 1
      let record = try row.runRecord()
      if query.matches(record) { found.append(record) }
      if looked >= max(query.effort, merge.limit), found.count < merge.limit {
        merge.stop(at: RunCursor(record))
        break
      }
    }
    merge.add(found) { $0.header.created }
  }

  /// Keeps the first of rows that come in another order.
  private func collectUnordered(
    _ row: RawStatement, _ query: RunQuery, _ merge: inout Merge<RunRecord>
  ) throws {
    let bound = query.upperBound
    var found: [RunRecord] = []
    while try row.step() {
      let record = try row.runRecord()
      if query.matches(record), RunCursor(record) < bound { found.append(record) }
      if found.count >= max(merge.limit, 64) {
        merge.add(found) { $0.header.created }
        found.removeAll(keepingCapacity: true)
      }
    }
    merge.add(found) { $0.header.created }
  }
}

/// The first records of several scans.
private struct Merge<Record> {
  let limit: Int
  /// Before this, nothing can be among the first.
  private(set) var since: Timestamp
  private(set) var result: [Record] = []
  /// The newest place at which a scan stopped before its end; nil: all went as far as needed.
  private(set) var stop: RunCursor?
  private let precedes: (Record, Record) -> Bool

  init(limit: Int, since: Timestamp?, precedes: @escaping (Record, Record) -> Bool) {
    self.limit = limit
    self.since = since ?? Timestamp(milliseconds: .min)
    self.precedes = precedes
  }

  mutating func stop(at place: RunCursor) { stop = max(stop ?? place, place) }

  mutating func add(_ records: [Record], _ time: (Record) -> Timestamp) {
    guard !records.isEmpty else { return }
    result += records
    result.sort(by: precedes)
    if result.count > limit { result.removeLast(result.count - limit) }
    if result.count == limit, let last = result.last { since = max(since, time(last)) }
  }
}
