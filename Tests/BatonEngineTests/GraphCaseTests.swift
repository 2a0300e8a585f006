import BatonEngine
import BatonExec
import BatonWire
import Testing

/// Graphs and joins of workflow.md §13, through the RPCs.
@Suite("Cases of graphs", .timeLimit(.minutes(1))) struct GraphCaseTests {
  @Test("WF-01 a chain: each once, in order, attempt 1", arguments: Deployment.allCases)
  func chain(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: ok}
          - {name: B, program: ok, after: [A]}
          - {name: C, program: ok, after: [B]}
          """)
      let run = try await house.trigger()
      let events = try await house.end(of: run)
      #expect(
        events.filter { $0.kind == .run }.map(\.to)
          == ["PENDING", "STARTING", "RUNNING", "COMPLETED"])
      #expect(
        events.filter { $0.kind == .attempt && $0.from.isEmpty }.map(\.node) == ["A", "B", "C"])
      #expect(events.map(\.event) == Array(1...UInt64(events.count)))
      #expect(try await house.letters(run, "A B C") == "C C C")
      for node in try await house.nodes(run).values { #expect(node.attemptsTotal == 1) }
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("WF-02 a fork overlaps and its join waits for both", arguments: Deployment.allCases)
  func fork(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: block}
          - {name: C, program: ok, after: [A, B]}
          """)
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      _ = await house.programs.launch(of: "B")
      #expect(try await house.letters(run, "A B C") == "R R –")
      await house.programs.finish("B")
      try await house.node("B", of: run, is: "COMPLETED")
      #expect(try await house.letters(run, "A B C") == "R C –")
      await house.programs.finish("A")
      try await house.end(of: run)
      #expect(try await house.letters(run, "A B C") == "C C C")
    }
  }

  @Test("WF-06 both branches of a condition and their join", arguments: Deployment.allCases)
  func branches(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: ok}
          - {name: P, after: [A], condition: {expr: arg('x') = 'yes'}}
          - {name: N, program: ok, after: [P.true]}
          - {name: M, program: ok, after: [P.false]}
          - {name: J, program: ok, after: [N, M]}
          """)
      let yes = try await house.run(["x": "yes"])
      #expect(try await house.letters(yes, "A P N M J") == "C C C S C")
      let no = try await house.run(["x": "no"])
      #expect(try await house.letters(no, "A P N M J") == "C C S C C")
      #expect(try await house.status(no) == .completed)
      let nodes = try await house.nodes(no)
      #expect(nodes["P"]?.outcome == .false && nodes["N"]?.reason == "no_edge_satisfied")
    }
  }

  @Test("WF-07 steps: a condition without else", arguments: Deployment.allCases)
  func steps(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        """
        baton: 1
        application: demo
        programs: {P: {type: COMMAND, argv: [ok]}}
        workflows:
          W:
            steps:
              - {name: P, condition: {expr: "0"}, then: [{name: N, program: P}]}
              - {name: Z, program: P}
        """)
      let run = try await house.run()
      #expect(try await house.letters(run, "P N Z") == "C S C")
      #expect(try await house.status(run) == .completed)
    }
  }

  @Test("WF-08 an unhandled failure", arguments: Deployment.allCases)
  func failure(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: exit3}
          - {name: B, program: ok, after: [A]}
          """)
      let run = try await house.run()
      #expect(try await house.letters(run, "A B") == "F U")
      let answer = try await house.details(run)
      #expect(answer.run?.status == .failed && answer.run?.reason == "exit_nonzero")
      let failure = try #require(answer.details?.failure)
      #expect(
        failure.node == "A" && failure.attempt == 1 && failure.reason == "exit_nonzero")
      let attempt = try #require(try await house.nodes(run)["A"]?.attempts.first)
      #expect(attempt.exitChoice == .exitCode(3))
    }
  }

  @Test("WF-09 handled failures", arguments: Deployment.allCases, [true, false])
  func handled(deployment: Deployment, fails: Bool) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: \(fails ? "exit1" : "exit0")}
          - {name: H, program: ok, after: [A.failure]}
          - {name: Z, program: ok, after: [A.complete]}
          """)
      let run = try await house.run()
      #expect(try await house.letters(run, "A H Z") == (fails ? "F C C" : "C S C"))
      let answer = try await house.details(run)
      #expect(answer.run?.status == .completed && answer.details?.failures.isEmpty == true)
    }
  }

  @Test("WF-10 join any starts while a branch runs, once", arguments: Deployment.allCases)
  func joinAny(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: ok}
          - {name: B, program: block}
          - {name: Z, program: block, after: [A, B], join: any}
          """)
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "Z")
      #expect(try await house.letters(run, "A B Z") == "C R R")
      await house.programs.finish("B")
      try await house.node("B", of: run, is: "COMPLETED")
      await house.programs.finish("Z")
      try await house.end(of: run)
      let nodes = try await house.nodes(run)
      #expect(nodes["B"]?.status == .completed && nodes["Z"]?.attemptsTotal == 1)
      #expect(house.programs.launches(of: "Z").count == 1)
    }
  }

  @Test("WF-11 stop-siblings", arguments: Deployment.allCases)
  func stopSiblings(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: block}
          - {name: D, program: ok, after: [A, B]}
          """)
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "B")
      await house.programs.finish("A", .exited(code: 1))
      try await house.end(of: run)
      #expect(try await house.letters(run, "A B D") == "F K U")
      let nodes = try await house.nodes(run)
      #expect(nodes["B"]?.reason == "sibling_failed")
      #expect(nodes["B"]?.attempts.first?.exitChoice == .signal(15))
      let answer = try await house.details(run)
      #expect(answer.run?.status == .failed && answer.details?.failure?.node == "A")
      #expect(house.programs.base.running.isEmpty)
    }
  }

  @Test("a sibling that fails before its branch is launched", arguments: Deployment.allCases)
  func stopBeforeLaunch(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let blocks = (0..<20).map { "- {name: b\($0), program: block}" }.joined(separator: "\n")
      try await house.deploy(nodes: "- {name: A, program: exit1}\n\(blocks)")
      let run = try await house.run()
      #expect(try await house.status(run) == .failed)
      #expect(house.programs.base.running.isEmpty)
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("WF-12 finish-siblings", arguments: Deployment.allCases)
  func finishSiblings(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: exit1}
          - {name: B, program: ok}
          - {name: B2, program: ok, after: [B]}
          - {name: D, program: ok, after: [A, B2]}
          """, more: "on_failure: finish-siblings")
      let run = try await house.run()
      #expect(try await house.letters(run, "A B B2 D") == "F C C U")
      #expect(try await house.status(run) == .failed)
    }
  }

  @Test("more ready nodes than slots start as slots become free (G18)")
  func slots() async throws {
    try await EngineFixture.with(.memory, slots: 2) { house in
      let nodes = (0..<40).map { "- {name: n\($0), program: ok}" }.joined(separator: "\n")
      try await house.deploy(nodes: nodes)
      let runs = try await [house.trigger(), house.trigger(), house.trigger()]
      for run in runs {
        try await house.end(of: run)
        #expect(try await house.status(run) == .completed)
        #expect(try await house.nodes(run).values.allSatisfy { $0.attemptsTotal == 1 })
      }
    }
  }

  @Test("runs of 10,000 nodes without processes", arguments: [Deployment.sqlite], ["chain", "fan"])
  func big(deployment: Deployment, shape: String) async throws {
    try await EngineFixture.with(deployment) { house in
      let nodes = (0..<10_000).map { index in
        let after = index == 0 ? "" : ", after: [n\(shape == "chain" ? index - 1 : 0)]"
        return "- {name: n\(index), program: nothing\(after)}"
      }
      try await house.deploy(nodes: nodes.joined(separator: "\n"))
      let run = try await house.run()
      #expect(try await house.status(run) == .completed)
    }
  }
}
