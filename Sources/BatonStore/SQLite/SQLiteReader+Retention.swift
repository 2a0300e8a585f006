internal import BatonCore

extension SQLiteReader {
  func prunableRuns(_ query: PruneQuery) throws -> [RunID] {
    var found: [RunID] = []
    for root in try prunableRoots(query) where found.count < query.limit {
      let below = try members(of: root)
      guard below.first?.status.isActive != true else { continue }
      found += below.map(\.id) + [root]
    }
    return Array(found.prefix(max(0, query.limit)))
  }

  private func prunableRoots(_ query: PruneQuery) throws -> [RunID] {
    var found: [RunID] = []
    var place = (query.namespace ?? "", query.application ?? "", "")
    while found.count < query.limit, let next = try nextWorkflow(after: place) {
      let workflow = next.workflow
      if let namespace = query.namespace, namespace != workflow.namespace { break }
      if let application = query.application, application != workflow.application { break }
      place = (workflow.namespace, workflow.application, workflow.workflow)
      if query.excluded.contains(ApplicationName(of: workflow)) { continue }
      let excess = query.keepNewest.map { max(0, next.ended - max(0, $0)) } ?? 0
      let limit = query.limit - found.count
      let beyond = try oldestEnded(of: workflow, limit: min(excess, limit))
      found += beyond
      if let time = query.endedBefore, next.ended > beyond.count, beyond.count < limit {
        let old = try ended(before: time, of: workflow, limit: limit)
        let known = Set(beyond)
        found += old.filter { !known.contains($0) }.prefix(limit - beyond.count)
      }
    }
    return found
  }

  func isRemovable(_ id: RunID) throws -> Bool {
    guard let record = try run(id), !record.state.status.isActive else { return false }
    return try !isNeeded(record.header)
  }

  /// Whether the tree of an ended run needs it.
  func isNeeded(_ header: RunHeader) throws -> Bool {
    if header.root == header.id {
      return try session.first(.runOfTree, { $0.bind(1, header.id) }, { _ in true }) ?? false
    }
    return try runStatus(header.root)?.isActive ?? false
  }

  /// Whether a run was removed whose rows are not all gone: nobody may see them (T44).
  func isRemoved(_ run: RunID) throws -> Bool {
    try session.first(.isRemoved, { $0.bind(1, run) }, { _ in true }) ?? false
  }

  /// The totals of runs and events; the sizes of files are for others to add.
  func statistics() throws -> StoreStatistics {
    var result = StoreStatistics(schemaVersion: SQLiteSchema.version)
    if let (active, ended) = try session.first(.runTotals, { _ in }, { ($0.int(0), $0.int(1)) }) {
      (result.activeRuns, result.runs) = (active, active + ended)
    }
    result.oldestEvent = try session.first(.oldestEvent, { _ in }, { $0.seq(0) }) ?? 0
    let number: (String) throws -> Int = { [session] in Int(try session.pragma($0) ?? "") ?? 0 }
    result.freeBytes = try number("freelist_count") * number("page_size")
    result.newestEvent = result.oldestEvent == 0 ? 0 : try lastEventNumber()
    return result
  }

  private static let endedStatuses = RunStatus.allCases.filter { !$0.isActive }

  /// The first workflow after a place that ever had a run, with the number of its ended roots.
  private func nextWorkflow(
    after place: (String, String, String)
  ) throws -> (workflow: WorkflowID, ended: Int)? {
    try session.first(.nextWorkflowCount) { row in
      row.bind(1, place.0)
      row.bind(2, place.1)
      row.bind(3, place.2)
    } _: { row in
      let workflow = WorkflowID(
        namespace: row.text(0), application: row.text(1), workflow: row.text(2))
      return (workflow, row.int(3))
    }
  }

  /// The ended roots of a workflow that were created first: one scan per status, merged.
  private func oldestEnded(of workflow: WorkflowID, limit: Int) throws -> [RunID] {
    guard limit > 0 else { return [] }
    var found: [RunCursor] = []
    for status in Self.endedStatuses {
      found += try session.all(.oldestEnded) { row in
        row.bind(workflow, status)
        row.bind(5, limit)
      } _: {
        RunCursor(created: $0.time(0), id: try $0.run(1))
      }
    }
    return found.sorted().prefix(limit).map(\.id)
  }

  /// Roots of a workflow that ended before a time, by creation.
  ///
  /// What was created before it has ended before it as well, but for the runs that were active
  /// at that time: the scans pass by few rows in vain.
  private func ended(
    before time: Timestamp, of workflow: WorkflowID, limit: Int
  ) throws -> [RunID] {
    var found: [RunCursor] = []
    for status in Self.endedStatuses {
      let row = try session.statement(.endedBefore)
      row.bind(workflow, status)
      row.bind(5, time)
      defer { row.reset() }
      var count = 0
      while count < limit, try row.step() {
        guard row.time(2) < time else { continue }
        found.append(RunCursor(created: row.time(0), id: try row.run(1)))
        count += 1
      }
    }
    return found.sorted().prefix(limit).map(\.id)
  }
}

extension RawStatement {
  fileprivate func bind(_ workflow: WorkflowID, _ status: RunStatus) {
    bind(1, workflow.namespace)
    bind(2, workflow.application)
    bind(3, workflow.workflow)
    bind(4, Int(status.rawValue))
  }
}
