import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Engines that end at any point and return on the same stores (G58–G61).
@Suite("Cases of returns", .timeLimit(.minutes(1))) struct ReturnCaseTests {
  @Test("WF-33 an end between recorded start and claim", arguments: Deployment.allCases)
  func notStarted(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms { $0.key.attempt == 1 ? .vanish : .end(.exited(code: 0)) }
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: "- {name: A, program: ok}\n- {name: B, program: nothing, after: [A]}")
        let run = try await engine.trigger()
        _ = await programs.launch(of: "A")
        return run
      }
      try await house.engine(programs) { engine in
        try await engine.end(of: run)
        let node = try #require(try await engine.nodes(run)["A"])
        #expect(node.attempts.map(\.reason) == ["not_started", ""])
        #expect(node.attempts.map(\.cause) == [.first, .recovery])
        #expect(try await engine.letters(run, "A B") == "C C")
        let key = await programs.launch(of: "A", 2).key
        #expect(key.attempt == 2 && programs.base.starts(of: key) == 1)
        #expect(try await engine.status(run) == .completed)
      }
    }
  }

  @Test("outcomes that came while no engine ran", arguments: Deployment.allCases)
  func meanwhile(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms()
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: """
            - {name: A, program: block}
            - {name: B, program: block}
            - {name: C, program: ok, after: [A, B]}
            """)
        let run = try await engine.trigger()
        _ = await programs.launch(of: "A")
        _ = await programs.launch(of: "B")
        return run
      }
      await programs.finish("A")
      try await house.engine(programs) { engine in
        try await engine.node("A", of: run, is: "COMPLETED")
        #expect(try await engine.letters(run, "A B C") == "C R –")
        await programs.finish("B")
        let events = try await engine.end(of: run)
        #expect(try await engine.letters(run, "A B C") == "C C C")
        #expect(events.map(\.event) == Array(1...UInt64(events.count)))
        #expect(events.filter { $0.kind == .attempt && $0.to != "RUNNING" }.count == 3)
      }
    }
  }

  @Test("a recorded kill is completed, and slots are counted anew", arguments: Deployment.allCases)
  func intent(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms()
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: "- {name: A, program: block, timeout: 1d}\n- {name: B, program: ok, after: [A]}")
        let run = try await engine.trigger()
        _ = await programs.launch(of: "A")
        return run
      }
      let id = try #require(RunID(run))
      try await house.engineStore.commit { writer in
        guard var attempt = try writer.attempt(AttemptID(run: id, node: "A", attempt: 1)) else {
          return
        }
        attempt.killReason = "node_timeout"
        try writer.updateAttempt(attempt)
      }
      try await house.engine(programs, slots: 1) { engine in
        try await engine.end(of: run)
        #expect(try await engine.letters(run, "A B") == "F U")
        #expect(try await engine.nodes(run)["A"]?.reason == "node_timeout")
        // The slot is free again.
        let next = try await engine.trigger()
        await programs.finish("A", at: 2)
        try await engine.end(of: next)
        #expect(try await engine.status(next) == .completed)
      }
    }
  }

  @Test("runs that had not begun begin at the return", arguments: Deployment.allCases)
  func pending(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms()
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(nodes: "- {name: A, program: ok}")
        return try await engine.trigger()
      }
      try await house.engine(programs) { engine in
        try await engine.end(of: run)
        #expect(try await engine.status(run) == .completed)
      }
    }
  }
}

extension ScriptedPrograms {
  /// Ends the program of a node's launch by its number.
  func finish(_ node: String, at launch: Int) async {
    base.finish(await self.launch(of: node, launch).key, .exited(code: 0))
  }
}
