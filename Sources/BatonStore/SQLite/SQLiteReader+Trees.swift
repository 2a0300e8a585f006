internal import BatonCore

extension SQLiteReader {
  func tree(of root: RunID) throws -> [RunID] {
    try session.all(.activeOfTree, { $0.bind(1, root) }) { row in
      RunCursor(created: row.time(0), id: try row.run(1))
    }.sorted().map(\.id)
  }

  func children(of run: RunID) throws -> [RunID] {
    try session.all(.children, { $0.bind(1, run) }, { try $0.run(0) })
  }

  func children(of attempt: AttemptID) throws -> [RunID] {
    try session.all(.childrenOfAttempt) { row in
      row.bind(1, attempt.run)
      row.bind(2, attempt.node)
      row.bind(3, attempt.attempt)
      row.bind(4, attempt.item?.index)
      row.bind(5, attempt.item?.attempt)
    } _: {
      try $0.run(0)
    }
  }

  func environment(of root: RunID, at revision: Int?) throws -> RunEnvironment? {
    guard let header = try run(root)?.header else { return nil }
    var environment = RunEnvironment(header)
    let row = try session.statement(.envEdits)
    row.bind(1, root)
    row.bind(2, revision ?? .max)
    defer { row.reset() }
    while try row.step() {
      environment.apply(try [EnvEdit](packed: row.bytes(1)), revision: row.int(0))
    }
    return revision.map { $0 == environment.revision } ?? true ? environment : nil
  }

  func envRevisions(of root: RunID, before number: Int?, limit: Int) throws -> [EnvRevision] {
    guard limit > 0, let header = try run(root)?.header else { return [] }
    var found = try session.all(.envRevisions) { row in
      row.bind(1, root)
      row.bind(2, number ?? .max)
      row.bind(3, limit)
    } _: {
      try $0.envRevision(of: root)
    }
    if found.count < limit, number ?? .max > 1, found.last?.number != 1 {
      found.append(EnvRevision(firstOf: header))
    }
    return found
  }

  /// The number of the newest revision that is stored; 0: none is.
  func storedRevisions(of root: RunID) throws -> Int {
    try session.first(.newestEnvRevision, { $0.bind(1, root) }, { $0.int(0) }) ?? 0
  }

  /// The runs below a root with their statuses; active ones first.
  func members(of root: RunID) throws -> [(id: RunID, status: RunStatus)] {
    try session.all(
      .runsOfTree, { $0.bind(1, root) }, { (try $0.run(0), try $0.value(1)) })
  }
}
