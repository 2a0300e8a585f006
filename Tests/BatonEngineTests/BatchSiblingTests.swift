import BatonCore
import BatonEngine
import BatonStore
import BatonWire
import Testing

/// Cases of BatchStatus, BatchStart and BatchStop (BR-21, BR-22, BR-23).
@Suite("BatchStatus, BatchStart and BatchStop", .timeLimit(.minutes(2))) struct BatchSiblingTests {
  private func status(
    _ house: EngineFixture, _ ids: [(String, String)], version: UInt32 = 0
  ) async throws -> [String] {
    let programs = ids.map { type, id in
      Wire.BatchStatusProgram(appID: "demo", programType: type, programID: id, version: version)
    }
    return try await house.client.batchStatus(.init(programs: programs)).results.map { result in
      let state: [Wire.ProgramState: String] = [
        .running: "RUNNING", .starting: "STARTING", .stopped: "STOPPED",
      ]
      return result.statusCode == 200
        ? "\(state[result.status] ?? "?") \(result.activeRuns)"
        : "\(result.statusCode) \(result.reason)"
    }
  }

  /// Records a status of a run that nothing has led to.
  private func set(_ house: EngineFixture, _ run: String, _ status: RunStatus) async throws {
    let id = try #require(RunID(run))
    try await house.engine.store.commit { writer in
      var state = try writer.run(
        RunLocator(
          namespace: "", application: "", workflow: "", runID: run)
      ).state
      let old = state.status
      state.status = status
      try writer.updateRun(id, state, expecting: old)
    }
  }

  @Test("BR-21: whether programs run", arguments: Deployment.allCases)
  func states(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let w = [("workflow", "W")]
      #expect(try await status(house, w) == ["STOPPED 0"])
      let pending = try await house.pendingRun()
      #expect(try await status(house, w) == ["STARTING 1"])
      let expected: [(RunStatus, String)] = [
        (.starting, "STARTING 1"), (.running, "RUNNING 1"), (.suspended, "RUNNING 1"),
        (.resuming, "RUNNING 1"), (.stopping, "RUNNING 1"), (.killed, "STOPPED 0"),
      ]
      for (state, answer) in expected {
        try await set(house, pending, state)
        #expect(try await status(house, w) == [answer], "\(state)")
      }
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      try await house.deploy(nodes: "- {name: A, program: ok}\n- {name: B, program: nothing}")
      let other = try await house.run()
      #expect(try await status(house, w) == ["RUNNING 1"])
      #expect(try await status(house, w, version: 1) == ["RUNNING 1"])
      #expect(try await status(house, w, version: 2) == ["STOPPED 0"])
      #expect(
        try await status(
          house,
          [
            ("COMMAND", "block"), ("COMMAND", "ok"), ("NOOP", "nothing"), ("WORKFLOW", "block"),
            ("Flux", "W"), ("WORKFLOW", ""), ("SPARK", "block"),
          ]) == [
            "RUNNING 1", "STOPPED 0", "STOPPED 0", "404 program_not_found",
            "400 program_type_invalid", "400 name_missing", "404 program_not_found",
          ])
      await house.programs.finish("A")
      try await house.end(of: run)
      #expect(try await status(house, w + [("COMMAND", "block")]) == ["STOPPED 0", "STOPPED 0"])
      #expect(try await house.status(other) == .completed)
      let many = [Wire.BatchStatusProgram](
        repeating: .init(appID: "demo", programType: "WORKFLOW", programID: "W"), count: 1001)
      _ = await refused("batch_too_large") {
        _ = try await house.client.batchStatus(.init(programs: many))
      }
      _ = await refused("name_invalid") {
        _ = try await house.client.batchStatus(.init(programs: [.init()], namespace: "a b"))
      }
      #expect(try await house.client.batchStatus(.init()).results.isEmpty)
    }
  }

  @Test("BR-22: workflows are started, each once", arguments: Deployment.allCases)
  func start(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}", more: "arguments: {who: {required: true}}")
      func program(
        _ id: String, type: String = "WORKFLOW", _ arguments: [String: String] = ["who": "me"],
        env: [String: String] = [:], version: UInt32 = 0
      ) -> Wire.BatchStartProgram {
        .init(
          appID: "demo", programType: type, programID: id, arguments: arguments, env: env,
          version: version)
      }
      let programs = [
        program("W"), program("unknown"), program("ok", type: "COMMAND"), program("W", [:]),
        program("W", env: ["1x": "1"]), program("W", version: 9), program("W", type: "workflow"),
      ]
      func start(
        _ programs: [Wire.BatchStartProgram], _ id: String = "", namespace: String = ""
      ) async throws -> [Wire.BatchStartResult] {
        try await house.client.batchStart(
          .init(programs: programs, namespace: namespace, requestID: id)
        ).results
      }
      let first = try await start(programs, "r")
      #expect(
        first.map { "\($0.statusCode) \($0.reason)" } == [
          "200 ", "404 program_not_found", "400 not_a_workflow", "400 argument_missing",
          "400 env_name_invalid", "404 version_not_found", "200 ",
        ])
      #expect(first[0].status == .pending && first[6].programType == "WORKFLOW")
      #expect(first[0].runID != first[6].runID)
      for index in [0, 6] { try await house.end(of: first[index].runID) }
      #expect(try await house.status(first[0].runID) == .completed)
      // The same answer, although the runs have ended, and no further runs.
      #expect(try await start(programs, "r") == first)
      #expect(
        try await house.client.listRuns(.init(application: "demo", workflow: "W")).runs.count == 2)
      // Another body under the same id and index is refused, alone.
      let changed = try await start([program("W", ["who": "you"]), program("W")], "r")
      #expect(changed.map(\.reason) == ["request_id_reused", ""])
      #expect(changed[0].statusCode == 409 && changed[1].statusCode == 200)
      let runs = try await start([program("W"), program("W")])
      #expect(Set(runs.map(\.runID)).count == 2)
      let created = try await house.client.listRuns(.init(application: "demo", workflow: "W")).runs
        .map(\.runID)
      #expect(Array(created.prefix(2)) == runs.reversed().map(\.runID), "in request order")
      _ = await refused("request_id_invalid") { _ = try await start([program("W")], "ü") }
      _ = await refused("name_invalid") {
        _ = try await start([program("W")], namespace: "a b")
      }
      #expect(try await start([]).isEmpty)
    }
  }

  @Test("BR-23: the runs of a program are stopped", arguments: Deployment.allCases)
  func stop(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      func program(
        _ id: String = "W", run: String = "", type: String = "WORKFLOW", version: UInt32 = 0
      ) -> Wire.BatchStopProgram {
        .init(appID: "demo", programType: type, programID: id, runID: run, version: version)
      }
      func stop(
        _ programs: [Wire.BatchStopProgram], _ id: String = ""
      ) async throws -> [Wire.BatchStopResult] {
        try await house.client.batchStop(.init(programs: programs, requestID: id)).results
      }
      let first = try await house.trigger()
      let second = try await house.trigger()
      _ = await house.programs.launch(of: "A", 2)
      let answer = try await stop([program()], "r")
      #expect(answer.count == 1 && answer[0].statusCode == 200)
      #expect(answer[0].runIDs == [first, second])
      for run in [first, second] {
        try await house.end(of: run)
        #expect(try await house.status(run) == .killed)
      }
      #expect(try await stop([program()])[0].runIDs.isEmpty)
      // The same id has the same answer; another body is refused.
      #expect(try await stop([program()], "r") == answer)
      _ = await refused("request_id_reused", .alreadyExists) {
        _ = try await stop([program(version: 1)], "r")
      }
      let third = try await house.trigger()
      let fourth = try await house.trigger()
      _ = await house.programs.launch(of: "A", 4)
      let other = "01a20000-0000-7000-8000-000000000000"
      let results = try await stop([
        program(run: third), program(run: first), program(run: other), program("nosuch"),
        program("block", type: "COMMAND"), program(version: 2), program(run: "unbrought"),
      ])
      #expect(
        results.map { "\($0.statusCode) \($0.reason)" } == [
          "200 ", "200 ", "404 run_not_found", "404 program_not_found", "400 not_a_workflow",
          "404 version_not_found", "404 run_not_found",
        ])
      #expect(results[0].runIDs == [third] && results[1].runIDs.isEmpty)
      try await house.end(of: third)
      #expect(try await house.status(fourth) == .running)
      #expect(try await stop([program(), program()]).map(\.runIDs) == [[fourth], [fourth]])
      try await house.end(of: fourth)
    }
  }
}
