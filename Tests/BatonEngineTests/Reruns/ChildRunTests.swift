import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Nodes of type WORKFLOW and the runs that they make (RE60, RE70–RE72, RE110–RE112, SR122).
@Suite("Child runs", .timeLimit(.minutes(1))) struct ChildRunTests {
  @Test("a child run is of the tree of its parent", arguments: Deployment.allCases)
  func child(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deployTree([
        "P": "- {name: p, program: q}\n- {name: z, program: block, after: [p]}",
        "Q": "- {name: s, program: block}\n- {name: t, program: ok, after: [s]}",
      ])
      let root = try await house.trigger(workflow: "P", env: ["K": "1"])
      let spec = await house.programs.launch(of: "s")
      #expect(spec.variable("K") == "1" && spec.variable("BATON_ENV_REVISION") == "1")
      let children = try await house.children(of: root)
      #expect(children.count == 1)
      let child = try #require(children.first)
      #expect(child.trigger == .parent && child.node == "p" && child.attempt == 1)
      #expect(child.workflow == "Q" && child.version == 1)
      #expect(try await house.child(of: root) == child.runID)
      await house.programs.finish("s")
      _ = await house.programs.launch(of: "z")
      #expect(try await house.letters(root, "p z") == "C R")
      #expect(try await house.status(child.runID) == .completed)
      await house.programs.finish("z")
      try await house.end(of: root)
      #expect(try await house.status(root) == .completed)
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("RR-61 arguments in, exported keys out", arguments: Deployment.allCases)
  func arguments(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deployTree(
        [
          "P": """
          |arguments: {n: {default: 1}}
          - {name: p, program: c}
          """,
          "Q": """
          |arguments: {n: {required: true}, m: {default: 3}}
          - {name: s, program: mark}
          - {name: t, program: last, after: [s]}
          """,
        ],
        programs: """
          c: {type: WORKFLOW, workflow: Q, arguments: {n: "${arg.n}"}, export: {out: res, no: none}}
          mark: {type: NOOP, put: {res: "${arg.n}${arg.m}"}}
          last: {type: COMMAND, argv: [fails, "${arg.n}"]}
          """)
      // `fails N` exits with 0 from attempt N on.
      let completed = try await house.run(["n": "1"], workflow: "P")
      #expect(try await house.letters(completed, "p") == "C")
      #expect(try await house.entries(completed, of: "p") == ["out=13"])
      let failed = try await house.run(["n": "5"], workflow: "P")
      #expect(try await house.letters(failed, "p") == "F")
      #expect(try await house.entries(failed, of: "p") == ["out=53"])
      let node = try #require(try await house.nodes(failed)["p"])
      #expect(node.reason == "child_failed")
      #expect(node.attempts.first?.exportMissing == ["none"])
      #expect(try #require(try await house.details(failed).run).reason == "child_failed")
    }
  }

  @Test("a child run without a required argument is FAILED argument_missing")
  func argumentMissing() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deployTree([
        "P": "- {name: p, program: q}",
        "Q": "|arguments: {n: {required: true}}\n- {name: s, program: ok}",
      ])
      let root = try await house.run(workflow: "P")
      let child = try #require(try await house.children(of: root).first)
      #expect(child.reason == "argument_missing" && child.status == .failed)
      #expect(try await house.letters(root, "p") == "F")
      #expect(try await house.letters(child.runID, "s") == "S")
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("RR-62 runs are as deep as the setting allows")
  func depth() async throws {
    try await House.with(.memory) { house in
      try await house.engine(depth: 3) { house in
        for (own, other) in [("a", "b"), ("b", "a")] {
          try await house.deploy(
            """
            baton: 1
            application: \(own)
            programs: {p: {type: WORKFLOW, workflow: \(other)/W}}
            workflows: {W: {nodes: [{name: p, program: p}]}}
            """)
        }
        let root = try await house.run(application: "a")
        var levels: [String] = [root]
        while let child = try await house.children(of: levels[levels.count - 1]).first {
          levels.append(child.runID)
        }
        #expect(levels.count == 3)
        var reasons: [String] = []
        for run in levels { reasons.append(try #require(try await house.nodes(run)["p"]).reason) }
        #expect(reasons == ["child_failed", "child_failed", "child_depth"])
      }
    }
  }

  @Test("a workflow that is not deployed fails the attempt")
  func unknownWorkflow() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deployTree(
        ["P": "- {name: p, program: c}"], programs: "c: {type: WORKFLOW, workflow: none/W}")
      let root = try await house.run(workflow: "P")
      let node = try #require(try await house.nodes(root)["p"])
      #expect(node.reason == "exec_failed" && node.attempts.first?.message.contains("none") == true)
      #expect(try await house.children(of: root).isEmpty)
    }
  }

  @Test("a retry makes another child run (RE63, RE110)")
  func retry() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deployTree(
        ["P": "- {name: p, program: c}", "Q": "- {name: s, program: exit1}"],
        programs: "c: {type: WORKFLOW, workflow: Q, retry: {attempts: 2}}")
      let root = try await house.run(workflow: "P")
      let children = try await house.children(of: root)
      #expect(children.map(\.attempt) == [1, 2])
      #expect(
        try #require(try await house.nodes(root)["p"]).attempts.map(\.childRunID)
          == children.map(\.runID))
    }
  }

  @Test("the bound of active runs holds for child runs (G36)", arguments: ["queue", "reject"])
  func bound(whenFull: String) async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deployTree([
        "P": "- {name: p, program: q}\n- {name: r, program: q}",
        "Q": "|max_active_runs: 1\n|when_full: \(whenFull)\n- {name: s, program: block}",
      ])
      let root = try await house.trigger(workflow: "P")
      if whenFull == "queue" {
        _ = await house.programs.launch(of: "s")
        #expect(try await house.letters(root, "p r") == "R R")
        await house.programs.finish("s")
        let second = await house.programs.launch(of: "s", 2)
        house.programs.base.finish(second.key, .exited(code: 0))
        try await house.end(of: root)
        #expect(try await house.letters(root, "p r") == "C C")
      } else {
        try await house.end(of: root)
        // The second start fails, and the first child run is stopped for it (G42).
        #expect(try await house.letters(root, "p r") == "K F")
        #expect(try await house.children(of: root).map(\.status) == [.killed, .rejected])
      }
      #expect(try await house.runsDriven() == 0)
    }
  }

  // MARK: - Orders

  @Test("SR122 a stop includes child runs, and says so", arguments: Deployment.allCases)
  func stop(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await Self.deployLevels(house)
      let root = try await house.trigger(workflow: "P")
      _ = await house.programs.launch(of: "s")
      let answer = try await house.stopRun(root, graceMs: 5000)
      #expect(answer.outcome == .stopped && answer.proven)
      let first = try #require(try await house.children(of: root).first)
      let second = try #require(try await house.children(of: first.runID).first)
      #expect(first.status == .killed && second.status == .killed)
      let report = try #require(answer.report)
      #expect(report.attempts.contains { $0.node == "s" && $0.runID == second.runID })
      #expect(try await house.letters(root, "p z") == "K U")
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("RR-12 a suspend and a resume reach down", arguments: Deployment.allCases)
  func suspend(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await Self.deployLevels(house)
      let root = try await house.trigger(workflow: "P")
      _ = await house.programs.launch(of: "s")
      let child = try await house.child(of: root)
      let deepest = try await house.child(of: child)
      _ = try await house.suspendRun(deepest)
      #expect(try await house.status(child) == .running)
      _ = try await house.suspendRun(root)
      for run in [root, child, deepest] { #expect(try await house.status(run) == .suspended) }
      _ = await refused("parent_suspended", .failedPrecondition) {
        _ = try await house.resumeRun(deepest)
      }
      await house.programs.finish("s")
      try await house.end(of: deepest)
      // The end of a child run is told its parent in a step of its own (RE62).
      try await house.node("p", of: child, is: "COMPLETED")
      #expect(try await house.letters(child, "p y") == "C –")
      _ = try await house.resumeRun(root)
      try await house.end(of: root)
      #expect(try await house.letters(child, "p y") == "C C")
      #expect(try await house.letters(root, "p z") == "C C")
    }
  }

  @Test("RE70 a child run that has not begun does not begin while a run above is suspended")
  func pendingChild() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deployTree([
        "P": "- {name: p, program: q}",
        "Q": "|max_active_runs: 1\n- {name: s, program: block}",
      ])
      let first = try await house.trigger(workflow: "Q")
      _ = await house.programs.launch(of: "s")
      let root = try await house.trigger(workflow: "P")
      let child = try await house.child(of: root)
      _ = try await house.suspendRun(root)
      // Another run of the workflow is not held up by it.
      let other = try await house.trigger(workflow: "Q")
      await house.programs.finish("s")
      try await house.end(of: first)
      house.programs.base.finish(
        await house.programs.launch(of: "s", in: other).key, .exited(code: 0))
      try await house.end(of: other)
      #expect(try await house.status(child) == .pending)
      _ = try await house.resumeRun(root)
      house.programs.base.finish(
        await house.programs.launch(of: "s", in: child).key, .exited(code: 0))
      try await house.end(of: root)
      #expect(try await house.status(root) == .completed)
    }
  }

  @Test("RE112 a timeout of the attempt stops its child run")
  func timeout() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deployTree(
        ["P": "- {name: p, program: c}", "Q": "- {name: s, program: block}"],
        programs: "c: {type: WORKFLOW, workflow: Q, timeout: 200ms}")
      let root = try await house.run(workflow: "P")
      #expect(try #require(try await house.nodes(root)["p"]).reason == "node_timeout")
      #expect(try await house.children(of: root).first?.status == .killed)
    }
  }

  // MARK: - Returns

  @Test("G58 trees go on after a return")
  func returns() async throws {
    try await House.with(.sqlite) { house in
      let programs = ScriptedPrograms()
      let root = try await house.engine(programs) { house in
        try await Self.deployLevels(house)
        let root = try await house.trigger(workflow: "P")
        _ = await programs.launch(of: "s")
        return root
      }
      await programs.finish("s")
      try await house.engine(programs) { house in
        try await house.end(of: root)
        #expect(try await house.letters(root, "p z") == "C C")
        #expect(try await house.runsDriven() == 0)
      }
    }
  }

  @Test("the end of a child run is reported after a return (RE62)")
  func returnsAfterEnd() async throws {
    try await House.with(.sqlite) { house in
      let root = try await house.engine { house in
        try await Self.deployLevels(house)
        let root = try await house.trigger(workflow: "P")
        _ = await house.programs.launch(of: "s")
        return root
      }
      // What the end of the child run leaves when the engine goes before it is told its parent.
      let id = try #require(RunID(root))
      let child = try #require(try house.engineStore.read { try $0.children(of: id) }.first)
      try await house.engineStore.commit { writer in
        guard var record = try writer.run(child) else { return }
        let status = record.state.status
        record.state.status = .failed
        record.state.reason = "exit_nonzero"
        record.state.ended = writer.now
        try writer.updateRun(child, record.state, expecting: status)
        for deepest in try writer.children(of: child) {
          guard var record = try writer.run(deepest) else { continue }
          let status = record.state.status
          record.state.status = .failed
          record.state.ended = writer.now
          try writer.updateRun(deepest, record.state, expecting: status)
        }
      }
      try await house.engine { house in
        try await house.end(of: root)
        #expect(try #require(try await house.nodes(root)["p"]).reason == "child_failed")
        #expect(try await house.status(root) == .failed)
      }
    }
  }

  private static func deployLevels(_ house: EngineFixture) async throws {
    try await house.deployTree([
      "P": "- {name: p, program: q}\n- {name: z, program: ok, after: [p]}",
      "Q": "- {name: p, program: r}\n- {name: y, program: ok, after: [p]}",
      "R": "- {name: s, program: block}",
    ])
  }
}
