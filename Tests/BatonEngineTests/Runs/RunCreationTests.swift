import BatonCore
import BatonEngine
import BatonStore
import BatonWire
import Testing

/// What is stored with the creation of a run.
@Suite("Creation of runs", .timeLimit(.minutes(1))) struct RunCreationTests {
  @Test(
    "what follows at once from a creation is one unit, an event each (G35)",
    arguments: Deployment.allCases)
  func oneUnit(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: nothing}
          - {name: B, program: nothing, after: [A]}
          """)
      // The first run also reads the plan.
      _ = try await house.run()
      let store = house.engine.store
      let before = store.counters.units
      let answer = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W"))
      #expect(answer.status == .pending)
      #expect(store.counters.units - before == 1)
      let id = try #require(RunID(answer.runID))
      let (run, events) = try store.read { reader in
        (try reader.run(id), try reader.events(of: id, after: 0, limit: 100))
      }
      #expect(events.map(\.event) == Array(1...12))
      #expect(
        events.map { Self.text($0.change) } == [
          "- PENDING", "PENDING STARTING", "STARTING RUNNING",
          "A PENDING RUNNING", "A.1 - RUNNING", "A.1 RUNNING COMPLETED", "A RUNNING COMPLETED",
          "B PENDING RUNNING", "B.1 - RUNNING", "B.1 RUNNING COMPLETED", "B RUNNING COMPLETED",
          "RUNNING COMPLETED",
        ])
      #expect(run?.state.status == .completed && run?.state.lastEvent == 12)
      #expect(run?.state.started == run?.header.created && run?.state.ended != nil)
      #expect(house.engine.activeRuns == 0)
    }
  }

  @Test(
    "what needs more than the unit follows after it", arguments: Deployment.allCases,
    [
      "{name: A, program: ok}", "{name: A, program: puts}", "{name: A, condition: {expr: '1 = 1'}}",
    ])
  func notInUnit(deployment: Deployment, node: String) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: Z, program: nothing}\n- \(node)",
        programs: "puts: {type: NOOP, put: {k: v}}")
      _ = try await house.run()
      let store = house.engine.store
      let before = store.counters.units
      let run = try await house.run()
      #expect(store.counters.units - before > 1)
      let id = try #require(RunID(run))
      let events = try store.read { try $0.events(of: id, after: 0, limit: 100) }
      #expect(events.map(\.event) == Array(1...events.count))
      #expect(Self.text(events[3].change) == "Z PENDING RUNNING")
      #expect(events.last.map { Self.text($0.change) } == "RUNNING COMPLETED")
    }
  }

  private static func text(_ change: EventRecord.Change) -> String {
    switch change {
    case .run(let from, let to, _, _):
      [from?.word ?? "-", to.word].joined(separator: " ")
    case .node(let name, let from, let to, _): "\(name) \(from.word) \(to.word)"
    case .attempt(let node, let attempt, _, let from, let to, _, _):
      "\(node).\(attempt) \(from?.word ?? "-") \(to.word)"
    case .attemptLate, .env, .applicationDeployed, .applicationDeleted: "other"
    }
  }
}
