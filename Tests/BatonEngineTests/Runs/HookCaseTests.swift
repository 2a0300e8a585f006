import BatonCore
import BatonEngine
import BatonExec
import BatonWire
import Testing

/// Hooks as programs (G49–G51).
@Suite("Cases of hooks", .timeLimit(.minutes(1))) struct HookCaseTests {
  @Test("WF-05 nodes: [] with both hooks: executed once each", arguments: Deployment.allCases)
  func noNodes(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        """
        baton: 1
        application: demo
        workflows:
          W:
            initialize: {argv: [ok]}
            finish: {argv: [ok]}
            nodes: []
        """)
      let run = try await house.run()
      #expect(try await house.status(run) == .completed)
      _ = await house.programs.launch(of: "W", 2)
      let launches = house.programs.launches(of: "W")
      #expect(launches.map { $0.variable("BATON_HOOK") } == ["initialize", "finish"])
      #expect(launches.map(\.key.attempt) == [1, 2])
    }
  }

  @Test("TK-05, WF-22 what hooks put and see; finish fails", arguments: Deployment.allCases)
  func putsAndFails(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: reads}",
        more: """
          initialize: {argv: [puts, "0", "i=1"], env: {MODE: "${arg.mode:-none}"}}
          finish: {argv: [puts, "1", "d=2", "last=${token.a}"]}
          """,
        programs: "reads: {type: COMMAND, argv: [puts, \"0\", \"a=${token.i}\"]}")
      let run = try await house.run(["mode": "x"])
      #expect(try await house.status(run) == .completed)
      #expect(try await house.entries(run, of: "W") == ["i=1", "d=2", "last=1"])
      #expect(try await house.value(run, "a") == "1")
      let first = await house.programs.launch(of: "W")
      #expect(first.variable("BATON_NODE") == "W" && first.variable("MODE") == "x")
      #expect(first.variable("BATON_RUN_STATUS") == nil)
      #expect(first.file("BATON_TOKEN_JSON")?.contains("\"USER\":{}") == true)
      let finish = await house.programs.launch(of: "W", 2)
      #expect(finish.variable("BATON_RUN_STATUS") == "COMPLETED")
      #expect(finish.argv == ["puts", "1", "d=2", "last=1"])
      #expect(try house.stored(run).finishFailure?.reason == "exit_nonzero")
      #expect(house.programs.launches(of: "A").first?.variable("BATON_HOOK") == nil)
    }
  }

  @Test("WF-21 initialize fails after it has put", arguments: Deployment.allCases)
  func initializeFails(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}\n- {name: B, program: ok, after: [A]}",
        more: "initialize: {argv: [puts, \"1\", \"i=1\"]}\nfinish: {argv: [ok]}")
      let run = try await house.run()
      #expect(try await house.status(run) == .failed)
      #expect(try await house.letters(run, "A B") == "S S")
      let nodes = try await house.nodes(run)
      #expect(nodes["A"]?.reason == "run_failed" && nodes["B"]?.reason == "no_edge_satisfied")
      #expect(try await house.value(run, "i") == "1")
      #expect(house.programs.launches(of: "W").count == 1)
      #expect(try house.stored(run).failures.map(\.node) == [""])
    }
  }

  @Test("a template of a hook without value is its failure (G31)")
  func unresolved() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}", more: "initialize: {argv: [\"${arg.none}\"]}")
      let run = try await house.run()
      #expect(try await house.status(run) == .failed)
      #expect(try house.stored(run).reason == "template_unresolved")
      #expect(house.programs.launches(of: "W").isEmpty)
      // The slot it had taken is free.
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("hooks go on over a return, and are not executed again", arguments: Deployment.allCases)
  func returns(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms()
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: "- {name: A, program: ok}",
          more: "initialize: {argv: [block]}\nfinish: {argv: [block]}")
        let run = try await engine.trigger()
        _ = await programs.launch(of: "W")
        return run
      }
      try await house.engine(programs) { engine in
        let status = try engine.stored(run).status
        #expect(status == .starting)
        await programs.finish("W")
        _ = await programs.launch(of: "W", 2)
      }
      try await house.engine(programs) { engine in
        await programs.finish("W", at: 2)
        try await engine.end(of: run)
        #expect(try await engine.status(run) == .completed)
        #expect(programs.launches(of: "W").count == 2)
        #expect(try engine.attempts(run, of: "W").map(\.hook) == [.initialize, .finish])
      }
    }
  }
}
