import BatonCore
import BatonStore
import GRDB
import Testing

@Suite("SQLite migrations")
struct SQLiteMigrationTests {
  /// Opens a copy of a database of an earlier version.
  private func open(_ sql: String) async throws -> (SQLiteStore, TemporaryDirectory) {
    let directory = try TemporaryDirectory()
    let queue = try DatabaseQueue(path: directory.path + "/baton.sqlite")
    try await queue.write { try $0.execute(sql: sql) }
    try queue.close()
    let store = try SQLiteStore(SQLiteOptions(directory: directory.path, clock: TestClock().now))
    return (store, directory)
  }

  @Test("R6: a database of version 1 is migrated with all that it holds")
  func versionOne() async throws {
    let (store, directory) = try await open(VersionOneDatabase.sql)
    try store.read { reader in
      let run = try #require(try reader.run(Sample.id(1)))
      #expect(run.header.externalID == "order-17" && run.header.arguments == ["day": "1"])
      #expect(run.state.status == .failed && run.state.failures.map(\.node) == ["A"])
      #expect(run.state.stop == nil)
      try holds(reader.run(externalID: "order-17", of: Sample.flow) == run)
      let attempts = try reader.attempts(of: Sample.id(1), node: "A")
      #expect(attempts.map(\.status) == [.failed, .completed])
      #expect(attempts[0].used?.argv == ["a"] && attempts[0].exitCode == 3)
      #expect(attempts.allSatisfy { $0.hook == nil && $0.ending == nil })
      #expect(attempts.allSatisfy { $0.limitsUnenforced == [] })
      try holds(reader.nodes(of: Sample.id(1)).map(\.attempts) == [2, 0])
      try holds(
        reader.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 9)).map(\.seq) == [1, 2, 3])
      try holds(reader.events(of: Sample.id(1), after: 0, limit: 9).map(\.event) == [1, 2])
      try holds(reader.lastEventNumber() == 6)
      try holds(reader.activeRuns() == [Sample.id(2)])
      try holds(reader.newestVersion(namespace: "default", name: "app") == 3)
      let query = ProgramRunQuery(
        namespace: "default", application: "app",
        program: ProgramReference(type: .command, id: "load"), limit: 9)
      try holds(reader.programRuns(query).count == 3)
      let versions = try [
        ProgramReference(type: .noop, id: "load"), ProgramReference(type: .command, id: "old"),
        ProgramReference(type: .worker, id: "old"), ProgramReference(type: .spark, id: "old"),
        ProgramReference(type: .workflow, id: "Flow"),
        ProgramReference(type: .workflow, id: "Other"),
      ].map { try reader.newestVersion(of: $0, namespace: "default", application: "app") }
      #expect(versions == [3, 1, 2, nil, 3, 1])
    }
    try holds(store.token(of: Sample.id(1))?.account.usedBytes == 4)
    let totals = try store.statistics()
    #expect(
      (totals.runs, totals.activeRuns, totals.schemaVersion) == (2, 1, SQLiteStore.schemaVersion))
    #expect((totals.oldestEvent, totals.newestEvent) == (1, 6))
    // What the new columns hold is written to rows of the old version as well.
    try await store.commit { writer in
      var attempt = try #require(try writer.attempts(of: Sample.id(2), node: "A").first)
      attempt.status = .killed
      attempt.ending = AttemptEnding(means: .term, processesEnded: 1, proof: .cgroup)
      try writer.updateAttempt(attempt)
      var state = RunState(status: .killed)
      state.stop = StopOrder(reason: "r")
      try writer.updateRun(Sample.id(2), state, expecting: .pending)
    }
    await store.close()
    let again = try SQLiteStore(SQLiteOptions(directory: directory.path, clock: TestClock().now))
    try holds(again.read { try $0.run(Sample.id(2)) }?.state.stop == StopOrder(reason: "r"))
    let ending = try again.read { try $0.attempts(of: Sample.id(2), node: "A").first?.ending }
    #expect(ending == AttemptEnding(means: .term, processesEnded: 1, proof: .cgroup))
    await again.close()
  }

  @Test("R6: a database of version 2 is migrated with all that it holds")
  func versionTwo() async throws {
    let (store, directory) = try await open(VersionTwoDatabase.sql)
    try store.read { reader in
      let run = try #require(try reader.run(Sample.id(1)))
      let ended = Timestamp(milliseconds: 1_700_000_000_001)
      #expect(run.header.root == run.header.id && run.state.ended == ended)
      #expect(run.state.ends == [RunEnd(number: 1, status: .failed, time: ended)])
      let stopped = try #require(try reader.run(Sample.id(2)))
      #expect(stopped.state.ends == [])
      #expect(
        stopped.state.stop
          == StopOrder(graceMS: 5000, reason: "r", principal: "ada", isForced: false))
      let attempts = try reader.attempts(of: Sample.id(1), node: nil)
      #expect(attempts.map(\.id.node) == ["Flow", "A", "A"])
      #expect(attempts[0].hook == .finish)
      #expect(
        attempts[1].ending
          == AttemptEnding(
            means: .term, processesEnded: 3, survivors: [.init(pid: 7, command: "sleep")],
            durationMS: 10_012, proof: .cgroup))
      #expect(attempts[1].limitsUnenforced == ["memory"])
      #expect(attempts.allSatisfy { $0.envRevision == 1 && $0.late == [] && $0.child == nil })
      let nodes = try reader.nodes(of: Sample.id(1))
      #expect(nodes.map(\.chain.first) == [1, 0])
      #expect(nodes.allSatisfy { $0.chain.cause == .first && $0.chain.began == nil })
      #expect(nodes.allSatisfy { !$0.isHeld && !$0.isObsolete && $0.outcomeToCome == nil })
      let events = try reader.events(of: Sample.id(1), after: 0, limit: 9)
      #expect(events.map(\.event) == [1, 2])
      try holds(reader.environment(of: Sample.id(1)) == RunEnvironment(values: [:]))
      try holds(reader.envRevisions(of: Sample.id(1), before: nil, limit: 9).map(\.number) == [1])
      var query = RunQuery(namespace: "default", limit: 9)
      (query.application, query.statuses) = ("app", [.failed, .pending])
      let found = try reader.runs(query)
      #expect(found.map(\.header.id) == [2, 1].map(Sample.id))
      let prunable = try reader.prunableRuns(PruneQuery(keepNewest: 0, limit: 9))
      #expect(prunable == [Sample.id(1)])
    }
    // What the new columns and tables hold is written to runs of the old version as well.
    try await store.commit { writer in
      try writer.updateRun(Sample.id(1), Sample.state(.running), expecting: .failed)
      try writer.putItem(Sample.item(1, 0))
      try writer.recordLate(
        LateReport(time: writer.now, sender: "w", outcome: .failed),
        of: AttemptID(run: Sample.id(1), node: "A", attempt: 1))
    }
    await store.close()
    let again = try SQLiteStore(SQLiteOptions(directory: directory.path, clock: TestClock().now))
    try again.read { reader in
      try holds(reader.run(Sample.id(1))?.state == Sample.state(.running))
      try holds(reader.attempts(of: Sample.id(1), node: "A").map(\.lateTotal) == [1, 0])
      try holds(reader.item(of: Sample.id(1), node: "A", index: 0) == Sample.item(1, 0))
    }
    await again.close()
  }
}
