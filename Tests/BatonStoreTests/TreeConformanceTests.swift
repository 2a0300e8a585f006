import BatonCore
import BatonStore
import Testing

extension Sample {
  /// A run that an attempt of another made; its root is run 1.
  static func child(
    _ number: Int, of parent: AttemptID, _ workflow: WorkflowID = other,
    status: RunStatus = .running
  ) -> RunRecord {
    var record = run(number, workflow, status: status)
    record.header.trigger = .parent
    record.header.parent = parent
    record.header.root = id(1)
    return record
  }

  static func state(_ status: RunStatus, ended: Int64? = nil) -> RunState {
    var state = RunState(status: status)
    state.ended = ended.map { Timestamp(milliseconds: $0) }
    return state
  }
}

@Suite("Store conformance: trees, revisions, runs that go on again")
struct TreeConformanceTests {
  @Test("RE10, RE60: a run knows its root, its parent and its children", arguments: StoreKind.all)
  func trees(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let pass = AttemptID(run: Sample.id(1), node: "A", attempt: 2)
      var item = pass
      item.item = .init(index: 3, attempt: 1)
      let runs = [
        Sample.child(2, of: pass, status: .failed), Sample.child(3, of: item),
        Sample.child(4, of: AttemptID(run: Sample.id(3), node: "B", attempt: 1)),
        Sample.child(5, of: AttemptID(run: Sample.id(1), node: "A", attempt: 1)),
      ]
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1, status: .running), nodes: [])
        for run in runs.reversed() { try writer.insertRun(run, nodes: []) }
        try writer.insertRun(Sample.run(6), nodes: [])
      }
      try store.read { [item] reader in
        for run in runs { try holds(reader.run(run.header.id) == run) }
        try holds(reader.run(Sample.id(6))?.header.root == Sample.id(6))
        try holds(reader.tree(of: Sample.id(1)) == [3, 4, 5].map(Sample.id))
        try holds(reader.tree(of: Sample.id(3)) == [])
        try holds(reader.children(of: Sample.id(1)) == [2, 3, 5].map(Sample.id))
        try holds(reader.children(of: pass) == [2, 3].map(Sample.id))
        try holds(reader.children(of: item) == [3].map(Sample.id))
        var query = RunQuery(namespace: "default", limit: 9)
        query.application = "app"
        query.statuses = [.running]
        let found = try reader.runs(query)
        #expect(found.map(\.header.id) == [5, 4, 3, 1].map(Sample.id))
      }
    }
  }

  @Test("RE120: the ends of a run are kept", arguments: StoreKind.all)
  func ends(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { try $0.insertRun(Sample.run(1), nodes: []) }
      var stored = RunStatus.pending
      func check(_ state: RunState) async throws {
        let expected = stored
        try await store.commit {
          try $0.updateRun(Sample.id(1), state, expecting: expected)
        }
        stored = state.status
        try holds(store.read { try $0.run(Sample.id(1)) }?.state == state)
      }
      var state = Sample.state(.failed, ended: 10)
      try await check(state)
      state.ends = [RunEnd(number: 1, status: .failed, time: Timestamp(milliseconds: 10))]
      try await check(state)
      state.status = .running
      state.ended = nil
      state.reruns = 1
      try await check(state)
      state.status = .completed
      state.ended = Timestamp(milliseconds: 20)
      state.ends.append(RunEnd(number: 2, status: .completed, time: Timestamp(milliseconds: 20)))
      state.olderFailures = 1
      try await check(state)
    }
  }

  @Test("RE9, RE122: a run that goes on again counts as active", arguments: StoreKind.all)
  func reopening(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var skipped = Sample.node(1, "A", 0)
      skipped.attempts = 1
      skipped.status = .upstreamFailed
      try await store.commit { [skipped] writer in
        for number in 1...2 {
          try writer.insertRun(
            Sample.run(number), nodes: [Sample.node(number, "A", 0)])
          try writer.insertAttempt(Sample.attempt(number, "A"))
          try writer.putToken(
            Sample.puts(number, ["k": "1"]), limits: TokenLimits(), exempt: false)
          try writer.updateRun(
            Sample.id(number), Sample.state(.failed, ended: 10), expecting: .pending)
        }
        try writer.updateNode(skipped)
      }
      func figures() async throws -> [Int] {
        try await store.commit { writer in
          var query = PruneQuery(keepNewest: 0, limit: 9)
          let beyond = try writer.prunableRuns(query).count
          (query.keepNewest, query.endedBefore) = (nil, Timestamp(milliseconds: 2000))
          let old = try writer.prunableRuns(query).count
          let count = try writer.activeRunCount(of: Sample.flow)
          return [count.pending, count.begun, try writer.activeRuns().count, beyond, old]
        }
      }
      let prunable = PruneQuery(keepNewest: 1, limit: 9)
      try await holds(figures() == [0, 0, 0, 2, 2])
      try holds(store.read { try $0.prunableRuns(prunable) } == [Sample.id(1)])
      try holds(store.token(of: Sample.id(1))?.withheld == ["A"])

      skipped.status = .pending
      try await store.commit { [skipped] writer in
        try writer.updateRun(Sample.id(1), Sample.state(.running), expecting: .failed)
        try writer.updateNode(skipped)
        holds(try writer.withheldNodes(of: Sample.id(1)) == [])
      }
      try await holds(figures() == [0, 1, 1, 1, 1])
      try holds(store.read { try $0.prunableRuns(prunable) } == [])
      try holds(store.read { try $0.isRemovable(Sample.id(1)) } == false)
      try holds(store.read { try $0.isRemovable(Sample.id(2)) })
      try holds(store.token(of: Sample.id(1))?.withheld == [])
      try holds(store.token(of: Sample.id(1))?.status == .running)
      try holds(store.statistics().activeRuns == 1)
      await #expect(throws: StoreError.statusChanged(Sample.id(1), stored: .running)) {
        try await store.commit {
          try $0.updateRun(Sample.id(1), Sample.state(.running), expecting: .failed)
        }
      }

      skipped.status = .skipped
      skipped.reason = "handler_obsolete"
      try await store.commit { [skipped] writer in
        try writer.updateNode(skipped)
        try writer.updateRun(
          Sample.id(1), Sample.state(.completed, ended: 30), expecting: .running)
      }
      try await holds(figures() == [0, 0, 0, 2, 2])
      try holds(store.token(of: Sample.id(1))?.withheld == ["A"])
      try holds(store.statistics().runs == 2)
      skipped.reason = "operator_skip"
      try await store.commit { [skipped] in try $0.updateNode(skipped) }
      try holds(store.token(of: Sample.id(1))?.withheld == [])
      try holds(store.read { try $0.withheldNodes(of: Sample.id(1)) } == [])
    }
  }

  @Test("RE14, RE15: revisions of an environment, and what they come to", arguments: StoreKind.all)
  func revisions(kind: StoreKind) async throws {
    try await kind.withStore { store in
      var root = Sample.run(1)
      root.header.env = ["K": "1", "B": "b"]
      root.header.principal = "ada"
      var secret = Sample.run(2)
      secret.header.env = ["T": "x"]
      let first = EnvRevision(
        root: Sample.id(2), number: 1, time: Timestamp(milliseconds: 3), principal: "bo",
        requestID: "q", call: .trigger, run: Sample.id(2),
        edits: [EnvEdit(name: "T", old: nil, new: "x", isSecret: true)])
      let edits: [[EnvEdit]] = [
        [EnvEdit(name: "B", old: "b", new: nil), EnvEdit(name: "K", old: "1", new: "")],
        [EnvEdit(name: "K", old: "", new: "é", isSecret: true)],
        [EnvEdit(name: "N", old: nil, new: nil, isSecret: true)],
      ]
      let later = edits.enumerated().map { index, edits in
        EnvRevision(
          root: Sample.id(1), number: index + 2, time: Timestamp(milliseconds: Int64(index)),
          principal: "c", requestID: "r\(index)", call: EnvCall.allCases[index + 1],
          run: Sample.id(9), note: "n", edits: edits)
      }
      try await store.commit { [root, secret] writer in
        try writer.insertRun(root, nodes: [])
        try writer.insertRun(secret, nodes: [])
        try writer.insertEnvRevision(first)
        holds(try writer.environment(of: Sample.id(1))?.revision == 1)
        for revision in later { try writer.insertEnvRevision(revision) }
      }
      let made = EnvRevision(
        root: Sample.id(1), number: 1, time: root.header.created, principal: "ada",
        call: .trigger, run: Sample.id(1),
        edits: [
          EnvEdit(name: "B", old: nil, new: "b"), EnvEdit(name: "K", old: nil, new: "1"),
        ])
      try store.read { reader in
        let list = { (id: Int, before: Int?, limit: Int) in
          try reader.envRevisions(of: Sample.id(id), before: before, limit: limit)
        }
        try holds(list(1, nil, 9) == later.reversed() + [made])
        try holds(list(1, nil, 3) == later.reversed())
        try holds(list(1, 3, 2) == [later[0], made])
        try holds(list(1, 2, 9) == [made])
        try holds(list(1, 1, 9) == [])
        try holds(list(2, nil, 9) == [first])
        try holds(list(7, nil, 9) == [])
        let steps = try (1...5).map { try reader.environment(of: Sample.id(1), at: $0) }
        #expect(
          steps == [
            RunEnvironment(values: ["K": "1", "B": "b"]),
            RunEnvironment(revision: 2, values: ["K": ""]),
            RunEnvironment(revision: 3, values: ["K": "é"], secret: ["K"]),
            RunEnvironment(revision: 4, values: ["K": "é"], secret: ["K", "N"]), nil,
          ])
        try holds(reader.environment(of: Sample.id(1)) == steps[3])
        try holds(
          reader.environment(of: Sample.id(2))
            == RunEnvironment(values: ["T": "x"], secret: ["T"]))
        try holds(reader.environment(of: Sample.id(7)) == nil)
      }
      for wrong in [later[2], later[0], first] {
        await #expect(throws: BatonError.self) {
          try await store.commit { try $0.insertEnvRevision(wrong) }
        }
      }
      await #expect(throws: Oops.self) {
        try await store.commit { writer in
          var next = later[2]
          next.number = 5
          try writer.insertEnvRevision(next)
          throw Oops()
        }
      }
      try holds(store.read { try $0.environment(of: Sample.id(1)) }?.revision == 4)
    }
  }

  @Test("P11: a tree goes from below, when all of it has ended", arguments: StoreKind.all)
  func retention(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let parent = AttemptID(run: Sample.id(1), node: "A", attempt: 1)
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1, status: .running), nodes: [])
        for number in 2...3 {
          try writer.insertRun(
            Sample.child(number, of: parent), nodes: [Sample.node(number, "A", 0)])
        }
        try writer.insertRun(Sample.run(4, Sample.other, status: .completed), nodes: [])
        try writer.putItem(Sample.item(2, 0))
        try writer.insertAttempt(Sample.itemAttempt(2, 0))
        try writer.insertEnvRevision(
          EnvRevision(
            root: Sample.id(1), number: 2, time: writer.now, principal: "p", call: .update,
            run: Sample.id(1)))
        try writer.updateRun(Sample.id(2), Sample.state(.failed, ended: 9), expecting: .running)
      }
      func prunable(_ limit: Int = 9, keep: Int = 0) throws -> [RunID] {
        try store.read { try $0.prunableRuns(PruneQuery(keepNewest: keep, limit: limit)) }
      }
      // Run 2 has ended, and neither goes nor counts beside run 4 of its workflow.
      try holds(prunable() == [Sample.id(4)])
      try holds(prunable(keep: 1) == [])
      try await refused(2, store)
      try await store.commit {
        try $0.updateRun(Sample.id(1), Sample.state(.killed, ended: 9), expecting: .running)
      }
      // Should a run below still be active, everything waits for it.
      try holds(prunable() == [Sample.id(4)])
      try await refused(1, store)
      try await store.commit {
        try $0.updateRun(Sample.id(3), Sample.state(.killed, ended: 9), expecting: .running)
      }
      try holds(Set(prunable()) == Set((1...4).map(Sample.id)))
      try holds(prunable().filter { $0 != Sample.id(4) }.last == Sample.id(1))
      try holds(store.statistics().runs == 4)
      try await refused(1, store)
      for id in try prunable() {
        try await store.commit { writer in
          holds(try writer.isRemovable(id))
          try writer.deleteRun(id)
        }
      }
      try store.read { reader in
        try holds(
          reader.items(of: Sample.id(2), node: "A", after: nil, statuses: [], limit: 9) == [])
        try holds(reader.itemAttempts(of: Sample.id(2), node: "A", indexes: nil) == [])
        try holds(reader.envRevisions(of: Sample.id(1), before: nil, limit: 9) == [])
        try holds(reader.isRemovable(Sample.id(1)) == false)
      }
      try holds(store.statistics().runs == 0)
      // The id is free again, and nothing of the first run shows in another.
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1), nodes: [])
        try writer.insertRun(Sample.run(2), nodes: [])
      }
      try store.read { reader in
        try holds(reader.environment(of: Sample.id(1))?.revision == 1)
        try holds(reader.itemCounts(of: Sample.id(2), node: "A") == [:])
        try holds(reader.runningItemAttempts(of: Sample.id(2)) == [])
      }
    }
  }

  private func refused(_ number: Int, _ store: any Store) async throws {
    let error = await #expect(throws: BatonError.self) {
      try await store.commit { writer in
        holds(try writer.isRemovable(Sample.id(number)) == false)
        try writer.deleteRun(Sample.id(number))
      }
    }
    #expect(error?.reason == "run_active")
  }

  @Test("an application goes with the runs that its runs have made", arguments: StoreKind.all)
  func deletedApplication(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let elsewhere = WorkflowID(namespace: "default", application: "b", workflow: "W")
      let parent = AttemptID(run: Sample.id(1), node: "A", attempt: 1)
      try await store.commit { writer in
        try writer.insertApplication(
          ApplicationRecord(
            id: ApplicationVersionID(namespace: "default", application: "app", version: 1),
            created: writer.now, content: [], model: []), programs: [])
        try writer.insertRun(Sample.run(1, status: .failed), nodes: [])
        try writer.insertRun(Sample.child(2, of: parent, elsewhere, status: .failed), nodes: [])
        try writer.insertRun(Sample.run(3, elsewhere, status: .failed), nodes: [])
      }
      try await store.deleteApplication(namespace: "default", name: "app")
      let left = try store.read { reader in
        try (1...3).filter { try reader.run(Sample.id($0)) != nil }
      }
      #expect(left == [3])
      try holds(store.statistics().runs == 1)
    }
  }

  @Test("G63: what the nodes of a run did", arguments: StoreKind.all)
  func figures(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let names = ["C", "A", "B", "D", "E"]
      try await store.commit { writer in
        try writer.insertRun(
          Sample.run(1), nodes: names.enumerated().map { Sample.node(1, $1, $0) })
        for (rank, name) in names.enumerated() {
          var node = Sample.node(1, name, rank)
          node.attempts = ["A": 2, "B": 2, "C": 1, "D": 1][name] ?? 0
          node.outcome = ["C": false, "D": true][name]
          try writer.updateNode(node)
          for number in 1...5 where number <= node.attempts {
            var attempt = Sample.attempt(1, name, number, started: 100)
            if name == "D" || (name == "B" && number == 2) { attempt.cause = .skip }
            try writer.insertAttempt(attempt)
            attempt.status = .completed
            attempt.ended = Timestamp(milliseconds: 100 + Int64(number) * 10)
            if name != "C" { try writer.updateAttempt(attempt) }
          }
        }
        var hook = Sample.attempt(1, "Flow")
        hook.hook = .finish
        try writer.insertAttempt(hook)
      }
      let figures = try store.read { try $0.nodeFigures(of: Sample.id(1)) }
      #expect(
        figures == [
          NodeFigures(node: "C", attempts: 1, milliseconds: nil, outcome: false),
          NodeFigures(node: "A", attempts: 2, milliseconds: 20),
          NodeFigures(node: "B", attempts: 1, milliseconds: 10),
        ])
      try holds(store.read { try $0.nodeFigures(of: Sample.id(2)) } == [])
    }
  }
}
