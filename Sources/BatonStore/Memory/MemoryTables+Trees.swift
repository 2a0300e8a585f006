internal import BatonCore

extension MemoryTables: TreeReads {
  func tree(of root: RunID) throws -> [RunID] {
    members(of: root).filter { $0.state.status.isActive }.map(\.header.id)
  }

  func children(of run: RunID) throws -> [RunID] {
    order.map(\.record.header).filter { $0.parent?.run == run }.map(\.id)
  }

  func children(of attempt: AttemptID) throws -> [RunID] {
    order.map(\.record.header).filter { header in
      header.parent == attempt || (attempt.item == nil && header.parent?.pass == attempt)
    }.map(\.id)
  }

  func environment(of root: RunID, at revision: Int?) throws -> RunEnvironment? {
    guard let run = runs[root] else { return nil }
    var environment = RunEnvironment(run.record.header)
    for known in run.envRevisions where known.number <= revision ?? .max {
      environment.apply(known.edits, revision: known.number)
    }
    return revision.map { $0 == environment.revision } ?? true ? environment : nil
  }

  func envRevisions(of root: RunID, before number: Int?, limit: Int) throws -> [EnvRevision] {
    guard let run = runs[root] else { return [] }
    var all = run.envRevisions
    if all.first?.number != 1 { all.insert(EnvRevision(firstOf: run.record.header), at: 0) }
    return Array(all.filter { $0.number < number ?? .max }.reversed().prefix(max(0, limit)))
  }

  /// The runs below a root by creation.
  func members(of root: RunID) -> [RunRecord] {
    order.map(\.record).filter { $0.header.root == root && $0.header.id != root }
  }
}

extension MemoryTables: TreeWrites {
  func insertEnvRevision(_ revision: EnvRevision) throws {
    let run = try required(revision.root)
    let newest = run.envRevisions.last?.number ?? 0
    guard revision.number == max(newest, 1) + 1 || (revision.number == 1 && newest == 0) else {
      throw StoreRefusal.revisionOutOfOrder(revision, newest: max(newest, 1))
    }
    undoing { run.envRevisions.removeLast() }
    run.envRevisions.append(revision)
    touch(revision.root)
  }
}
