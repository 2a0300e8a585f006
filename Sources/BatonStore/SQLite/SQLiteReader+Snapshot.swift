internal import BatonCore

extension SQLiteReader {
  /// Puts up to which a token is loaded with its history.
  private static let manyPuts = 4096

  /// The committed token of a run as it is in the tables; nil: there is no such run.
  func tokenSnapshot(of run: RunID, history: Bool) throws -> TokenSnapshot? {
    guard let (facts, status) = try runFacts(run) else { return nil }
    var snapshot = TokenSnapshot(run: facts, status: status, keepsHistory: history)
    let account = try storedAccount(of: run) ?? TokenAccount()
    if history || account.puts <= Self.manyPuts {
      // One after the other: the values of a long history need not be in memory twice.
      let statement = try session.statement(.allTokenPuts)
      statement.bind(1, run)
      defer { statement.reset() }
      while try statement.step() { snapshot.apply(try statement.tokenPut()) }
    } else {
      let entries = try session.all(.tokenEntries, { $0.bind(1, run) }, { try $0.tokenPut() })
      snapshot.load(entries: entries, account: account)
    }
    try loadAttempts(of: run, &snapshot)
    return snapshot
  }

  /// The committed token of a run without other keys than one; nil: there is no such run.
  func tokenSnapshot(of run: RunID, key: TokenKey, history: Bool) throws -> TokenSnapshot? {
    guard let (facts, status) = try runFacts(run) else { return nil }
    var snapshot = TokenSnapshot(run: facts, status: status, keepsHistory: history)
    var entries: [TokenPut] = []
    if history {
      var query = TokenPutQuery(limit: .max)
      (query.scope, query.key) = (key.scope, key.text)
      for put in try tokenPuts(of: run, query) { snapshot.apply(put) }
    } else {
      entries = try tokenEntries(of: run, scope: key.scope, key: key.text, values: true).entries
    }
    snapshot.load(entries: entries, account: try storedAccount(of: run) ?? TokenAccount())
    try loadAttempts(of: run, &snapshot)
    return snapshot
  }

  /// What views must know of attempts and nodes.
  private func loadAttempts(of run: RunID, _ snapshot: inout TokenSnapshot) throws {
    let attempts = try session.all(
      .viewAttempts, { $0.bind(1, run) }, { ($0.text(0), try $0.viewAttempt()) })
    for (node, attempt) in attempts { snapshot.apply(node: node, attempt) }
    for node in try withheldNodes(of: run) { snapshot.setWithheld(node, true) }
  }

  /// The nodes of a run whose entries do not show now (T17).
  func withheldNodes(of run: RunID) throws -> [String] {
    try session.all(.withheldNodes) {
      $0.bind(1, run)
    } _: { row in
      row.optionalText(1) == "operator_skip" ? nil : row.text(0)
    }.compactMap { $0 }
  }

  /// What a token's reader needs of the run, and its status.
  func runFacts(_ run: RunID) throws -> (TokenSnapshot.Run, RunStatus)? {
    try session.first(.runBrief) {
      $0.bind(1, run)
    } _: { row in
      let header = RunHeader(
        id: run,
        workflow: WorkflowID(
          namespace: row.text(0), application: row.text(1), workflow: row.text(2)),
        version: row.int(3), created: row.time(6), externalID: row.optionalText(5),
        root: try row.optionalRun(7))
      return (TokenSnapshot.Run(header), try row.value(4))
    }
  }
}

extension RawStatement {
  /// The attempt of a row of `SQL.viewAttempts`.
  fileprivate func viewAttempt() throws -> TokenSnapshot.Attempt {
    var withheld: [String] = []
    if let packed = optionalBytes(4) { withheld = try [String](packed: packed) }
    return TokenSnapshot.Attempt(
      number: int(1), status: try value(2), viewSeq: seq(3), withheld: withheld,
      hook: try optionalValue(5))
  }
}
