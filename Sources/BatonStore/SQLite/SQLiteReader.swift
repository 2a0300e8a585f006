internal import BatonCore

/// Reads of one connection, in one snapshot.
class SQLiteReader: StoreReader {
  let session: SQLiteSession

  init(_ session: SQLiteSession) {
    self.session = session
  }

  /// Brings what is still to be written into the tables; readers have nothing of the kind.
  func settlePending() throws {}

  // MARK: Applications

  func application(namespace: String, name: String, version: Int?) throws -> ApplicationRecord? {
    let bind: (RawStatement) -> Void = { row in
      row.bind(1, namespace)
      row.bind(2, name)
      if let version { row.bind(3, version) }
    }
    return try session.first(version == nil ? .newestApplication : .application, bind) { row in
      ApplicationRecord(
        id: ApplicationVersionID(namespace: namespace, application: name, version: row.int(0)),
        created: row.time(1), content: row.bytes(2), model: row.bytes(3))
    }
  }

  func newestVersion(namespace: String, name: String) throws -> Int? {
    try session.first(.newestVersion) { row in
      row.bind(1, namespace)
      row.bind(2, name)
    } _: {
      $0.int(0)
    }
  }

  func nextVersion(namespace: String, name: String) throws -> Int {
    if let newest = try newestVersion(namespace: namespace, name: name) { return newest + 1 }
    return (try removedApplication(namespace, name)?.version ?? 0) + 1
  }

  func newestVersion(
    of program: ProgramReference, namespace: String, application: String
  ) throws -> Int? {
    try session.first(.versionOfProgram) { row in
      row.bind(1, namespace)
      row.bind(2, application)
      row.bind(3, program.type.rawValue)
      row.bind(4, program.id)
    } _: {
      $0.int(0)
    }
  }

  /// The last version of an application that was removed, and whether all of it is gone.
  func removedApplication(
    _ namespace: String, _ name: String
  ) throws -> (version: Int, isPurged: Bool)? {
    try session.first(.removedApplication) { row in
      row.bind(1, namespace)
      row.bind(2, name)
    } _: {
      (version: $0.int(0), isPurged: $0.int(1) != 0)
    }
  }

  func applications(
    namespace: String, prefix: String, after: String?, limit: Int
  ) throws -> [ApplicationSummary] {
    let found = try session.all(.applications) { row in
      row.bind(1, namespace)
      row.bind(2, after ?? "")
      row.bind(3, prefix)
      row.bind(4, max(0, limit))
    } _: { row in
      ApplicationSummary(
        namespace: namespace, name: row.text(0), version: row.int(1), created: row.time(2))
    }
    return Array(found.prefix { $0.name.hasPrefix(prefix) })
  }

  func namespaceExists(_ namespace: String) throws -> Bool {
    if namespace == "default" { return true }
    return try session.first(.namespaceExists, { $0.bind(1, namespace) }, { _ in true }) ?? false
  }

  // MARK: Runs

  func run(_ id: RunID) throws -> RunRecord? {
    try session.first(.run, { $0.bind(1, id) }, { try $0.runRecord() })
  }

  func run(externalID: String, of workflow: WorkflowID) throws -> RunRecord? {
    let id = try session.first(.runOfExternalID) { row in
      row.bind(1, workflow.namespace)
      row.bind(2, workflow.application)
      row.bind(3, workflow.workflow)
      row.bind(4, externalID)
    } _: {
      try $0.run(0)
    }
    return try id.flatMap { try run($0) }
  }

  func activeRuns() throws -> [RunID] {
    try session.all(.activeRuns, { _ in }, { try $0.run(0) })
  }

  func activeRunCount(of workflow: WorkflowID) throws -> (pending: Int, begun: Int) {
    try settlePending()
    return try session.first(.workflowCount) { row in
      row.bind(1, workflow.namespace)
      row.bind(2, workflow.application)
      row.bind(3, workflow.workflow)
    } _: {
      (pending: $0.int(0), begun: $0.int(1))
    } ?? (0, 0)
  }

  func nodes(of run: RunID) throws -> [NodeRecord] {
    if try isRemoved(run) { return [] }
    return try session.all(.nodes, { $0.bind(1, run) }, { try $0.nodeRecord(of: run) })
  }

  func attempts(of run: RunID, node: String?) throws -> [AttemptRecord] {
    if try isRemoved(run) { return [] }
    if let node {
      return try session.all(.attemptsOfNode) { row in
        row.bind(1, run)
        row.bind(2, node)
      } _: {
        try $0.attemptRecord()
      }
    }
    let found = try session.all(.attempts, { $0.bind(1, run) }, { try $0.attemptRecord() })
    let ranks = Dictionary(
      try nodes(of: run).map { ($0.node, $0.rank) }, uniquingKeysWith: { first, _ in first })
    // By node already, so a stable order by rank is enough.
    return found.enumerated()
      .sorted { (ranks[$0.1.id.node] ?? -1, $0.0) < (ranks[$1.1.id.node] ?? -1, $1.0) }
      .map(\.element)
  }

  func attempt(_ id: AttemptID) throws -> AttemptRecord? {
    if try isRemoved(id.run) { return nil }
    if let item = id.item { return try itemAttempt(id, item) }
    return try session.first(.attempt) { row in
      row.bind(1, id.run)
      row.bind(2, id.node)
      row.bind(3, id.attempt)
    } _: {
      try $0.attemptRecord()
    }
  }

  func attempt(credentialHash: [UInt8]) throws -> AttemptRecord? {
    let found =
      try session.first(
        .attemptOfCredential, { $0.bind(1, credentialHash) }, { try $0.attemptRecord() })
      ?? session.first(
        .itemAttemptOfCredential, { $0.bind(1, credentialHash) }, { try $0.itemAttemptRecord() })
    guard let found, try !isRemoved(found.id.run) else { return nil }
    return found
  }

  // MARK: Events

  func events(of run: RunID, after event: Int, limit: Int) throws -> [EventRecord] {
    if try isRemoved(run) { return [] }
    return try session.all(.eventsOfRun) { row in
      row.bind(1, run)
      row.bind(2, event)
      row.bind(3, max(0, limit))
    } _: {
      try $0.eventRecord()
    }
  }

  func events(after number: UInt64, limit: Int) throws -> [EventRecord] {
    try session.all(.events) { row in
      row.bind(1, number)
      row.bind(2, max(0, limit))
    } _: {
      try $0.eventRecord()
    }
  }

  func lastEventNumber() throws -> UInt64 {
    try settlePending()
    return try counter("event")
  }

  /// A number that the store keeps beside its tables; 0: it was never set.
  func counter(_ name: String) throws -> UInt64 {
    try session.first(.counter, { $0.bind(1, name) }, { $0.seq(0) }) ?? 0
  }

  // MARK: Tokens

  func tokenAccount(of run: RunID) throws -> TokenAccount? {
    try settlePending()
    return try storedAccount(of: run)
  }

  /// The account as it is in the tables; nil: there is no such run.
  func storedAccount(of run: RunID) throws -> TokenAccount? {
    let account = try session.first(.tokenAccount) {
      $0.bind(1, run)
    } _: { row in
      TokenAccount(
        lastSeq: row.seq(0), usedBytes: row.int(1), historyBytes: row.int(2),
        lastTime: row.time(3))
    }
    if let account { return account }
    return try session.first(.runBrief, { $0.bind(1, run) }, { _ in TokenAccount() })
  }

  func tokenPuts(of run: RunID, _ query: TokenPutQuery) throws -> [TokenPut] {
    guard query.limit > 0, try !isRemoved(run) else { return [] }
    return try session.all(query.newestFirst ? .tokenPutsNewestFirst : .tokenPuts) { row in
      row.bind(1, run)
      row.bind(2, query.after)
      row.bind(3, query.through ?? .max)
      row.bind(4, (query.scope?.rawValue).map { Int($0) })
      row.bind(5, query.key)
      row.bind(6, query.node)
      row.bind(7, query.attempt)
      row.bind(8, query.limit)
    } _: {
      try $0.tokenPut()
    }
  }

  func tokenEntrySeq(of run: RunID, _ key: TokenKey, node: String) throws -> UInt64? {
    if try isRemoved(run) { return nil }
    return try session.first(.tokenEntry) { row in
      row.bind(1, run)
      row.bind(2, Int(key.scope.rawValue))
      row.bind(3, key.text)
      row.bind(4, node)
    } _: {
      $0.seq(2)
    }
  }

  func tokenEntries(
    of run: RunID, scope: TokenScope, key: String, values: Bool
  ) throws -> TokenKeyState {
    if try isRemoved(run) { return TokenKeyState(entries: [], withheld: []) }
    let entries = try session.all(values ? .tokenEntriesOfKey : .tokenHeadsOfKey) { row in
      row.bind(1, run)
      row.bind(2, Int(scope.rawValue))
      row.bind(3, key)
    } _: {
      try $0.tokenPut()
    }
    let withheld = entries.isEmpty ? [] : try withheldNodes(of: run)
    return TokenKeyState(entries: entries, withheld: withheld)
  }
}
