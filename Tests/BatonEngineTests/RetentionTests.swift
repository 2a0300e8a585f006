import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import Logging
import Testing

/// Pruning by policy and by call, on every store.
@Suite(.timeLimit(.minutes(2))) struct RetentionTests {
  /// The system's time, some days on.
  private struct LaterClock: WallClock {
    var days: Int64 = 0

    func now() -> Timestamp {
      Timestamp(milliseconds: TestClock().now().milliseconds + days * 86_400_000)
    }
  }

  private static let nodes = "- {name: A, program: ok}"

  private func retention(
    _ fixture: EngineFixture, _ policy: RetentionPolicy = RetentionPolicy(), days: Int64 = 0
  ) -> Retention {
    Retention(
      store: fixture.engine.store, executor: fixture.programs, policy: policy,
      clock: LaterClock(days: days), logger: Logger(label: "test"))
  }

  /// Calls the service as operators do.
  private func operations<Result: Sendable>(
    _ fixture: EngineFixture, _ policy: RetentionPolicy = RetentionPolicy(),
    obstacle: BatonError.Reason? = nil,
    _ body: (Wire.OperationsClient) async throws -> Result
  ) async throws -> Result {
    let service = OperationsService(
      engine: fixture.engine, retention: retention(fixture, policy),
      facts: ServerFacts(
        version: "1.2.3", schemaVersion: 7, started: Timestamp(milliseconds: 5),
        services: ["baton.engine.v1.Engine"], storeKind: "test",
        notReadyReason: { obstacle }, connections: { 3 }, freeBytes: { 4096 }))
    let transport = InProcessTransport(services: [service.definition])
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await transport.run() }
      defer { transport.close() }
      return try await body(Wire.OperationsClient(transport))
    }
  }

  private func stored(_ fixture: EngineFixture) async throws -> [String] {
    try await fixture.client.listRuns(.init(pageSize: 1000)).runs.map(\.runID)
  }

  @Test(
    "P11 the newest ended runs stay, active ones are not counted", arguments: Deployment.allCases)
  func byNumber(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deploy(
        """
        baton: 1
        application: demo
        programs:
          ok: {type: COMMAND, argv: [ok]}
          block: {type: COMMAND, argv: [block]}
        workflows:
          W: {nodes: [{name: A, program: ok}]}
          B: {nodes: [{name: A, program: block}]}
        """)
      let active = try await fixture.trigger(workflow: "B")
      _ = await fixture.programs.launch(of: "A")
      var ended: [String] = []
      for _ in 0..<5 { ended.append(try await fixture.run()) }
      let policy = RetentionPolicy(runs: .init(2))
      let removal = try await retention(fixture, policy).prune(PruneOrder())
      #expect(removal.runs == 3)
      #expect(removal.events > 0)
      #expect(try await Set(stored(fixture)) == Set(ended.suffix(2) + [active]))
      // Again there is nothing to do.
      #expect(try await retention(fixture, policy).prune(PruneOrder()).runs == 0)
    }
  }

  @Test("P11 what ended days ago goes, with its token and logs", arguments: Deployment.allCases)
  func byTime(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deploy(nodes: Self.nodes)
      let run = try await fixture.run()
      let id = try #require(RunID(run))
      let policy = RetentionPolicy(days: .init(2))
      #expect(try await retention(fixture, policy, days: 1).prune(PruneOrder()).runs == 0)
      #expect(fixture.programs.storedRuns() == [id])
      #expect(try await retention(fixture, policy, days: 3).prune(PruneOrder()).runs == 1)
      #expect(fixture.programs.storedRuns() == [])
      _ = await refused("run_not_found", .notFound) {
        _ = try await fixture.client.getRun(.init(run: .init(runID: run)))
      }
      _ = await refused("run_not_found", .notFound) {
        _ = try await fixture.tokens.listTokens(.init(run: .init(runID: run)))
      }
    }
  }

  @Test(
    "SR41 the id that the trigger of a pruned run brought stays taken",
    arguments: Deployment.allCases)
  func tombstone(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deploy(nodes: Self.nodes)
      let request = Wire.TriggerPipelineRequest(
        application: "demo", workflow: "W", externalRunID: "mine")
      let run = try await fixture.client.triggerPipeline(request).runID
      try await fixture.end(of: run)
      let order = PruneOrder(endedBefore: LaterClock(days: 1).now())
      #expect(try await retention(fixture).prune(order).runs == 1)
      _ = await refused("run_id_taken", .alreadyExists) {
        _ = try await fixture.client.triggerPipeline(request)
      }
    }
  }

  @Test(
    "P11 an application may keep more, or less, than the others", arguments: Deployment.allCases)
  func perApplication(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      for name in ["demo", "kept"] {
        try await fixture.deploy(
          """
          baton: 1
          application: \(name)
          programs: {ok: {type: COMMAND, argv: [ok]}}
          workflows: {W: {nodes: [{name: A, program: ok}]}}
          """)
        for _ in 0..<3 { _ = try await fixture.run(application: name) }
      }
      let kept = ApplicationName(namespace: "default", name: "kept")
      let policy = RetentionPolicy(runs: .init(1, applications: [kept: nil]))
      #expect(try await retention(fixture, policy).count(PruneOrder()).runs == 2)
      #expect(try await retention(fixture, policy).prune(PruneOrder()).runs == 2)
      #expect(try await stored(fixture).count == 4)
    }
  }

  @Test(
    "CT7 remembered calls are kept for a day, and forgotten then", arguments: Deployment.allCases)
  func requests(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deploy(nodes: Self.nodes)
      let first = try await fixture.trigger(requestID: "r")
      try await retention(fixture).applyPolicy()
      #expect(try await fixture.trigger(requestID: "r") == first)
      try await retention(fixture, days: 2).applyPolicy()
      #expect(try await fixture.trigger(requestID: "r") != first)
    }
  }

  @Test("logs whose runs are gone are removed at a start", arguments: Deployment.allCases)
  func leftFiles(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deploy(nodes: Self.nodes)
      let gone = try #require(RunID(try await fixture.run()))
      let stays = try #require(RunID(try await fixture.run()))
      // As a process that ends between the two leaves it.
      try await fixture.engine.store.commit { _ = try $0.deleteRun(gone) }
      #expect(Set(fixture.programs.storedRuns()) == [gone, stays])
      try await retention(fixture).removeLeftFiles()
      #expect(fixture.programs.storedRuns() == [stays])
    }
  }

  @Test(
    "Prune counts in a dry run, removes, and answers a repeat the same",
    arguments: Deployment.allCases)
  func pruneCall(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deploy(nodes: Self.nodes)
      for _ in 0..<4 { _ = try await fixture.run() }
      try await operations(fixture) { client in
        let counted = try await client.prune(.init(keepRuns: 1, dryRun: true, requestID: "r"))
        #expect(counted.runs == 3 && counted.events > 0 && counted.dryRun)
        _ = await refused("app_not_found", .notFound) {
          _ = try await client.prune(
            .init(namespace: "default", application: "nosuch", keepRuns: 1, dryRun: true))
        }
        let before = try await stored(fixture)
        #expect(before.count == 4)
        let request = Wire.PruneRequest(
          namespace: "default", application: "demo", keepRuns: 1, requestID: "r")
        let pruned = try await client.prune(request)
        #expect(pruned.runs == 3 && pruned.events == counted.events && !pruned.dryRun)
        let left = try await stored(fixture)
        #expect(left.count == 1)
        let repeated = try await client.prune(request)
        #expect(repeated == pruned)
        _ = await refused("request_id_reused", .alreadyExists) {
          _ = try await client.prune(.init(namespace: "default", keepRuns: 1, requestID: "r"))
        }
      }
    }
  }

  @Test("Prune refuses what says nothing, and names that are none")
  func pruneRefusals() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await operations(fixture) { client in
        _ = await refused("limit_invalid") { _ = try await client.prune(.init()) }
        _ = await refused("limit_invalid") { _ = try await client.prune(.init(before: -1)) }
        _ = await refused("name_missing") {
          _ = try await client.prune(.init(application: "a", keepRuns: 1))
        }
        _ = await refused("name_invalid") {
          _ = try await client.prune(.init(namespace: "a b", keepRuns: 1))
        }
      }
      // With a setting, a prune without bounds means that.
      try await operations(fixture, RetentionPolicy(runs: .init(1))) { client in
        let pruned = try await client.prune(.init())
        #expect(pruned.runs == 0)
      }
    }
  }

  @Test("GetStatus tells the server, the store and the runs", arguments: Deployment.allCases)
  func status(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deploy(nodes: Self.nodes + "\n- {name: B, program: block}")
      _ = try await fixture.trigger()
      _ = await fixture.programs.launch(of: "B")
      let status = try await operations(fixture) { try await $0.getStatus(.init()) }
      #expect(status.ready)
      #expect(status.notReadyReason == "")
      #expect(status.serverVersion == "1.2.3")
      #expect(status.connections == 3)
      #expect(status.activeRuns == 1)
      #expect((1...2).contains(status.runningAttempts))
      let store = try #require(status.store)
      #expect(store.writable)
      #expect(store.runs == 1)
      #expect(store.freeBytes == 4096)
      #expect(store.eventNumber >= 1 && store.oldestEvent >= 1)
      #expect(store.databaseBytes > 0 || deployment == .memory)
      let full = try await operations(fixture, obstacle: "disk_full") {
        try await $0.getStatus(.init())
      }
      #expect(!full.ready)
      #expect(full.notReadyReason == "disk_full")
    }
  }
}
