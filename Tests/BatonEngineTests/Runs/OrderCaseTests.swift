import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Orders to runs, and the bound of active runs (G36, G44–G46).
@Suite("Cases of orders", .timeLimit(.minutes(1))) struct OrderCaseTests {
  @Test("WF-15 suspend a fork, and resume it", arguments: Deployment.allCases)
  func suspend(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: block}
          - {name: C, program: ok, after: [A, B]}
          """)
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "B")
      #expect(try await house.status(after: .suspend, to: run) == .suspended)
      await house.programs.finish("A")
      await house.programs.finish("B")
      try await house.node("B", of: run, is: "COMPLETED")
      #expect(try await house.letters(run, "A B C") == "C C –")
      _ = await refused("run_already_suspended", .failedPrecondition) {
        _ = try await house.order(.suspend, to: run)
      }
      #expect(try await house.status(after: .resume, to: run) == .running)
      try await house.end(of: run)
      #expect(try await house.status(run) == .completed)
    }
  }

  @Test("a suspended run stays so over a return")
  func suspendedReturn() async throws {
    try await House.with(.sqlite) { house in
      let programs = ScriptedPrograms()
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: "- {name: A, program: block}\n- {name: B, program: ok, after: [A]}")
        let run = try await engine.trigger()
        _ = await programs.launch(of: "A")
        _ = try await engine.order(.suspend, to: run)
        return run
      }
      await programs.finish("A")
      try await house.engine(programs) { engine in
        try await engine.node("A", of: run, is: "COMPLETED")
        #expect(try await engine.letters(run, "A B") == "C –")
        _ = try await engine.order(.resume, to: run)
        try await engine.end(of: run)
        #expect(try await engine.status(run) == .completed)
      }
    }
  }

  @Test("WF-18 stop: what runs is killed, finish is executed", arguments: Deployment.allCases)
  func stop(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: block}\n- {name: B, program: ok, after: [A]}",
        more: "finish: {argv: [ok]}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      let order = RunOrder.stop(StopOrder(graceMS: 60_000, reason: "why", principal: "me"))
      #expect(try await house.status(after: order, to: run) == .stopping)
      try await house.end(of: run)
      #expect(try await house.letters(run, "A B") == "K U")
      let state = try house.stored(run)
      #expect(state.status == .killed && state.reason == "run_stopped")
      #expect(state.stop == StopOrder(graceMS: 60_000, reason: "why", principal: "me"))
      let attempt = try #require(try house.attempts(run, of: "A").first)
      #expect(attempt.ending?.means == .term && attempt.ending?.survivors.isEmpty == true)
      #expect(attempt.ending?.proof == .cgroup)
      #expect(
        await house.programs.launch(of: "W").variable("BATON_RUN_STATUS") == "KILLED")
      // G46: a run that has ended.
      #expect(try await house.status(after: order, to: run) == .killed)
      _ = await refused("run_ended", .failedPrecondition) {
        _ = try await house.order(.suspend, to: run)
      }
      let unknown = "01900000-0000-7000-8000-000000000000"
      _ = await refused("run_not_found", .notFound) {
        _ = try await house.order(.resume, to: unknown)
      }
    }
  }

  @Test("a stop that a return interrupts is completed (G58)")
  func stopReturn() async throws {
    try await House.with(.sqlite) { house in
      let programs = ScriptedPrograms()
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(nodes: "- {name: A, program: block}")
        let run = try await engine.trigger()
        _ = await programs.launch(of: "A")
        programs.refuse(.kill, times: 1_000)
        try await engine.stop(run)
        return run
      }
      programs.refuse(.kill, times: 0)
      try await house.engine(programs) { engine in
        try await engine.end(of: run)
        #expect(try engine.stored(run).status == .killed)
      }
    }
  }

  @Test("CT7 a repeated order gets its first answer, whatever the status is by then")
  func remembered() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      let call = RememberedCall(
        key: RequestKey(scope: "test", id: "r"), bodyHash: [1],
        answer: { Array($0.state.status.word.utf8) })
      _ = try await house.order(.suspend, to: run, remembering: call)
      for ends in [false, true] {
        if ends {
          await house.programs.finish("A")
          try await house.end(of: run)
        }
        guard
          case .remembered(let answer) = try await house.order(
            .suspend, to: run, remembering: call)
        else {
          Issue.record("not remembered")
          return
        }
        #expect(String(decoding: answer, as: UTF8.self) == "SUSPENDED")
        var other = call
        other.bodyHash = [2]
        _ = await refused("request_id_reused", .alreadyExists) {
          _ = try await house.order(.suspend, to: run, remembering: other)
        }
      }
    }
  }

  @Test("refused orders are not remembered (CT7)")
  func refusedNotRemembered() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      let call = RememberedCall(
        key: RequestKey(scope: "test", id: "r"), bodyHash: [1], answer: { _ in [7] })
      _ = await refused("run_not_suspended", .failedPrecondition) {
        _ = try await house.order(.resume, to: run, remembering: call)
      }
      _ = try await house.order(.suspend, to: run)
      guard case .done(let answer) = try await house.order(.resume, to: run, remembering: call)
      else {
        Issue.record("remembered")
        return
      }
      #expect(answer.state.status == .running)
      try await house.stop(run)
      try await house.end(of: run)
    }
  }

  // MARK: - G36

  @Test(
    "WF-19 runs wait for their turn, oldest first; one is stopped in the queue",
    arguments: Deployment.allCases)
  func queue(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms()
      var runs: [String] = []
      runs = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: "- {name: A, program: block}",
          more: "max_active_runs: 1\ninitialize: {argv: [ok]}")
        var runs: [String] = []
        for _ in 0..<4 { runs.append(try await engine.trigger()) }
        _ = await programs.launch(of: "A")
        #expect(
          try runs.map { try engine.stored($0).status } == [
            .running, .pending, .pending, .pending,
          ])
        try await engine.stop(runs[1])
        #expect(try engine.stored(runs[1]).status == .killed)
        return runs
      }
      // The queue is known again after a return.
      try await house.engine(programs) { engine in
        #expect(try engine.stored(runs[2]).status == .pending)
        await programs.finish("A")
        try await engine.end(of: runs[0])
        let next = await programs.launch(of: "A", 2)
        #expect(next.key.run.description == runs[2])
        #expect(try engine.stored(runs[3]).status == .pending)
        await programs.finish("A", at: 2)
        #expect(await programs.launch(of: "A", 3).key.run.description == runs[3])
        await programs.finish("A", at: 3)
        try await engine.end(of: runs[3])
        #expect(programs.launches(of: "W").count == 3)
        #expect(try await engine.runsDriven() == 0)
      }
    }
  }

  @Test("two may be active: ends let as many begin")
  func twoActive() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "- {name: A, program: block}", more: "max_active_runs: 2")
      var runs: [String] = []
      for _ in 0..<5 { runs.append(try await house.trigger()) }
      for launch in 1...5 {
        let spec = await house.programs.launch(of: "A", launch)
        #expect(spec.key.run.description == runs[launch - 1])
        if launch >= 2 { await house.programs.finish("A", at: launch - 1) }
      }
      await house.programs.finish("A", at: 5)
      for run in runs { try await house.end(of: run) }
    }
  }
}
