import BatonCore
import BatonEngine
import BatonStore
import BatonWire
import NIOCore
import Testing

/// Rules of BatchRuns beyond its cases: one snapshot, streams, sizes (B1.3, B2.6, B4.1, B4.2).
@Suite("Rules of BatchRuns", .timeLimit(.minutes(2))) struct BatchRuleTests {
  private func element(
    _ id: String = "W", _ limit: Int32 = 100, type: String = "WORKFLOW"
  ) -> Wire.BatchRunsProgram {
    var program = Wire.BatchRunsProgram()
    (program.appID, program.programType, program.programID) = ("demo", type, id)
    program.limit = limit
    return program
  }

  @Test("B2.6: all elements of a call see one state", arguments: Deployment.allCases)
  func snapshot(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { for _ in 0..<60 { _ = try await house.run() } }
        for _ in 0..<40 {
          let programs = [
            element(), element("ok", type: "COMMAND"), element("nosuch"), element(),
            element("ok", type: "COMMAND"),
          ]
          let answer = try await house.client.batchRuns(.init(programs: programs))
          let results = answer.results
          #expect(results[0].runs == results[3].runs)
          #expect(results[1].runs == results[4].runs)
          // Every attempt belongs to a run that is seen, and none is seen before it.
          let runs = Set(results[0].runs.map(\.runID))
          #expect(results[1].runs.allSatisfy { runs.contains($0.parentRunID) })
          #expect(answer.eventNumber > 0 && answer.snapshotTime > 0)
        }
        try await group.waitForAll()
      }
    }
  }

  @Test("B2.6, B5.4: a stream sees one state however long it takes", arguments: Deployment.allCases)
  func stream(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      for _ in 0..<3 { _ = try await house.run() }
      // Far more than a unary call may ask for; read in many parts.
      let request = Wire.StreamBatchRunsRequest(programs: .init(repeating: element(), count: 100))
      let seen = try await house.client.streamBatchRuns(request) { results in
        var seen: [[String]] = []
        for try await result in results {
          seen.append(result.runs.map(\.runID))
          if seen.count.isMultiple(of: 10) { _ = try await house.run() }
        }
        return seen
      }
      #expect(seen.count == 100 && Set(seen).count == 1 && seen[0].count == 3)
      // A reader that goes away does not keep the writer, or the next reader.
      _ = try await house.client.streamBatchRuns(request) { results in
        for try await _ in results { return }
      }
      let again = try await house.client.streamBatchRuns(request) { results in
        try await results.reduce(0) { $0 + $1.runs.count }
      }
      #expect(again == 1300)
    }
  }

  @Test("B4.1: the largest record, and the largest answers", arguments: Deployment.allCases)
  func sizes(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      let name = String(repeating: "n", count: 128)
      let workflow = WorkflowID(namespace: "default", application: "demo", workflow: "W")
      let ids = RunIDSource()
      for trigger in [TriggerKind.schedule, .parent] {
        let id = ids.next(at: TestClock().now())
        let parent = AttemptID(run: id, node: name, attempt: 999_999)
        let header = RunHeader(
          id: id, workflow: workflow, version: 999_999, created: TestClock().now(),
          externalID: trigger == .parent ? nil : String(repeating: "é", count: 125),
          trigger: trigger, schedule: trigger == .schedule ? name : nil, chainDepth: 999,
          parent: trigger == .parent ? parent : nil)
        var state = RunState(status: .failed)
        let now = TestClock().now()
        (state.started, state.suspended, state.resumed) = (now, now, now)
        (state.stopping, state.ended) = (now, now)
        (state.reason, state.reruns, state.skips) = ("token_value_too_large", 999, 999)
        let record = RunRecord(header: header, state: state)
        try await house.engine.store.commit { try $0.insertRun(record, nodes: []) }
      }
      let answer = try await house.client.batchRuns(.init(programs: [element()]))
      #expect(answer.results[0].runs.count == 2)
      for run in answer.results[0].runs {
        #expect(run.serialized().readableBytes <= 700, "\(run)")
      }
      // Names of any length: what is given back of them is bounded.
      let long = String(repeating: "a\u{301}\u{302}\u{303}", count: 5000)
      var wrong = element(long, 0, type: long)
      let answers = try await house.client.batchRuns(
        .init(programs: .init(repeating: wrong, count: 40))
      ).results
      wrong = element("W", 1, type: long)
      let type = try await house.client.batchRuns(.init(programs: [wrong])).results
      for result in answers + type {
        #expect(result.statusCode == 400 && result.programID.utf8.count <= 256)
        #expect(result.programType.utf8.count <= 256 && result.message.utf8.count <= 512)
      }
      #expect(answers[0].reason == "name_invalid" && type[0].reason == "program_type_invalid")
      #expect(type[0].message.contains("WORKFLOW"))
    }
  }

  @Test("B4.2: program runs are those of nodes with a program", arguments: Deployment.allCases)
  func programRuns(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: ok}
          - {name: P, condition: {argv: [ok]}, after: [A]}
          - {name: E, condition: {expr: "1 = 1"}, after: [A]}
          - {name: N, program: nothing, after: [P.true]}
          - {name: B, program: ok, after: [N]}
          - {name: S, program: ok, after: [E.false]}
          - {name: F, program: exit1, after: [N]}
          """, more: "on_failure: finish-siblings")
      let run = try await house.run()
      let programs = [
        element("ok", type: "COMMAND"), element("nothing", type: "NOOP"),
        element("exit1", type: "command"), element("exit0", type: "COMMAND"),
      ]
      let results = try await house.client.batchRuns(.init(programs: programs)).results
      #expect(results.map { $0.runs.map(\.node) } == [["B", "A"], ["N"], ["F"], []])
      let failed = try #require(results[2].runs.first)
      #expect(failed.runID == "\(run):F:1" && failed.status == .failed)
      #expect(failed.reason == "exit_nonzero" && failed.created == failed.started)
      #expect(failed.version == 1 && failed.ended >= failed.started && failed.trigger == .parent)
      func runs(_ statuses: [String], activeFirst: Bool = false) async throws -> [[String]] {
        try await house.client.batchRuns(
          .init(programs: programs, statuses: statuses, activeFirst: activeFirst)
        ).results.map { $0.runs.map(\.node) }
      }
      #expect(try await runs(["FAILED"]) == [[], [], ["F"], []])
      #expect(
        try await runs(["running", "completed"], activeFirst: true) == [["B", "A"], ["N"], [], []])
      // Statuses that program runs never have (B4.3).
      #expect(try await runs(["PENDING", "SUSPENDED"]) == [[], [], [], []])
    }
  }

  @Test("B5.2: every known type has an answer of its own")
  func types() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      let types = ["COMMAND", "NOOP", "WORKER", "WORKFLOW", "MAPREDUCE", "SPARK"]
      let programs = types.flatMap {
        [element("ok", type: $0), element("W", type: $0.lowercased())]
      }
      let results = try await house.client.batchRuns(.init(programs: programs)).results
      #expect(results.map(\.programType) == types.flatMap { [$0, $0] })
      #expect(
        results.map(\.statusCode) == [
          200, 404, 404, 404, 404, 404, 404, 200, 404, 404, 404, 404,
        ])
      #expect(results.allSatisfy { $0.statusCode == 200 || $0.reason == "program_not_found" })
    }
  }
}
