internal import BatonCore
internal import GRDBSQLite

extension SQLiteWriter: RunWrites {
  func insertRun(_ record: RunRecord, nodes: [NodeRecord]) throws {
    let header = record.header
    if let id = header.externalID, try isTaken(id, header.workflow) {
      throw StoreRefusal.externalIDTaken(id, header.workflow)
    }
    try run(.insertRun) { $0.bind(record) }
    guard session.changes == 1 else { throw StoreRefusal.runExists(header.id) }
    touch(header.id)
    for node in nodes {
      try run(.insertNode) { row in
        row.bind(1, node.run)
        row.bind(2, node.rank)
        row.bind(3, node.node)
        Self.bind(node, row, from: 4)
      }
    }
    let facts = TokenSnapshot.Run(header)
    count(facts, from: nil, to: record.state.status)
    self.facts[header.id] = (facts, record.state.status)
    accounts[header.id] = PendingAccount(account: TokenAccount())
    if !nodes.contains(where: \.isWithheld) { newRuns.insert(header.id) }
    if notesTokens { effects.tokens.append(.created(facts, record.state.status)) }
  }

  func updateRun(_ id: RunID, _ state: RunState, expecting expected: RunStatus) throws {
    let isSame = state.status == expected
    touch(id)
    try run(isSame ? .updateRunSameStatus : .updateRun) { row in
      row.bind(id, state)
      if !isSame { row.bind(14, Int(expected.rawValue)) }
    }
    guard session.changes == 1 else {
      throw StoreError.statusChanged(id, stored: try runFacts(id)?.1)
    }
    guard !isSame else { return }
    let (facts, _) = try requiredFacts(id)
    self.facts[id] = (facts, state.status)
    count(facts, from: expected, to: state.status)
    if notesTokens { effects.tokens.append(.status(id, state.status)) }
  }

  func updateNode(_ record: NodeRecord) throws {
    touch(record.run)
    try run(.updateNode) { row in
      row.bind(1, record.run)
      row.bind(2, record.rank)
      row.bind(3, record.node)
      Self.bind(record, row, from: 4)
    }
    guard session.changes == 1 else { throw StoreRefusal.nodeMissing(record) }
    if record.isWithheld { newRuns.remove(record.run) }
    // Only a node that had attempts has entries to withhold.
    if notesTokens, record.attempts > 0 {
      effects.tokens.append(.withheld(record.run, node: record.node, record.isWithheld))
    }
  }

  func insertAttempt(_ record: AttemptRecord) throws -> AttemptRecord {
    if let item = record.id.item { return try insert(record, of: item) }
    let id = record.id.run
    let (facts, _) = try requiredFacts(id)
    guard let account = try pendingAccount(of: id) else { throw StoreRefusal.runMissing(id) }
    let withheld = newRuns.contains(id) ? [] : try withheldNodes(of: id)
    var record = record
    record.viewSeq = account.lastSeq
    touch(id)
    try run(.insertAttempt) { [record] row in
      row.bind(record)
      row.bind(25, withheld.packed)
      let isProgramRun = record.program != nil
      row.bind(26, isProgramRun ? facts.workflow.namespace : nil)
      row.bind(27, isProgramRun ? facts.workflow.application : nil)
      row.bind(28, isProgramRun ? facts.version : nil)
      row.bind(29, isProgramRun ? ProgramRunOrder.tail(record.id) : nil)
    }
    guard session.changes == 1 else { throw StoreRefusal.attemptExists(record.id) }
    if record.id.attempt == 1, record.id.item == nil { newSources[record.id] = [:] }
    noteAttempt(record, withheld)
    return record
  }

  func updateAttempt(_ record: AttemptRecord) throws -> Bool {
    touch(record.id.run)
    try run(record.id.item == nil ? .updateAttempt : .updateItemAttempt) { row in
      row.bind(outcome: record)
      if let item = record.id.item { row.bind(item, from: 18) }
    }
    guard session.changes == 1 else {
      _ = try requiredFacts(record.id.run)
      return false
    }
    if record.status != .running, record.id.item == nil { noteAttempt(record, []) }
    return true
  }

  func recordLate(_ report: LateReport, of id: AttemptID) throws -> Bool {
    touch(id.run)
    guard var record = try attempt(id), record.status != .running else {
      _ = try requiredFacts(id.run)
      return false
    }
    record.addLate(report)
    try run(id.item == nil ? .updateAttemptDetails : .updateItemAttemptDetails) { [record] row in
      row.bind(1, id.run)
      row.bind(2, id.node)
      row.bind(3, id.attempt)
      row.bind(4, record.packedDetails)
      if let item = id.item { row.bind(item, from: 5) }
    }
    return true
  }

  private func noteAttempt(_ record: AttemptRecord, _ withheld: [String]) {
    guard notesTokens else { return }
    let attempt = TokenSnapshot.Attempt(
      number: record.id.attempt, status: record.status, viewSeq: record.viewSeq,
      withheld: withheld, hook: record.hook)
    effects.tokens.append(.attempt(record.id.run, node: record.id.node, attempt))
  }

  private static func bind(_ node: NodeRecord, _ row: RawStatement, from index: Int32) {
    row.bind(index, Int(node.status.rawValue))
    row.bind(index + 1, node.reason)
    row.bind(index + 2, node.outcome.map { $0 ? 1 : 0 })
    row.bind(index + 3, node.attempts)
    row.bind(index + 4, node.wakes)
    row.bind(index + 5, node.chain.began)
    row.bind(index + 6, node.packedChain)
  }

  /// Whether the workflow has, or had, a run with the id that a trigger brought (SR41).
  private func isTaken(_ externalID: String, _ workflow: WorkflowID) throws -> Bool {
    for sql in [SQL.runOfExternalID, .removedRunID] {
      let found = try session.first(sql) { row in
        row.bind(1, workflow.namespace)
        row.bind(2, workflow.application)
        row.bind(3, workflow.workflow)
        row.bind(4, externalID)
      } _: { _ in
        true
      }
      if found != nil { return true }
    }
    return false
  }

  /// Keeps the counts of runs of a workflow; nil: the run is not there, before or after.
  func count(_ run: TokenSnapshot.Run, from: RunStatus?, to: RunStatus?) {
    let phase = { RunPhase($0, isChild: run.isChild) }
    let phases = (from.map(phase), to.map(phase))
    guard phases.0 != phases.1 else { return }
    if let from = phases.0 { counts[run.workflow, default: RunCounts()][from] -= 1 }
    if let to = phases.1 { counts[run.workflow, default: RunCounts()][to] += 1 }
  }
}
