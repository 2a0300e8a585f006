import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import Testing

/// Hooks, retries and bounds of active runs through the RPCs.
@Suite("Hooks, retries and queues through the RPCs", .timeLimit(.minutes(1)))
struct HookServiceTests {
  @Test("WF-05 a workflow without nodes runs its hooks", arguments: Deployment.allCases)
  func noNodes(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "[]", more: "initialize: {argv: [ok, i]}\nfinish: {argv: [ok, f]}")
      let run = try await house.trigger()
      let events = try await house.end(of: run)
      #expect(try await house.status(run) == .completed)
      let launches = house.programs.launches(of: "W")
      #expect(launches.map(\.argv) == [["ok", "i"], ["ok", "f"]])
      #expect(launches.map { $0.variable("BATON_HOOK") } == ["initialize", "finish"])
      #expect(launches.map { $0.variable("BATON_RUN_STATUS") } == [nil, "COMPLETED"])
      #expect(launches.map { $0.variable("BATON_NODE") } == ["W", "W"])
      #expect(
        events.filter { $0.kind == .attempt && $0.node == "W" }.map(\.to) == [
          "RUNNING", "COMPLETED", "RUNNING", "COMPLETED",
        ])
      // Hooks are seen by the workflow's name; nodes are listed alone.
      #expect(try await house.nodes(run).isEmpty)
      let finish = try await house.client.getAttempt(.init(run: .init(runID: run), node: "W"))
      #expect(finish.attempt?.attempt == 2 && finish.argv == ["ok", "f"])
      let first = try await house.client.getAttempt(
        .init(run: .init(runID: run), node: "W", attempt: 1))
      #expect(first.argv == ["ok", "i"] && first.attempt?.status == .completed)
    }
  }

  @Test("WF-21 an initialize hook that fails", arguments: Deployment.allCases)
  func initializeFails(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}\n- {name: B, program: ok, after: [A]}",
        more: "initialize: {argv: [puts, \"1\", i=1]}\nfinish: {argv: [ok]}")
      let run = try await house.run()
      let answer = try await house.details(run)
      #expect(answer.run?.status == .failed && answer.run?.reason == "exit_nonzero")
      let nodes = try await house.nodes(run)
      #expect(nodes["A"]?.status == .skipped && nodes["A"]?.reason == "run_failed")
      #expect(nodes["B"]?.status == .skipped && nodes["B"]?.reason == "no_edge_satisfied")
      #expect(house.programs.launches(of: "W").map { $0.variable("BATON_HOOK") } == ["initialize"])
      #expect(house.programs.launches(of: "A").isEmpty)
      #expect(try await house.value(run, "i") == "1")
    }
  }

  @Test("WF-22 a finish hook that fails changes no status", arguments: Deployment.allCases)
  func finishFails(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}", more: "finish: {argv: [exit, \"1\"]}")
      let run = try await house.run()
      let answer = try await house.details(run)
      #expect(answer.run?.status == .completed && answer.details?.failures.isEmpty == true)
      #expect(answer.details?.finishError?.message.isEmpty == false)
      let hook = try #require(house.programs.launches(of: "W").first)
      #expect(hook.variable("BATON_RUN_STATUS") == "COMPLETED")
    }
  }

  @Test("WF-13 attempts fail, wait and succeed", arguments: Deployment.allCases)
  func retry(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: p}",
        programs: """
          p: {type: COMMAND, argv: [fails, "3"], retry: {attempts: 3, delay: 100ms, backoff: 2}}
          """)
      let run = try await house.trigger()
      let events = try await house.end(of: run)
      #expect(try await house.status(run) == .completed)
      let attempts = try #require(try await house.nodes(run)["A"]).attempts
      #expect(attempts.map(\.status) == [.failed, .failed, .completed])
      #expect(attempts.map(\.cause) == [.first, .retry, .retry])
      #expect(attempts.map(\.chain) == [1, 1, 1])
      try #require(attempts.count == 3)
      #expect(attempts[1].started - attempts[0].ended >= 100)
      #expect(attempts[2].started - attempts[1].ended >= 200)
      #expect(
        events.filter { $0.kind == .node }.map(\.to) == [
          "RUNNING", "WAITING", "RUNNING", "WAITING", "RUNNING", "COMPLETED",
        ])
    }
  }

  @Test("WF-19 one active run: the next waits, or is rejected", arguments: Deployment.allCases)
  func bounded(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: block}",
        more: "max_active_runs: 1\ninitialize: {argv: [ok]}\nfinish: {argv: [ok]}")
      let first = try await house.client.triggerPipeline(.init(application: "demo", workflow: "W"))
      #expect(first.status == .pending)
      _ = await house.programs.launch(of: "A", in: first.runID)
      let second = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W"))
      #expect(second.status == .pending)
      let third = try await house.trigger()
      _ = try await house.runsDriven()
      #expect(try await house.status(second.runID) == .pending)

      // Stopping the queued one: KILLED at once, no hook ran.
      let stopped = try await house.stopRun(second.runID)
      #expect(stopped.outcome == .stopped && stopped.status == .killed && stopped.proven)
      #expect(stopped.report?.attemptsTotal == 0)
      #expect(!house.programs.launches(of: "W").contains { "\($0.key.run)" == second.runID })
      #expect(try await house.letters(second.runID, "A") == "S")

      // The end of the first lets the next begin.
      #expect(try await house.status(third) == .pending)
      await house.programs.finish("A")
      _ = await house.programs.launch(of: "A", in: third)
      await house.programs.finish("A", at: 2)
      try await house.end(of: third)
      try await house.end(of: first.runID)
    }
  }

  @Test("WF-19 a full workflow rejects", arguments: Deployment.allCases)
  func rejects(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: block}\n- {name: B, program: ok, after: [A]}",
        more: "max_active_runs: 1\nwhen_full: reject")
      let first = try await house.trigger()
      let answer = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W", requestID: "r"))
      #expect(answer.status == .rejected)
      let record = try #require(try await house.details(answer.runID).run)
      #expect(record.status == .rejected && record.reason == "active_runs_full")
      #expect(record.ended > 0 && record.started == 0)
      let nodes = try await house.nodes(answer.runID)
      #expect(nodes.values.allSatisfy { $0.attemptsTotal == 0 && $0.status == .skipped })
      #expect(try await house.end(of: answer.runID).map(\.to) == ["REJECTED"])
      await house.programs.finish("A")
      try await house.end(of: first)
      // The first answer, also when there is room again.
      let repeated = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W", requestID: "r"))
      #expect(repeated.replayed && repeated.runID == answer.runID && repeated.status == .rejected)
    }
  }
}
