import BatonCore
import BatonExec
import BatonWire
import Testing

/// Cases of batch-runs.md §8.
@Suite("BatchRuns", .timeLimit(.minutes(1))) struct BatchRunsTests {
  /// Workflows whose runs end at once, and programs under names.
  private func deploy(
    _ house: EngineFixture, _ workflows: [String] = ["P", "Q", "R"], more: String = ""
  ) async throws {
    let texts = workflows.map { "  \($0): {nodes: [{name: n, program: ok}]}" }
    try await house.deploy(
      """
      baton: 1
      application: demo
      programs:
        ok: {type: NOOP}
        fails: {type: COMMAND, argv: [exit, "1"]}
        block: {type: COMMAND, argv: [block]}
      workflows:
      \(texts.joined(separator: "\n"))
      \(more)
      """)
  }

  private func runs(
    _ house: EngineFixture, _ workflow: String, _ count: Int
  ) async throws -> [String] {
    var runs: [String] = []
    for _ in 0..<count { runs.append(try await house.run(workflow: workflow)) }
    return runs
  }

  private func element(
    _ id: String, limit: Int32? = nil, type: String = "WORKFLOW", application: String = "demo",
    namespace: String = "", version: UInt32 = 0, cursor: String = ""
  ) -> Wire.BatchRunsProgram {
    var program = Wire.BatchRunsProgram()
    (program.namespace, program.appID, program.programType) = (namespace, application, type)
    (program.programID, program.limit, program.version) = (id, limit, version)
    program.cursor = cursor
    return program
  }

  private func ask(
    _ house: EngineFixture, _ programs: [Wire.BatchRunsProgram], statuses: [String] = [],
    since: Int64 = 0, until: Int64 = 0, activeFirst: Bool = false
  ) async throws -> [Wire.BatchRunsResult] {
    try await house.client.batchRuns(
      .init(
        programs: programs, statuses: statuses, since: since, until: until,
        activeFirst: activeFirst)
    ).results
  }

  @Test("BR-01 … BR-07 last runs of programs", arguments: Deployment.allCases)
  func lastRuns(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      let p = try await runs(house, "P", 12)
      let q = try await runs(house, "Q", 3)
      let last = try await ask(house, [element("P", limit: 5), element("Q", limit: 5)])
      #expect(last[0].runs.map(\.runID) == Array(p.reversed().prefix(5)))
      #expect(last[1].runs.map(\.runID) == Array(q.reversed()))
      #expect(!last[0].nextCursor.isEmpty && last[1].nextCursor.isEmpty)
      let mixed = try await ask(house, [element("P"), element("X"), element("R")])
      #expect(mixed.map(\.statusCode) == [200, 404, 200])
      #expect(mixed.map(\.reason) == ["", "program_not_found", ""])
      #expect(mixed[0].runs.map(\.runID) == [p[11]] && mixed[2].runs.isEmpty)
      #expect(try await ask(house, [element("P", limit: 100)])[0].runs.count == 12)
      #expect(try await ask(house, []).isEmpty)
      let many = [Wire.BatchRunsProgram](repeating: element("P", limit: 5), count: 1000)
      let answers = try await ask(house, many)
      #expect(answers.count == 1000 && answers.allSatisfy { $0.runs.count == 5 })
      _ = await refused("batch_too_large") { _ = try await ask(house, many + [element("P")]) }
      let wide = [Wire.BatchRunsProgram](repeating: element("P", limit: 100), count: 51)
      _ = await refused("batch_too_large") { _ = try await ask(house, wide) }
      // B1.3: elements that are answered 400 do not count.
      let wrong = [Wire.BatchRunsProgram](
        repeating: element("P", limit: 100, type: "Flux"), count: 51)
      #expect(try await ask(house, wrong).allSatisfy { $0.statusCode == 400 })
      let streamed = try await house.client.streamBatchRuns(.init(programs: wide)) { results in
        try await results.reduce(0) { count, _ in count + 1 }
      }
      #expect(streamed == 51)
    }
  }

  @Test("BR-08 … BR-10, B2.3 what is wrong with an element", arguments: Deployment.allCases)
  func wrong(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      let asked = [
        element("P", application: ""), element(""), element("P", type: "Flux"), element("a/b"),
        element("P", type: "workflow"), element("P", limit: 0), element("P", limit: 101),
        element("P", namespace: "a b"), element("P", cursor: "x"),
        // The first of two faults is the answer.
        element("", limit: 0, type: "Flux"), element("X", limit: 0),
        element("P", application: "nosuch"), element("P", namespace: "nosuch"),
        element("P", version: 9), element("ok", type: "COMMAND"), element("ok", type: "NOOP"),
      ]
      let answers = try await ask(house, asked)
      #expect(
        answers.map { "\($0.statusCode) \($0.reason)" } == [
          "400 name_missing", "400 name_missing", "400 program_type_invalid", "400 name_invalid",
          "200 ", "400 limit_invalid", "400 limit_invalid", "400 name_invalid",
          "400 cursor_invalid", "400 name_missing", "400 limit_invalid", "404 app_not_found",
          "404 namespace_not_found", "404 version_not_found", "404 program_not_found", "200 ",
        ])
      #expect(answers[2].programType == "Flux" && answers[4].programType == "WORKFLOW")
      _ = await refused("status_invalid") {
        _ = try await ask(house, [element("P")], statuses: ["ACTIVE"])
      }
      _ = await refused("time_range_invalid") {
        _ = try await ask(house, [element("P")], since: 2, until: 1)
      }
      _ = await refused("name_invalid") {
        _ = try await house.client.batchRuns(.init(programs: [element("P")], namespace: "a b"))
      }
      let own = try await house.client.batchRuns(
        .init(programs: [element("P", namespace: "default")], namespace: "a b"))
      #expect(own.results.map(\.statusCode) == [200])
    }
  }

  @Test("BR-11, BR-12 activeFirst and statuses", arguments: Deployment.allCases)
  func active(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(
        house, [],
        more: """
            P:
              nodes:
                - {name: c, condition: {expr: "arg('end') = 'block'"}}
                - {name: b, program: block, after: [c.true]}
                - {name: d, after: [c.false], condition: {expr: "arg('end') = 'fail'"}}
                - {name: f, program: fails, after: [d.true]}
          """)
      let old = try await house.trigger(["end": "block"], workflow: "P")
      _ = await house.programs.launch(of: "b")
      var ended: [String] = []
      for end in ["ok", "fail", "ok", "fail", "fail", "ok"] {
        ended.append(try await house.run(["end": end], workflow: "P"))
      }
      let newest = try await ask(house, [element("P")])
      #expect(newest[0].runs.map(\.runID) == [ended[5]])
      let first = try await ask(house, [element("P", limit: 2)], activeFirst: true)
      #expect(first[0].runs.map(\.runID) == [old, ended[5]] && first[0].nextCursor.isEmpty)
      let failed = try await ask(house, [element("P", limit: 2)], statuses: ["FAILED", "failed"])
      #expect(failed[0].runs.map(\.runID) == [ended[4], ended[3]])
      #expect(!failed[0].nextCursor.isEmpty)
      await house.programs.finish("b")
      try await house.end(of: old)
    }
  }

  @Test("BR-13 … BR-15 times and cursors", arguments: Deployment.allCases)
  func paging(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      let p = try await runs(house, "P", 25)
      var pages: [[String]] = []
      var cursor = ""
      repeat {
        let page = try await ask(house, [element("P", limit: 10, cursor: cursor)])[0]
        pages.append(page.runs.map(\.runID))
        cursor = page.nextCursor
        if pages.count == 1 { _ = try await runs(house, "P", 5) }
      } while !cursor.isEmpty
      let reversed = Array(p.reversed())
      #expect(
        pages == [Array(reversed[..<10]), Array(reversed[10..<20]), Array(reversed[20...])])
      let created = try await house.client.listRuns(
        .init(application: "demo", workflow: "P", pageSize: 1000)
      ).runs
      let third = try #require(created.first { $0.runID == p[2] }).created
      let sixth = try #require(created.first { $0.runID == p[5] }).created
      let range = try await ask(house, [element("P", limit: 100)], since: third, until: sixth)
      #expect(
        range[0].runs.map(\.runID)
          == created.filter { $0.created >= third && $0.created < sixth }.map(\.runID))
      let next = try await ask(house, [element("P", limit: 1)])[0].nextCursor
      let others = try await ask(house, [element("Q", cursor: next), element("P", cursor: "x")])
      #expect(others.map(\.reason) == ["cursor_invalid", "cursor_invalid"])
      let filtered = try await ask(house, [element("P", cursor: next)], statuses: ["FAILED"])
      #expect(filtered[0].reason == "cursor_invalid")
      let first = try await ask(house, [element("P", cursor: next)], activeFirst: true)
      #expect(first[0].reason == "cursor_invalid")
    }
  }

  @Test("BR-16 program runs", arguments: Deployment.allCases)
  func programRuns(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms { spec in
        spec.key.node == "n1" && spec.key.attempt == 1 ? .vanish : .end(.exited(code: 0))
      }
      let file = """
        - {name: n1, program: p}
        - {name: n2, program: p, after: [n1]}
        """
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(nodes: file, programs: "p: {type: COMMAND, argv: [p]}")
        let run = try await engine.trigger()
        _ = await programs.launch(of: "n1")
        return run
      }
      try await house.engine(programs) { engine in
        try await engine.end(of: run)
        let answer = try await ask(engine, [element("p", limit: 10, type: "COMMAND")])[0]
        #expect(
          answer.runs.map { "\($0.node) \($0.attempt)" } == ["n2 1", "n1 2", "n1 1"])
        #expect(answer.runs.allSatisfy { $0.parentRunID == run && $0.trigger == .parent })
        #expect(answer.runs.map(\.runID) == ["\(run):n2:1", "\(run):n1:2", "\(run):n1:1"])
        #expect(answer.runs.map(\.status) == [.completed, .completed, .failed])
        let page = try await ask(engine, [element("p", limit: 2, type: "COMMAND")])[0]
        let rest = try await ask(
          engine, [element("p", limit: 2, type: "COMMAND", cursor: page.nextCursor)])[0]
        #expect(rest.runs.map(\.attempt) == [1] && rest.nextCursor.isEmpty)
      }
    }
  }

  @Test("BR-17, BR-18 redeployed programs", arguments: Deployment.allCases)
  func redeployed(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house, ["P", "Q"])
      let old = try await runs(house, "P", 1)
      let kept = try await runs(house, "Q", 1)
      try await deploy(house, ["Q"])
      let newer = try await runs(house, "Q", 1)
      let answers = try await ask(
        house, [element("P"), element("P", version: 1), element("Q", limit: 5)])
      #expect(answers[0].statusCode == 404 && answers[0].reason == "program_retired")
      #expect(answers[1].runs.map(\.runID) == old)
      #expect(answers[2].runs.map(\.runID) == newer + kept)
      #expect(answers[2].runs.map(\.version) == [2, 1])
      let first = try await ask(house, [element("Q", limit: 5, version: 1)])
      #expect(first[0].runs.map(\.runID) == kept)
    }
  }

  @Test("BR-20 one record in three calls", arguments: Deployment.allCases)
  func sameRecord(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: exit1}")
      let run = try await house.run()
      let short = try #require(try await ask(house, [element("W")])[0].runs.first)
      let listed = try #require(try await house.client.listRuns(.init()).runs.first)
      let whole = try #require(try await house.details(run).run)
      #expect(listed == whole)
      var same = listed
      (same.namespace, same.application, same.workflow, same.principal) = ("", "", "", "")
      #expect(same == short && short.reason == "exit_nonzero" && short.runID == run)
    }
  }
}
