import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Runs that are repaired: joins, siblings, handlers, hooks, stops and returns (rerun.md, cases
/// RR-24 to RR-58, through the service).
@Suite("Cases of repairs", .timeLimit(.minutes(1))) struct RepairCaseTests {
  @Test("RR-24 ResumeRun with a change in every status")
  func resume() async throws {
    let rows: [(String, String)] = [
      ("FAILED", "run_ended"), ("COMPLETED", "run_ended"), ("KILLED", "run_ended"),
      ("RUNNING", "run_not_suspended"), ("STOPPING", "run_stopping"),
      ("PENDING", "run_not_suspended"),
    ]
    for (status, reason) in rows {
      try await EngineFixture.with(.memory) { house in
        let run = try await house.run(
          in:
            ControlCaseTests.Row(status: status, suspend: "", resume: reason, stop: ""))
        let answer = try await house.answer {
          _ = try await house.client.resumeRun(
            .init(run: .init(runID: run), change: .init(env: ["K": "2"])))
          return nil
        }
        #expect(answer == reason, "\(status)")
        #expect(try await house.environment(run).revision == 1, "\(status)")
        if status == "STOPPING" { await house.finishStubborn(run) }
      }
    }
  }

  @Test("RR-12 a resume with a change: what starts then uses it", arguments: [true, false])
  func resumeWithChange(isDry: Bool) async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: A, program: block}\n- {name: B, program: ok, after: [A]}")
      let run = try await house.trigger(env: ["K": "1"])
      _ = await house.programs.launch(of: "A")
      _ = try await house.suspendRun(run)
      await house.programs.finish("A")
      try await house.node("A", of: run, is: "COMPLETED")
      let request = Wire.ResumeRunRequest(
        run: .init(runID: run), change: .init(env: ["K": "2"]), dryRun: isDry)
      let answer = try await house.client.resumeRun(request)
      #expect(answer.status == .resuming)
      let plan = try #require(answer.plan)
      #expect(plan.toCome == ["B 1 FIRST NOW"] && plan.envRevision == 2)
      #expect(plan.moves == ["SUSPENDED RUNNING"])
      if isDry {
        #expect(try await house.status(run) == .suspended)
        #expect(try await house.environment(run).revision == 1)
        _ = try await house.resumeRun(run)
      }
      try await house.end(of: run)
      #expect(house.programs.launches(of: "B").first?.variable("K") == (isDry ? "1" : "2"))
    }
  }

  @Test("RR-26 RR-27 a join runs once, unless its upstream is run again with it")
  func join() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: mended}
          - {name: B, program: ok}
          - {name: J, program: mark, after: [A, B]}
          """,
        programs: RerunCaseTests.mended + "\nmark: {type: NOOP, put: {k: \"${env.K}\"}}")
      let run = try await house.run(env: ["K": "1"])
      let error = await refused("node_upstream_failed", .failedPrecondition) {
        try await house.rerun(run, "J")
      }
      #expect(error?.message.contains("A") == true)
      try await house.rerun(run, "A")
      try await house.end(2, of: run)
      #expect(try await house.letters(run, "A B J") == "C C C")
      try await house.rerun(run, "A", env: ["K": "2"]) { $0.allowCompleted = true }
      try await house.end(3, of: run)
      #expect(try await house.attempts(run, "J") == ["1 C FIRST 1"])
      #expect(try await house.entries(run, of: "J") == ["k=1"])
      try await house.rerun(run, "A") {
        $0.allowCompleted = true
        $0.downstream = .rerun
      }
      try await house.end(4, of: run)
      #expect(try await house.attempts(run, "J") == ["1 C FIRST 1", "2 C DOWNSTREAM 2"])
      #expect(try await house.list(run, "k") == ["J:2"])
    }
  }

  @Test("RR-34 a killed sibling goes on with the re-run", arguments: Deployment.allCases)
  func sibling(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: slow}
          - {name: B, program: slow}
          - {name: B2, program: ok, after: [B]}
          - {name: D, program: ok, after: [A, B2]}
          """, programs: "slow: {type: COMMAND, argv: [block]}")
      let run = try await house.trigger()
      let a = await house.programs.launch(of: "A")
      _ = await house.programs.launch(of: "B")
      house.programs.base.finish(a.key, .exited(code: 1))
      try await house.end(of: run)
      #expect(try await house.letters(run, "A B B2 D") == "F K U U")
      let plan = try await house.rerun(run, "A")
      #expect(plan.toCome == ["A 2 RERUN NOW", "B 2 SIBLING NOW"])
      for node in ["A", "B"] {
        house.programs.base.finish(
          await house.programs.launch(of: node, 2).key, .exited(code: 0))
      }
      try await house.end(2, of: run)
      #expect(try await house.letters(run, "A B B2 D") == "C C C C")
    }
  }

  @Test(
    "RR-35 RR-58 stopped runs are repaired node by node, or as a whole", arguments: [true, false])
  func stopped(asWhole: Bool) async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: slow}
          - {name: B, program: ok, after: [A]}
          - {name: C, program: slow}
          - {name: C2, program: ok, after: [C]}
          """, programs: "slow: {type: COMMAND, argv: [block]}")
      let run = try await house.trigger()
      for node in ["A", "C"] { _ = await house.programs.launch(of: node) }
      _ = try await house.stopRun(run)
      #expect(try await house.letters(run, "A B C C2") == "K U K U")
      func finish(_ node: String) async {
        house.programs.base.finish(
          await house.programs.launch(of: node, 2).key, .exited(code: 0))
      }
      if asWhole {
        try await house.rerun(run) { $0.allFailed = true }
        await finish("A")
        await finish("C")
        try await house.end(2, of: run)
        #expect(try await house.letters(run, "A B C C2") == "C C C C")
        _ = await refused("run_completed", .failedPrecondition) {
          try await house.rerun(run) { $0.allFailed = true }
        }
      } else {
        try await house.rerun(run, "A")
        await finish("A")
        try await house.end(2, of: run)
        #expect(try await house.letters(run, "A B C C2") == "C C K U")
        let details = try #require(try await house.details(run).details)
        #expect(details.failures.map(\.node) == ["C"])
        try await house.rerun(run, "C")
        await finish("C")
        try await house.end(3, of: run)
        #expect(try await house.letters(run, "A B C C2") == "C C C C")
      }
      #expect(try await house.status(run) == .completed)
    }
  }

  @Test("RR-38 RR-39 handlers of a node that is run again", arguments: [true, false])
  func handler(failsAgain: Bool) async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: p}
          - {name: H, program: \(failsAgain ? "ok" : "exit1"), after: [A.failure]}
          - {name: X, program: exit1}
          """, more: "on_failure: finish-siblings",
        programs: "p: {type: COMMAND, argv: [fails, \"\(failsAgain ? 9 : 2)\"]}")
      let run = try await house.run()
      try await house.rerun(run, "A")
      try await house.end(2, of: run)
      if failsAgain {
        #expect(try await house.letters(run, "A H X") == "F C F")
        #expect(try await house.attempts(run, "H") == ["1 C FIRST 1", "2 C HANDLER 1"])
      } else {
        #expect(try await house.letters(run, "A H X") == "C S F")
        #expect(try #require(try await house.nodes(run)["H"]).reason == "handler_obsolete")
        #expect(try await house.attempts(run, "H") == ["1 F FIRST 1"])
      }
      #expect(try await house.attempts(run, "X") == ["1 F FIRST 1"])
      let details = try #require(try await house.details(run).details)
      #expect(details.failures.map(\.node) == ["X"])
    }
  }

  @Test("RR-50 a re-run run keeps its place in lists")
  func place() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: A, program: p}",
        programs: "p: {type: COMMAND, argv: [\"${env.WHAT}\", \"1\"]}")
      let oldest = try await house.run(env: ["WHAT": "exit"])
      var runs = [oldest]
      for _ in 0..<2 { runs.insert(try await house.run(env: ["WHAT": "ok"]), at: 0) }
      try await house.rerun(oldest, "A", env: ["WHAT": "block"])
      let launched = await house.programs.launch(of: "A", 4)
      func listed() async throws -> [Wire.RunRecord] {
        let answer = try await house.client.batchRuns(
          .init(programs: [
            .init(appID: "demo", programType: "WORKFLOW", programID: "W", limit: 10)
          ]))
        return try #require(answer.results.first).runs
      }
      var now = try await listed()
      try #require(now.count == 3)
      #expect(now.map(\.runID) == runs)
      #expect(now[2].status == .running && now[2].ended == 0 && now[2].reruns == 1)
      house.programs.base.finish(launched.key, .exited(code: 0))
      try await house.end(2, of: oldest)
      now = try await listed()
      #expect(now.map(\.runID) == runs && now[2].ended > 0 && now[2].status == .completed)
    }
  }

  @Test("RR-51 a re-run is of the version of its run")
  func version() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}\n- {name: B, program: mended, after: [A]}",
        programs: RerunCaseTests.mended)
      let run = try await house.run()
      try await house.deploy(
        nodes: "- {name: A, program: ok}\n- {name: C, program: ok, after: [A]}")
      try await house.rerun(run, "B")
      try await house.end(2, of: run)
      #expect(try await house.letters(run, "A B") == "C C")
    }
  }

  @Test("RR-57 a run whose initialize hook failed begins with it")
  func initialize() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}", more: "initialize: {argv: [fails, \"2\"]}")
      let run = try await house.run()
      #expect(try await house.letters(run, "A") == "S")
      let plan = try await house.rerun(run, "A")
      #expect(plan.moves == ["FAILED STARTING"])
      try await house.end(2, of: run)
      #expect(try await house.status(run) == .completed)
      #expect(try await house.attempts(run, "A") == ["1 C FIRST 1"])
      #expect(house.programs.launches(of: "W").map(\.key.attempt) == [1, 2])
    }
  }

  @Test("RR-52 a re-run that is cut at any unit happened or did not", arguments: 0..<6)
  func cut(units: Int) async throws {
    try await House.with(.sqlite) { house in
      let programs = ScriptedPrograms()
      let store = TroubledStore(house.engineStore)
      let run = try await house.engine(programs, store: store) { engine in
        try await engine.deploy(
          nodes: "- {name: B, program: mended}", programs: RerunCaseTests.mended)
        let run = try await engine.run(env: ["K": "1"])
        store.cut(after: units)
        _ = try? await engine.rerun(run, "B", env: ["K": "2"])
        return run
      }
      try await house.engine(programs) { engine in
        let isOpened = try await engine.environment(run).revision == 2
        #expect(isOpened == (units > 0))
        guard isOpened else {
          #expect(try await engine.status(run) == .failed)
          #expect(try await engine.attempts(run, "B") == ["1 F FIRST 1"])
          return
        }
        try await engine.end(2, of: run)
        #expect(try await engine.letters(run, "B") == "C")
        #expect(try await engine.attempts(run, "B").last?.hasSuffix("2") == true)
        let executed = programs.launches(of: "B").filter {
          $0.key.attempt > 1 && programs.base.starts(of: $0.key) > 0
        }
        #expect(executed.count == 1 && executed.first?.variable("K") == "2")
      }
    }
  }
}
