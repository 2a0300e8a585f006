import BatonCore
import BatonStore
import Testing

@Suite("Store conformance: retention and deletion")
struct RetentionConformanceTests {
  private static func version(_ number: Int, _ name: String = "app") -> ApplicationRecord {
    ApplicationRecord(
      id: ApplicationVersionID(namespace: "default", application: name, version: number),
      created: Timestamp(milliseconds: Int64(number)), content: [], model: [])
  }

  /// Stores an ended run with a node, an attempt, two puts, an event and a put request.
  private static func insertEnded(
    _ number: Int, _ workflow: WorkflowID = Sample.flow, ended: Int64, external: String? = nil,
    puts: Int = 2, _ writer: any StoreWriter
  ) throws {
    let statuses: [RunStatus] = [.completed, .failed, .killed, .rejected]
    try writer.insertRun(
      Sample.run(number, workflow, external: external), nodes: [Sample.node(number, "A", 0)])
    var attempt = Sample.attempt(number, "A", program: "p")
    attempt.credentialHash = [UInt8(number % 256), UInt8(number / 256)]
    try writer.insertAttempt(attempt)
    for put in 1...max(1, puts) {
      try writer.putToken(
        Sample.puts(number, ["k\(put)": "v"]), limits: TokenLimits(), exempt: false)
    }
    try writer.remember(RequestKey(putOf: attempt.id, id: "r"), bodyHash: [1], answer: [2])
    attempt.status = .completed
    try writer.updateAttempt(attempt)
    var state = RunState(status: statuses[number % 4])
    state.ended = Timestamp(milliseconds: ended)
    state.lastEvent = 1
    try writer.updateRun(Sample.id(number), state, expecting: .pending)
    try writer.appendEvents([Sample.event(number, 1, workflow)])
  }

  @Test("P11: prunable runs by time and by number, in every scope", arguments: StoreKind.all)
  func prunable(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let foreign = WorkflowID(namespace: "n2", application: "app", workflow: "Flow")
      try await store.commit { writer in
        for number in 1...12 { try Self.insertEnded(number, ended: Int64(number * 10), writer) }
        for number in 13...16 {
          try Self.insertEnded(number, Sample.other, ended: Int64(number * 10), writer)
        }
        for number in 17...18 {
          try Self.insertEnded(number, foreign, ended: Int64(number * 10), writer)
        }
        // Created first, and active still; another ended late.
        try writer.insertRun(Sample.run(20, created: 1), nodes: [])
        var late = RunState(status: .completed)
        late.ended = Timestamp(milliseconds: 5000)
        try writer.insertRun(Sample.run(21, created: 2), nodes: [])
        try writer.updateRun(Sample.id(21), late, expecting: .pending)
      }
      func runs(_ change: (inout PruneQuery) -> Void) throws -> Set<RunID> {
        var query = PruneQuery(limit: 100)
        change(&query)
        return try store.read { [query] in Set(try $0.prunableRuns(query)) }
      }
      func ids(_ numbers: [Int]) -> Set<RunID> { Set(numbers.map(Sample.id)) }
      let time: (Int64) -> Timestamp = { Timestamp(milliseconds: $0) }
      try holds(runs { _ in } == [])
      // Runs were created from 1001 on, so the bound of time must be later than that.
      try holds(runs { $0.endedBefore = time(1) } == [])
      try holds(runs { $0.endedBefore = time(4000) } == ids(Array(1...18)))
      try holds(
        runs {
          $0.endedBefore = time(4000)
          $0.namespace = "n2"
        } == ids([17, 18]))
      try holds(
        runs {
          $0.keepNewest = 3
          $0.namespace = "default"
        } == ids([21] + Array(1...9) + [13]))
      try holds(
        runs {
          $0.keepNewest = 0
          $0.namespace = "n2"
          $0.application = "app"
        } == ids([17, 18]))
      try holds(runs { ($0.namespace, $0.application, $0.keepNewest) = ("n2", "none", 0) } == [])
      try holds(
        runs {
          $0.keepNewest = 2
          $0.limit = 3
          $0.namespace = "default"
        } == ids([21, 1, 2]))
      try holds(
        runs {
          $0.keepNewest = 11
          $0.endedBefore = time(6000)
          $0.namespace = "default"
        } == ids([21] + Array(1...16)))
      try holds(runs { ($0.keepNewest, $0.limit) = (0, 0) } == [])
    }
  }

  @Test("TK-46, T44: a run goes with all that is its", arguments: StoreKind.all)
  func deleteRun(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        for number in 1...2 {
          try Self.insertEnded(number, ended: 5000, external: "order-\(number)", writer)
        }
        try writer.insertRun(Sample.run(3), nodes: [])
      }
      _ = try store.token(of: Sample.id(1))
      let removed = try await store.commit { try $0.deleteRun(Sample.id(1)) }
      #expect(removed == RemovedRun(id: Sample.id(1), events: 1, puts: 2))
      try holds(store.token(of: Sample.id(1)) == nil)
      try store.read { reader in
        try holds(reader.run(Sample.id(1)) == nil)
        try holds(reader.runStatus(Sample.id(1)) == nil)
        try holds(reader.nodes(of: Sample.id(1)).isEmpty)
        try holds(reader.attempts(of: Sample.id(1), node: nil).isEmpty)
        try holds(reader.attempt(credentialHash: [1, 0]) == nil)
        try holds(reader.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 9)).isEmpty)
        try holds(reader.tokenAccount(of: Sample.id(1)) == nil)
        try holds(reader.events(of: Sample.id(1), after: 0, limit: 9).isEmpty)
        try holds(reader.events(after: 0, limit: 9).map(\.run) == [Sample.id(2)])
        let query = ProgramRunQuery(
          namespace: "default", application: "app",
          program: ProgramReference(type: .command, id: "p"), limit: 9)
        try holds(reader.programRuns(query).map(\.attempt.id.run) == [Sample.id(2)])
        try holds(reader.runs(RunQuery(namespace: "default", limit: 9)).count == 2)
        try holds(reader.tokenAccount(of: Sample.id(2))?.puts == 2)
      }
      let answers = try await store.commit { writer in
        try [1, 2].map {
          let key = RequestKey(putOf: Sample.attempt($0, "A").id, id: "r")
          return try writer.answer(of: key, bodyHash: [1])
        }
      }
      #expect(answers == [nil, [2]])
      let totals = try store.statistics()
      #expect((totals.runs, totals.activeRuns) == (2, 1))
      #expect((totals.oldestEvent, totals.newestEvent) == (2, 2))

      let active = await #expect(throws: BatonError.self) {
        try await store.commit { try $0.deleteRun(Sample.id(3)) }
      }
      #expect(active?.reason == "run_active")
      let gone = await #expect(throws: BatonError.self) {
        try await store.commit { try $0.deleteRun(Sample.id(1)) }
      }
      #expect(gone?.reason == "run_not_found")
    }
  }

  @Test("SR41: an id that a trigger brought stays taken", arguments: StoreKind.all)
  func tombstones(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try writer.insertApplication(Self.version(1), programs: [])
        try Self.insertEnded(1, ended: 5000, external: "order", writer)
        try Self.insertEnded(2, ended: 5000, external: "other", writer)
        try writer.deleteRun(Sample.id(1))
      }
      try await store.deleteApplication(namespace: "default", name: "app")
      for id in ["order", "other"] {
        let error = await #expect(throws: BatonError.self) {
          try await store.commit { try $0.insertRun(Sample.run(3, external: id), nodes: []) }
        }
        #expect(error?.reason == "run_id_taken")
      }
      try await store.commit { try $0.insertRun(Sample.run(3, external: "new"), nodes: []) }
    }
  }

  @Test("G64, WF-40: an application goes when no run is active", arguments: StoreKind.all)
  func deleteApplication(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let program = ProgramReference(type: .command, id: "p")
      try await store.commit { writer in
        try writer.insertApplication(Self.version(1), programs: [program])
        try writer.insertApplication(Self.version(2), programs: [])
        try writer.insertApplication(Self.version(1, "beside"), programs: [program])
        for number in 1...30 { try Self.insertEnded(number, ended: 1, writer) }
        try writer.insertRun(Sample.run(99), nodes: [])
      }
      let error = await #expect(throws: BatonError.self) {
        try await store.deleteApplication(namespace: "default", name: "app")
      }
      #expect(error?.reason == "run_active")
      try await store.commit {
        try $0.updateRun(Sample.id(99), RunState(status: .killed), expecting: .pending)
      }
      try await store.deleteApplication(namespace: "default", name: "app") { writer in
        try holds(writer.newestVersion(namespace: "default", name: "app") == nil)
        try writer.appendEvents([Sample.event(nil, 0, Sample.flow, .applicationDeleted)])
      }
      try store.read { reader in
        try holds(reader.runs(RunQuery(namespace: "default", limit: 9)).isEmpty)
        try holds(reader.application(namespace: "default", name: "app", version: 1) == nil)
        try holds(
          reader.newestVersion(of: program, namespace: "default", application: "app") == nil)
        try holds(
          reader.newestVersion(of: program, namespace: "default", application: "beside") == 1)
        try holds(reader.events(after: 0, limit: 9).map(\.change) == [.applicationDeleted])
        // Numbers are not given again.
        try holds(reader.nextVersion(namespace: "default", name: "app") == 3)
      }
      #expect(try store.statistics().runs == 0)
      let missing = await #expect(throws: BatonError.self) {
        try await store.deleteApplication(namespace: "default", name: "app")
      }
      #expect(missing?.reason == "app_not_found")
      try await store.commit { writer in
        try writer.insertApplication(Self.version(3), programs: [program])
        try writer.insertRun(Sample.run(100, status: .completed), nodes: [])
      }
      try holds(store.read { try $0.newestVersion(namespace: "default", name: "app") } == 3)
      try await store.deleteApplication(namespace: "default", name: "app")
      try holds(store.read { try $0.nextVersion(namespace: "default", name: "app") } == 4)
    }
  }

  @Test("B2.2, B2.5: the newest version that had a program", arguments: StoreKind.all)
  func programs(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let load = ProgramReference(type: .noop, id: "load")
      let flow = ProgramReference(type: .workflow, id: "load")
      try await store.commit { writer in
        try writer.insertApplication(Self.version(1), programs: [load, flow])
        try writer.insertApplication(Self.version(2), programs: [flow])
        try writer.insertApplication(Self.version(3), programs: [])
      }
      let versions = try store.read { reader in
        try [load, flow, ProgramReference(type: .command, id: "load")].map {
          try reader.newestVersion(of: $0, namespace: "default", application: "app")
        }
      }
      #expect(versions == [1, 2, nil])
      try holds(
        store.read {
          try $0.newestVersion(of: load, namespace: "other", application: "app")
        } == nil)
    }
  }

  @Test("CT7: old requests are forgotten, those of puts are not", arguments: StoreKind.all)
  func requests(kind: StoreKind) async throws {
    try await kind.withStore { store in
      let keys = (1...5).map { RequestKey(scope: "ada ns Trigger", id: "r\($0)") }
      let put = RequestKey(putOf: Sample.attempt(1, "A").id, id: "r")
      var times: [Timestamp] = []
      for key in keys + [put] {
        times.append(
          try await store.commit { writer in
            try writer.remember(key, bodyHash: [1], answer: [2])
            return writer.now
          })
      }
      let bound = times[3]
      let counts = [
        try await store.commit { try $0.forgetRequests(before: bound, limit: 2) },
        try await store.commit { try $0.forgetRequests(before: bound, limit: 2) },
        try await store.commit { try $0.forgetRequests(before: bound, limit: 2) },
      ]
      #expect(counts == [2, 1, 0])
      let answers = try await store.commit { writer in
        try (keys + [put]).map { try writer.answer(of: $0, bodyHash: [1]) }
      }
      #expect(answers == [nil, nil, nil, [2], [2], [2]])
    }
  }

  @Test("T44: a large run goes in pieces, and nobody sees one", arguments: StoreKind.all)
  func largeRun(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try Self.insertEnded(1, ended: 1, puts: 3000, writer)
        try Self.insertEnded(2, ended: 1, writer)
      }
      let removed = try await store.commit { try $0.deleteRun(Sample.id(1)) }
      #expect(removed.puts == 3000)
      func sees() throws -> Bool {
        try store.read { reader in
          try !reader.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 9)).isEmpty
            || !reader.tokenEntries(of: Sample.id(1), scope: .user, key: "k2999").entries.isEmpty
            || !reader.nodes(of: Sample.id(1)).isEmpty
            || reader.attempt(credentialHash: [1, 0]) != nil
            || !reader.events(of: Sample.id(1), after: 0, limit: 9).isEmpty
            || reader.programRuns(
              ProgramRunQuery(
                namespace: "default", application: "app",
                program: ProgramReference(type: .command, id: "p"), limit: 9)
            ).count > 1
        }
      }
      try holds(!sees())
      try holds(store.token(of: Sample.id(1), history: true) == nil)
      var units = 0
      while try await store.commit({ try $0.purge(rows: 500) }) {
        units += 1
        try holds(!sees())
      }
      // 3000 puts, as many entries and some rows more, of which the first unit took 2048.
      if kind != .memory { #expect(units == 7) }
      try holds(store.read { try $0.tokenAccount(of: Sample.id(2)) }?.puts == 2)
    }
  }
}
