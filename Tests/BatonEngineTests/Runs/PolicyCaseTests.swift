import BatonCore
import BatonEngine
import BatonExec
import BatonWire
import Testing

/// The policies of nodes through the services (RE90–RE101).
@Suite("Cases of policies", .timeLimit(.minutes(1))) struct PolicyCaseTests {
  static func gaps(_ attempts: [AttemptRecord]) -> [Int64] {
    zip(attempts, attempts.dropFirst()).map { earlier, later in
      later.started.milliseconds - (earlier.ended?.milliseconds ?? 0)
    }
  }

  @Test("RR-54 retry.on, growing gaps up to the longest", arguments: Deployment.allCases)
  func retryOn(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms { .end(.exited(code: $0.argv[0] == "seventy" ? 75 : 1)) }
      try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: """
            - name: A
              program: seventy
              retry: {attempts: 4, delay: 100ms, backoff: 2, max_delay: 300ms, on: [75]}
            - {name: B, program: ok, retry: {attempts: 4, delay: 100ms, on: [75]}}
            """, more: "on_failure: finish-siblings",
          programs: "seventy: {type: COMMAND, argv: [seventy]}")
        let run = try await engine.run()
        let gaps = Self.gaps(try engine.attempts(run, of: "A"))
        #expect(gaps.count == 3 && zip(gaps, [100, 200, 300]).allSatisfy { $0 >= $1 })
        #expect(gaps.allSatisfy { $0 < 1_000 })
        #expect(try engine.attempts(run, of: "B").count == 1)
      }
    }
  }

  @Test("RR-55 continue_on, break_on and fail_on", arguments: Deployment.allCases)
  func expressions(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { engine in
      try await engine.deploy(
        nodes: """
          - name: A
            program: counts
            retry: {attempts: 5, continue_on: "int(token('n')) < 3"}
          - {name: B, program: nine, retry: {attempts: 5, break_on: "exit_code() = 9"}}
          - {name: C, program: good, fail_on: "1"}
          - {name: D, program: good, fail_on: "NULL"}
          """, more: "on_failure: finish-siblings",
        programs: """
          counts:
            type: COMMAND
            argv: [/bin/sh, -c, 'echo "n=$BATON_ATTEMPT" >> "$BATON_TOKEN_FILE"']
          nine: {type: COMMAND, argv: [/bin/sh, -c, "exit 9"]}
          good: {type: COMMAND, argv: [/bin/true]}
          """)
      let run = try await engine.run()
      #expect(try await engine.letters(run, "A B C D") == "C F F F")
      #expect(
        try engine.attempts(run, of: "A").map(\.status) == [.completed, .completed, .completed])
      #expect(try engine.attempts(run, of: "B").map(\.reason) == ["exit_nonzero"])
      #expect(try engine.attempts(run, of: "C").map(\.reason) == ["fail_on"])
      #expect(try engine.attempts(run, of: "D").map(\.reason) == ["policy_invalid"])
      #expect(try await engine.value(run, "n", node: "A") == "3")
    }
  }

  @Test("RR-41 pause_before, then wait_before, then the attempt", arguments: Deployment.allCases)
  func pauseBefore(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { engine in
      try await engine.deploy(
        nodes: """
          - {name: A, program: ok}
          - name: B
            program: ok
            after: [A]
            pause_before: "status('A') = 'COMPLETED'"
            wait_before: 200ms
          """)
      let run = try await engine.trigger()
      try await engine.event(of: run) { $0.kind == .run && $0.to == "SUSPENDED" && $0.cause == "B" }
      #expect(try await engine.letters(run, "A B") == "C –")
      _ = try await engine.resumeRun(run)
      try await engine.end(of: run)
      let events = try await engine.end(of: run)
      #expect(try await engine.letters(run, "A B") == "C C")
      #expect(events.filter { $0.to == "SUSPENDED" }.count == 1)
      #expect(
        events.filter { $0.kind == .node && $0.node == "B" }.map(\.to)
          == ["WAITING", "RUNNING", "COMPLETED"])
    }
  }

  @Test("a paused run that returns still holds its attempt (RE95, G58)")
  func pauseReturns() async throws {
    try await House.with(.sqlite) { house in
      let run = try await house.engine { engine in
        try await engine.deploy(
          nodes: "- {name: A, program: ok, pause_before: true, wait_after: 100ms}")
        let run = try await engine.trigger()
        try await engine.event(of: run) { $0.to == "SUSPENDED" }
        return run
      }
      try await house.engine { engine in
        #expect(engine.programs.launches(of: "A").isEmpty)
        _ = try await engine.resumeRun(run)
        let events = try await engine.end(of: run)
        #expect(
          events.filter { $0.kind == .node }.map(\.to) == ["RUNNING", "WAITING", "COMPLETED"])
        #expect(engine.programs.launches(of: "A").count == 1)
      }
    }
  }

  @Test(
    "numbers of policies from arguments; a bad one is policy_invalid",
    arguments: Deployment.allCases)
  func templates(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { engine in
      try await engine.deploy(
        nodes: """
          - name: A
            program: exit1
            wait_before: "${arg.wait}"
            retry: {attempts: "${arg.n}", delay: 50ms}
          """)
      let run = try await engine.run(["n": "3", "wait": "100ms"])
      #expect(try engine.attempts(run, of: "A").count == 3)
      let bad = try await engine.run(["n": "0", "wait": "0s"])
      #expect(try engine.attempts(bad, of: "A").map(\.reason) == ["policy_invalid"])
      let missing = try await engine.run(["n": "1"])
      #expect(try engine.attempts(missing, of: "A").map(\.reason) == ["template_unresolved"])
    }
  }

  @Test("publishing on outcomes, with reason and exit code (RE96)", arguments: Deployment.allCases)
  func publishing(deployment: Deployment) async throws {
    try await EngineFixture.with(
      deployment, limits: TokenLimits(maximumValueBytes: 16)
    ) { engine in
      try await engine.deploy(
        nodes: """
          - name: A
            program: exit3
            retry: {attempts: 2}
            on_failure: {publish: {why: "${reason} ${exit_code}"}}
          - name: B
            program: nothing
            on_success: {publish: {k: "${arg.x}"}}
            on_complete: {publish: {k: both}}
          - {name: C, program: ok, on_success: {publish: {k: "${token.none}"}}}
          - {name: D, program: ok, on_success: {publish: {k: "more than sixteen bytes"}}}
          """, more: "on_failure: finish-siblings")
      let run = try await engine.run(["x": "1"])
      #expect(try await engine.letters(run, "A B C D") == "F C F F")
      #expect(try await engine.value(run, "why", node: "A") == "exit_nonzero 3")
      #expect(try await engine.value(run, "k", node: "B") == "both")
      for node in ["C", "D"] {
        #expect(try engine.attempts(run, of: node).map(\.reason) == ["publish_failed"])
        #expect(try await engine.entries(run, of: node).isEmpty)
      }
    }
  }

  @Test("node_timeout ends the chain, the attempt and its retries (RE93)")
  func nodeTimeout() async throws {
    try await EngineFixture.with(.sqlite) { engine in
      try await engine.deploy(
        nodes: """
          - {name: A, program: block, node_timeout: 300ms, retry: {attempts: 5}}
          - {name: B, program: exit1, node_timeout: 3s, retry: {attempts: 5, delay: 1h}}
          """, more: "on_failure: finish-siblings")
      let run = try await engine.run()
      #expect(try await engine.letters(run, "A B") == "F F")
      #expect(try engine.attempts(run, of: "A").map(\.reason) == ["node_timeout"])
      #expect(try engine.attempts(run, of: "B").map(\.reason) == ["exit_nonzero"])
      #expect(try await engine.nodes(run)["B"]?.reason == "node_timeout")
    }
  }

  @Test("RR-53 safe_rerun makes a lost attempt again", arguments: [false, true])
  func safeRerun(isSafe: Bool) async throws {
    try await House.with(.sqlite) { house in
      let programs = ScriptedPrograms { $0.key.attempt == 1 ? .end(.lost) : .end(.exited(code: 0)) }
      try await house.engine(programs) { engine in
        try await engine.deploy(nodes: "- {name: A, program: ok, safe_rerun: \(isSafe)}")
        let run = try await engine.run()
        let attempts = try engine.attempts(run, of: "A")
        #expect(attempts.first?.reason == "shim_lost")
        #expect(attempts.map(\.cause) == (isSafe ? [.first, .recovery] : [.first]))
        #expect(try await engine.letters(run, "A") == (isSafe ? "C" : "F"))
      }
    }
  }

  @Test("concurrency of a workflow: two at once, in graph order (RE99)")
  func concurrency() async throws {
    try await EngineFixture.with(.memory) { engine in
      try await engine.deploy(
        nodes: (0..<5).map { "- {name: n\($0), program: block}" }.joined(separator: "\n"),
        more: "concurrency: 2")
      let run = try await engine.trigger()
      for index in 0..<5 {
        _ = await engine.programs.launch(of: "n\(index)")
        let running = try await engine.nodes(run).values.count { $0.status == .running }
        #expect(running <= 2)
        await engine.programs.finish("n\(index)")
      }
      try await engine.end(of: run)
      #expect(try engine.stored(run).status == .completed)
    }
  }
}
