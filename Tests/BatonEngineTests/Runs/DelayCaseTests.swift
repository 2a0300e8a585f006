import BatonCore
import BatonEngine
import BatonExec
import BatonWire
import Testing

/// Retries and delays with the clock (G38, G39, RE94).
@Suite("Cases of delays", .timeLimit(.minutes(1))) struct DelayCaseTests {
  @Test("WF-13 fails twice, then completes", arguments: Deployment.allCases)
  func retries(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms { .end(.exited(code: $0.key.attempt < 3 ? 1 : 0)) }
      try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: """
            - {name: A, program: ok, retry: {attempts: 3, delay: 100ms, backoff: 2}}
            - {name: B, program: nothing, after: [A]}
            """)
        let run = try await engine.trigger()
        let events = try await engine.end(of: run)
        #expect(try await engine.letters(run, "A B") == "C C")
        let attempts = try engine.attempts(run, of: "A")
        #expect(attempts.map(\.status) == [.failed, .failed, .completed])
        let gaps = zip(attempts, attempts.dropFirst()).map { earlier, later in
          later.started.milliseconds - (earlier.ended?.milliseconds ?? 0)
        }
        #expect(gaps.count == 2 && gaps[0] >= 100 && gaps[1] >= 200)
        #expect(events.filter { $0.node == "A" && $0.to == "WAITING" }.count == 2)
      }
    }
  }

  @Test("delays end on time after a return, those that fell due at once (G58)")
  func returns() async throws {
    try await House.with(.sqlite) { house in
      let programs = ScriptedPrograms { .end(.exited(code: $0.key.attempt < 2 ? 1 : 0)) }
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: """
            - {name: A, program: ok, retry: {attempts: 2, delay: 300ms}}
            - {name: B, program: nothing, wait_before: 300ms}
            """)
        let run = try await engine.trigger()
        try await engine.node("A", of: run, is: "WAITING")
        try await engine.node("B", of: run, is: "WAITING")
        return run
      }
      try await house.engine(programs) { engine in
        try await engine.end(of: run)
        #expect(try await engine.letters(run, "A B") == "C C")
        let attempts = try engine.attempts(run, of: "A")
        #expect(attempts.map(\.cause) == [.first, .retry])
        let ended = attempts[0].ended?.milliseconds ?? 0
        #expect(attempts[1].started.milliseconds - ended >= 300)
      }
    }
  }

  @Test("a stop ends delays, and the run with them")
  func stopped() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: exit1, retry: {attempts: 2, delay: 1h}}
          - {name: B, program: ok, wait_before: 1h}
          """)
      let run = try await house.trigger()
      try await house.node("A", of: run, is: "WAITING")
      try await house.stop(run)
      try await house.end(of: run)
      #expect(try await house.letters(run, "A B") == "K S")
      #expect(try house.stored(run).status == .killed)
    }
  }

  @Test(
    "WF-43 limits end a program, and the message names them",
    arguments: [
      ("output_bytes: 1000", "head -c 2000 /dev/zero; sleep 60", "output_bytes"),
      ("cpu_time: 100ms", "while :; do :; done", "cpu_time"),
    ])
  func limits(limit: String, script: String, name: String) async throws {
    try await EngineFixture.withProcesses(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: A, program: p, limits: {\(limit)}, stop_grace: 100ms}",
        programs: "p: {type: COMMAND, argv: [/bin/sh, -c, \(JSONString.quoted(script))]}")
      let run = try await house.run()
      let attempt = try #require(try house.attempts(run, of: "A").first)
      #expect(attempt.reason == "limit_exceeded")
      #expect(attempt.message?.contains(name) == true)
      #expect(attempt.ending != nil && attempt.limitsUnenforced.isEmpty)
      #expect(ProcessCaseTests.processes(of: run).isEmpty)
    }
  }
}
