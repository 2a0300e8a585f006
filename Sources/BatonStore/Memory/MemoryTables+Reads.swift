internal import BatonCore

extension MemoryTables: ApplicationReads {
  func application(namespace: String, name: String, version: Int?) throws -> ApplicationRecord? {
    let versions = applications[Application(namespace: namespace, name: name)] ?? []
    guard let version else { return versions.last }
    return versions.first { $0.id.version == version }
  }

  func newestVersion(namespace: String, name: String) throws -> Int? {
    applications[Application(namespace: namespace, name: name)]?.last?.id.version
  }

  func nextVersion(namespace: String, name: String) throws -> Int {
    let key = Application(namespace: namespace, name: name)
    return (applications[key]?.last?.id.version ?? removed[key] ?? 0) + 1
  }

  func newestVersion(
    of program: ProgramReference, namespace: String, application: String
  ) throws -> Int? {
    programs[Application(namespace: namespace, name: application)]?[program]
  }

  func applications(
    namespace: String, prefix: String, after: String?, limit: Int
  ) throws -> [ApplicationSummary] {
    let found = applications.compactMap { key, versions -> ApplicationSummary? in
      guard key.namespace == namespace, key.name.hasPrefix(prefix), key.name > after ?? "",
        let newest = versions.last
      else { return nil }
      return ApplicationSummary(
        namespace: namespace, name: key.name, version: newest.id.version, created: newest.created)
    }
    return Array(found.sorted { $0.name < $1.name }.prefix(max(0, limit)))
  }

  func namespaceExists(_ namespace: String) throws -> Bool {
    namespace == "default" || applications.keys.contains { $0.namespace == namespace }
  }
}

extension MemoryTables: RunReads {
  func run(_ id: RunID) throws -> RunRecord? { runs[id]?.record }

  func run(externalID: String, of workflow: WorkflowID) throws -> RunRecord? {
    guard let id = external[External(workflow: workflow, id: externalID)] else { return nil }
    return runs[id]?.record
  }

  func runPage(_ query: RunQuery) throws -> RunPage {
    guard query.limit > 0 else { return RunPage(runs: [], next: nil) }
    var page = RunPage(runs: [], next: nil)
    let end = query.before.map(place) ?? order.count
    for run in order[..<end].reversed() where query.matches(run.record) {
      if page.runs.count == query.limit {
        page.next = page.runs.last.map(RunCursor.init)
        break
      }
      page.runs.append(run.record)
    }
    return page
  }

  func programRuns(_ query: ProgramRunQuery) throws -> [ProgramRun] {
    var found: [ProgramRun] = []
    for run in order {
      let header = run.record.header
      guard header.workflow.namespace == query.namespace,
        header.workflow.application == query.application,
        query.version == nil || query.version == header.version
      else { continue }
      for attempt in run.attempts.values.joined() where query.matches(attempt) {
        found.append(ProgramRun(attempt: attempt, version: header.version))
      }
    }
    found.sort { ProgramRunOrder($0.attempt) > ProgramRunOrder($1.attempt) }
    return Array(found.prefix(max(0, query.limit)))
  }

  func activeRuns() throws -> [RunID] {
    order.filter { $0.record.state.status.isActive }.map(\.record.header.id)
  }

  func activeRunCount(of workflow: WorkflowID) throws -> (pending: Int, begun: Int) {
    var count = (pending: 0, begun: 0)
    for run in order where run.record.header.workflow == workflow {
      let status = run.record.state.status
      if status == .pending { count.pending += 1 } else if status.isActive { count.begun += 1 }
    }
    return count
  }

  func nodes(of run: RunID) throws -> [NodeRecord] { runs[run]?.nodes ?? [] }

  func attempts(of run: RunID, node: String?) throws -> [AttemptRecord] {
    guard let run = runs[run] else { return [] }
    if let node { return run.attempts[node] ?? [] }
    let ranks = Dictionary(
      run.nodes.map { ($0.node, $0.rank) }, uniquingKeysWith: { first, _ in first })
    return run.attempts
      .sorted { (ranks[$0.key] ?? -1, $0.key) < (ranks[$1.key] ?? -1, $1.key) }
      .flatMap(\.value)
  }

  func attempt(_ id: AttemptID) throws -> AttemptRecord? {
    if let item = id.item {
      return runs[id.run]?.itemAttempts[id.node]?[item.index]?.first { $0.id == id }
    }
    return runs[id.run]?.attempts[id.node]?.first { $0.id.attempt == id.attempt }
  }

  func attempt(credentialHash: [UInt8]) throws -> AttemptRecord? {
    try credentials[credentialHash].flatMap { try attempt($0) }
  }
}

extension MemoryTables: EventReads {
  func events(of run: RunID, after event: Int, limit: Int) throws -> [EventRecord] {
    Array((runs[run]?.events ?? []).lazy.filter { $0.event > event }.prefix(max(0, limit)))
  }

  func events(after number: UInt64, limit: Int) throws -> [EventRecord] {
    var low = 0
    var high = events.count
    while low < high {
      let middle = (low + high) / 2
      if events[middle].number <= number { low = middle + 1 } else { high = middle }
    }
    return Array(events[low...].prefix(max(0, limit)))
  }

  func lastEventNumber() throws -> UInt64 { lastEvent }
}

extension MemoryTables: TokenReads {
  func tokenAccount(of run: RunID) throws -> TokenAccount? { runs[run]?.token.account }

  func tokenEntrySeq(of run: RunID, _ key: TokenKey, node: String) throws -> UInt64? {
    runs[run]?.token.present(key, node: node)?.seq
  }

  func withheldNodes(of run: RunID) throws -> [String] { runs[run]?.token.withheld ?? [] }

  func tokenEntries(
    of run: RunID, scope: TokenScope, key: String, values: Bool
  ) throws -> TokenKeyState {
    guard let token = runs[run]?.token else { return TokenKeyState(entries: [], withheld: []) }
    return TokenKeyState(
      entries: token.present(TokenKey(scope, key)), withheld: token.withheld)
  }

  func tokenPuts(of run: RunID, _ query: TokenPutQuery) throws -> [TokenPut] {
    guard let puts = runs[run]?.puts else { return [] }
    let start = Int(min(query.after, UInt64(puts.count)))
    let end = Int(min(query.through ?? .max, UInt64(puts.count)))
    guard start < end else { return [] }
    var result: [TokenPut] = []
    for offset in 0..<(end - start) where result.count < query.limit {
      let put = puts[query.newestFirst ? end - 1 - offset : start + offset]
      if query.matches(put) { result.append(put) }
    }
    return result
  }
}
