import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Re-runs of nodes as clients ask for them (rerun.md, cases RR-01 to RR-39, through the service).
@Suite("Cases of re-runs", .timeLimit(.minutes(1))) struct RerunCaseTests {
  /// Ends a program with 1 in its first attempt, and with 0 in every other: "P 1, mended".
  static let mended = "mended: {type: COMMAND, argv: [fails, \"2\"]}"

  @Test("RR-01 a failed node is run again, and what waits for it", arguments: Deployment.allCases)
  func failedNode(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: ok}
          - {name: B, program: mended, after: [A]}
          - {name: C, program: ok, after: [B]}
          """, programs: Self.mended)
      let run = try await house.run(env: ["K": "1"])
      #expect(try await house.letters(run, "A B C") == "C F U")
      let dry = try await house.rerun(run, "B") { $0.dryRun = true }
      let plan = try await house.rerun(run, "B")
      #expect(plan.toCome == ["B 2 RERUN NOW"])
      #expect(plan.reevaluated.map(\.node) == ["C"] && plan.untouched.map(\.node) == ["A"])
      #expect(plan.moves == ["FAILED RUNNING"] && plan.reruns == 1)
      // RR-48: the answers are equal but for `dry_run`.
      var asked = dry
      asked.dryRun = false
      #expect(asked == plan && dry.dryRun)
      try await house.end(2, of: run)
      #expect(try await house.letters(run, "A B C") == "C C C")
      #expect(try await house.attempts(run, "A") == ["1 C FIRST 1"])
      #expect(try await house.attempts(run, "B") == ["1 F FIRST 1", "2 C RERUN 1"])
      #expect(try await house.attempts(run, "C") == ["1 C FIRST 1"])
      let details = try #require(try await house.details(run).details)
      #expect(details.failures.isEmpty && details.failure == nil)
      #expect(details.ends.map(\.status) == [.failed, .completed])
      #expect(try #require(try await house.details(run).run).reruns == 1)
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("RR-02 RR-03 a changed environment reaches what starts from then on")
  func environment() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - {name: T, program: ok}
          - {name: X, program: mended, after: [T]}
          - {name: Y, program: ok, after: [X]}
          - {name: J, program: ok, after: [T, Y]}
          """, programs: Self.mended)
      let run = try await house.run(env: ["K": "1", "E": "${env.K}"])
      let plan = try await house.rerun(run, "X", env: ["K": "2", "F": "${arg.x}"])
      #expect(plan.envRevision == 2)
      #expect(
        plan.changes.map { "\($0.name) \($0.old ?? "-") \($0.new ?? "-")" } == [
          "F - ${arg.x}", "K 1 2",
        ])
      try await house.end(2, of: run)
      for (node, attempts) in [("T", ["1"]), ("X", ["1", "2"]), ("Y", ["2"]), ("J", ["2"])] {
        let specs = house.programs.launches(of: node)
        #expect(specs.map { $0.variable("K") } == attempts, "\(node)")
        #expect(specs.map { $0.variable("BATON_ENV_REVISION") } == attempts, "\(node)")
        #expect(specs.allSatisfy { $0.variable("E") == "${env.K}" })
      }
      #expect(house.programs.launches(of: "X").last?.variable("F") == "${arg.x}")
      let details = try #require(try await house.details(run).details)
      #expect(details.env["K"] == "2" && details.envRevision == 2)
    }
  }

  @Test("RR-04 RR-05 UpdateEnv changes the environment alone", arguments: Deployment.allCases)
  func update(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: mended, after: [A]}
          """, programs: Self.mended)
      let run = try await house.trigger(env: ["K": "1"])
      let first = await house.programs.launch(of: "A")
      let answer = try await house.updateEnv(run, ["K": "2"])
      #expect(answer.envRevision == 2 && answer.changes.map(\.name) == ["K"])
      await house.programs.finish("A")
      try await house.end(of: run)
      #expect(first.variable("K") == "1")
      #expect(house.programs.launches(of: "B").map { $0.variable("K") } == ["2"])
      #expect(try await house.updateEnv(run, ["K": "3"]).envRevision == 3)
      #expect(try await house.status(run) == .failed)
      let plan = try await house.rerun(run, "B")
      #expect(plan.envRevision == 3 && plan.changes.isEmpty)
      try await house.end(2, of: run)
      #expect(house.programs.launches(of: "B").map { $0.variable("K") } == ["2", "3"])
      _ = await refused("run_completed", .failedPrecondition) {
        try await house.updateEnv(run, ["K": "4"])
      }
      _ = await refused("nothing_to_update") { try await house.updateEnv(run, [:]) }
      let events = try await house.end(of: run).filter { $0.kind == .env }
      #expect(events.map(\.revision) == [2, 3] && events.map(\.names) == [["K"], ["K"]])
      // RE14: a change that alters nothing makes no revision.
      let entries = try await house.environment(run).entries
      #expect(entries.map { "\($0.name)=\($0.value) \($0.setIn)" } == ["K=3 3"])
      #expect(try await house.environment(run, revision: 1).entries.map(\.value) == ["1"])
      _ = await refused("env_revision_not_found", .notFound) {
        _ = try await house.environment(run, revision: 4)
      }
      let page = try await house.client.listEnvRevisions(
        .init(run: .init(runID: run), pageSize: 2))
      #expect(page.revisions.map(\.number) == [3, 2] && page.revisions[0].call == .update)
      let rest = try await house.client.listEnvRevisions(
        .init(run: .init(runID: run), pageSize: 2, pageToken: page.nextPageToken))
      #expect(rest.revisions.map(\.number) == [1] && rest.nextPageToken.isEmpty)
      #expect(rest.revisions[0].call == .trigger)
    }
  }

  @Test("RR-06 secret values are shown to programs alone")
  func secrets() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: B, program: mended}",
        programs: "mended: {type: COMMAND, argv: [fails, \"2\", \"${env.TOKEN}\"]}")
      let run = try await house.client.triggerPipeline(
        .init(
          application: "demo", workflow: "W", env: ["TOKEN": "canary-6", "K": "1"],
          secretEnv: ["TOKEN"])
      ).runID
      try await house.end(of: run)
      // RE16: a name that is made secret later hides its old values too.
      _ = try await house.client.updateEnv(
        .init(run: .init(runID: run), change: .init(secretEnv: ["K"])))
      let plan = try await house.rerun(run, "B", env: ["TOKEN": "canary-7"])
      #expect(
        plan.changes.map { "\($0.old ?? "") \($0.new ?? "") \($0.secret)" } == ["*** *** true"])
      try await house.end(2, of: run)
      #expect(
        house.programs.launches(of: "B").map { $0.variable("TOKEN") } == ["canary-6", "canary-7"])
      let attempt = try await house.client.getAttempt(.init(run: .init(runID: run), node: "B"))
      #expect(attempt.argv.last == "***" && attempt.env["TOKEN"] == "***")
      let revisions = try await house.client.listEnvRevisions(.init(run: .init(runID: run)))
      let shown = [
        try await house.shown(run), "\(plan)", "\(attempt)", "\(revisions)",
        "\(try await house.environment(run))", "\(try await house.end(of: run))",
      ]
      #expect(shown.allSatisfy { !$0.contains("canary") })
      #expect(try await house.environment(run).entries.map(\.secret) == [true, true])
      #expect(try await house.environment(run, revision: 1).entries.map(\.value) == ["***", "***"])
    }
  }

  @Test("RR-07 RR-08 unset names, and changes that alter nothing")
  func unset() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(
        nodes: "- {name: B, program: p}",
        programs: "p: {type: COMMAND, argv: [fails, \"3\", \"${env.K}\"]}")
      let run = try await house.run(env: ["K": "1"])
      let same = try await house.rerun(run, "B") {
        $0.change = .init(env: ["K": "1"], unsetEnv: ["NONE"])
        $0.dryRun = true
      }
      #expect(same.envRevision == 1 && same.changes.isEmpty)
      try await house.rerun(run, "B") { $0.change = .init(unsetEnv: ["K"]) }
      try await house.end(2, of: run)
      let node = try #require(try await house.nodes(run)["B"])
      #expect(node.reason == "template_unresolved")
      #expect(node.attempts.last?.message.contains("env.K") == true)
      try await house.rerun(run, "B", env: ["K": "3"])
      try await house.end(3, of: run)
      #expect(try await house.letters(run, "B") == "C")
    }
  }

  @Test("RR-09 what is wrong with a change leaves everything as it was")
  func badChanges() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(nodes: "- {name: B, program: exit1}")
      let run = try await house.run(env: ["K": "1"])
      let before = try await house.shown(run)
      let many = Dictionary(uniqueKeysWithValues: (0..<1001).map { ("N\($0)", "") })
      let changes: [([String: String], BatonError.Reason, BatonError.Code)] = [
        (["1A": ""], "env_name_invalid", .invalidArgument),
        (["BATON_X": ""], "env_name_invalid", .invalidArgument),
        (["A": "a\u{0}b"], "invalid_text", .invalidArgument),
        (["A": String(repeating: "x", count: 65_537)], "env_limit", .resourceExhausted),
        (many, "env_limit", .resourceExhausted),
      ]
      for (env, reason, code) in changes {
        _ = await refused(reason, code) { try await house.rerun(run, "B", env: env) }
      }
      #expect(try await house.shown(run) == before)
    }
  }

  // MARK: - Trees

  @Test("RR-11 RR-13 a re-run in a child run opens the runs above", arguments: Deployment.allCases)
  func childRun(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deployTree([
        "P": "- {name: p, program: q}\n- {name: z, program: ok, after: [p]}",
        "Q": "- {name: p, program: r}",
        "R": "- {name: s1, program: fails2}\n- {name: s2, program: ok, after: [s1]}",
      ])
      let root = try await house.run(workflow: "P", env: ["K": "1"])
      let middle = try #require(try await house.children(of: root).first).runID
      let deepest = try #require(try await house.children(of: middle).first).runID
      #expect(try await house.status(deepest) == .failed)
      let plan = try await house.rerun(deepest, "s1", env: ["K": "2"])
      #expect(plan.moves == ["FAILED RUNNING", "FAILED RUNNING", "FAILED RUNNING"])
      try await house.end(2, of: root)
      for run in [root, middle, deepest] {
        #expect(try await house.status(run) == .completed)
        #expect(try #require(try await house.details(run).run).reruns == 1)
        #expect(try await house.environment(run).revision == 2)
      }
      #expect(try await house.attempts(root, "p") == ["1 F FIRST 1", "2 C CHILD 2"])
      #expect(try await house.children(of: root).count == 1)
      #expect(
        try #require(try await house.nodes(root)["p"]).attempts.map(\.childRunID) == [
          middle, middle,
        ])
      for node in ["s1", "s2", "z"] {
        #expect(house.programs.launches(of: node).last?.variable("K") == "2", "\(node)")
      }
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("RR-14 RR-60 a re-run of the parent's node makes another child run, or goes on with it")
  func parentsNode() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deployTree([
        "P": "- {name: p, program: q}",
        "Q": "- {name: s1, program: ok}\n- {name: s2, program: fails2, after: [s1]}",
      ])
      let kept = try await house.run(workflow: "P")
      try await house.rerun(kept, "p") { $0.noReset = true }
      try await house.end(2, of: kept)
      #expect(try await house.status(kept) == .completed)
      let child = try #require(try await house.children(of: kept).first).runID
      #expect(try await house.children(of: kept).count == 1)
      #expect(try await house.attempts(child, "s1") == ["1 C FIRST 1"])
      #expect(try await house.attempts(child, "s2") == ["1 F FIRST 1", "2 C RERUN 1"])

      let fresh = try await house.run(workflow: "P")
      let old = try #require(try await house.children(of: fresh).first).runID
      try await house.rerun(fresh, "p")
      try await house.end(2, of: fresh)
      let children = try await house.children(of: fresh)
      #expect(children.count == 2)
      _ = await refused("run_superseded", .failedPrecondition) {
        try await house.rerun(old, "s2")
      }
      _ = await refused("run_superseded", .failedPrecondition) {
        try await house.updateEnv(old, ["K": "1"])
      }
      #expect(try await house.attempts(children[1].runID, "s1") == ["1 C FIRST 1"])
    }
  }

  @Test("RR-15 RR-16 ancestors that have completed, and ancestors that run")
  func ancestors() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deployTree([
        "P": "- {name: p, program: q}\n- {name: h, program: ok, after: [p.failure]}",
        "Q": "- {name: s1, program: fails2}",
      ])
      let root = try await house.run(workflow: "P")
      #expect(try await house.status(root) == .completed)
      let child = try #require(try await house.children(of: root).first).runID
      _ = await refused("ancestor_completed", .failedPrecondition) {
        try await house.rerun(child, "s1")
      }
      try await house.rerun(child, "s1") { $0.allowCompleted = true }
      try await house.end(2, of: root)
      #expect(try #require(try await house.details(root).run).reruns == 1)

      try await house.deployTree([
        "P": """
        |on_failure: finish-siblings
        - {name: p, program: q}
        - {name: p3, program: ok, after: [p]}
        - {name: b, program: block}
        - {name: b4, program: ok, after: [b]}
        """,
        "Q": "- {name: s1, program: fails2}",
      ])
      let running = try await house.trigger(workflow: "P")
      try await house.node("p", of: running, is: "FAILED")
      let failed = try #require(try await house.children(of: running).first).runID
      try await house.rerun(failed, "s1", env: ["K": "2"])
      try await house.node("p", of: running, is: "COMPLETED")
      await house.programs.finish("b")
      try await house.end(of: running)
      #expect(try await house.letters(running, "p p3 b b4") == "C C C C")
      #expect(try await house.attempts(running, "p") == ["1 F FIRST 1", "2 C CHILD 2"])
    }
  }

  // MARK: - Several at once

  static let twoFailed = """
    - {name: A, program: mended}
    - {name: B, program: exit1}
    """

  @Test("RR-20 RR-21 what is not named stays as it is; calls are all or nothing")
  func named() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: Self.twoFailed, more: "on_failure: finish-siblings", programs: Self.mended)
      let run = try await house.run()
      let before = try await house.shown(run)
      _ = await refused("node_not_found", .notFound) {
        try await house.rerun(run, "A", "NOPE", env: ["K": "2"])
      }
      #expect(try await house.shown(run) == before)
      try await house.rerun(run, "A")
      try await house.end(2, of: run)
      #expect(try await house.status(run) == .failed)
      let details = try #require(try await house.details(run).details)
      #expect(details.failures.map(\.node) == ["B"] && details.failure?.node == "B")
      #expect(try await house.attempts(run, "B") == ["1 F FIRST 1"])
    }
  }

  @Test("RR-22 RR-23 a re-run in a suspended run waits for its resume", arguments: [false, true])
  func suspended(resumes: Bool) async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: A2, program: ok, after: [A]}
          - {name: B, program: mended}
          """, more: "on_failure: finish-siblings", programs: Self.mended)
      let run = try await house.trigger(env: ["K": "1"])
      _ = await house.programs.launch(of: "A")
      try await house.node("B", of: run, is: "FAILED")
      _ = try await house.suspendRun(run)
      await house.programs.finish("A")
      try await house.node("A", of: run, is: "COMPLETED")
      let plan = try await house.rerun(run, "B", env: ["K": "2"]) { $0.resume = resumes }
      if !resumes {
        #expect(plan.toCome.contains("B 2 RERUN ON_RESUME"))
        #expect(try await house.status(run) == .suspended)
        #expect(try await house.letters(run, "A A2 B") == "C – –")
        #expect(house.programs.launches(of: "B").count == 1)
        _ = try await house.resumeRun(run)
      }
      try await house.end(of: run)
      #expect(try await house.letters(run, "A A2 B") == "C C C")
      #expect(try await house.attempts(run, "B") == ["1 F FIRST 1", "2 C RERUN 2"])
      #expect(house.programs.launches(of: "A2").map { $0.variable("K") } == ["2"])
    }
  }

  @Test("RR-30 RR-31 repeats, expected attempts and re-runs in progress")
  func repeats() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(nodes: "- {name: B, program: exit1}")
      let run = try await house.run(env: ["K": "1"])
      let first = try await house.rerun(run, "B", env: ["K": "2"]) { $0.requestID = "r" }
      try await house.end(2, of: run)
      #expect(try await house.rerun(run, "B", env: ["K": "2"]) { $0.requestID = "r" } == first)
      #expect(try await house.attempts(run, "B").count == 2)
      _ = await refused("request_id_reused", .alreadyExists) {
        try await house.rerun(run, "B", env: ["K": "3"]) { $0.requestID = "r" }
      }
      _ = await refused("attempt_changed", .aborted) {
        try await house.rerun(run, "B") { $0.nodes[0].expectedAttempt = 1 }
      }
      #expect(try await house.attempts(run, "B").count == 2)
    }
  }

  @Test("RE48 of calls that expect the same attempt exactly one makes another")
  func concurrent() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(nodes: "- {name: B, program: exit1}")
      let run = try await house.run()
      let accepted = try await withThrowingTaskGroup(of: Bool.self) { group in
        for _ in 0..<16 {
          group.addTask {
            do {
              try await house.rerun(run, "B") { $0.nodes[0].expectedAttempt = 1 }
              return true
            } catch let error as BatonError
              where error.reason == "attempt_changed" || error.reason == "rerun_in_progress"
            {
              return false
            }
          }
        }
        return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
      }
      #expect(accepted == 1)
      try await house.end(2, of: run)
      #expect(try await house.attempts(run, "B").count == 2)
    }
  }

  // MARK: - Skips

  @Test("RR-36 RR-37 a skipped node counts as if it had succeeded", arguments: Deployment.allCases)
  func skip(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment, limits: TokenLimits(maximumValueBytes: 64)) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: ok}
          - {name: B, program: exit1}
          - {name: J, program: show, after: [A, B]}
          """, more: "on_failure: finish-siblings",
        programs: "show: {type: COMMAND, argv: [show, \"${token.x}\"]}")
      let run = try await house.run()
      let before = try await house.shown(run)
      _ = await refused("node_upstream_failed", .failedPrecondition) {
        try await house.skip(run, "J")
      }
      _ = await refused("token_value_too_large", .resourceExhausted) {
        try await house.skip(run, "B", outputs: ["x": String(repeating: "v", count: 65)])
      }
      #expect(try await house.shown(run) == before)
      let plan = try await house.skip(run, "B", outputs: ["x": "1"])
      #expect(plan.skips == 1)
      #expect(plan.toCome.filter { $0.hasPrefix("J") } == ["J 1 FIRST NOW"])
      try await house.end(2, of: run)
      #expect(try await house.letters(run, "A B J") == "C S C")
      #expect(try await house.attempts(run, "B") == ["1 F FIRST 1", "2 C SKIP 1"])
      #expect(house.programs.launches(of: "J").map(\.argv) == [["show", "1"]])
      #expect(try await house.list(run, "x", at: "J") == ["B:1"])
    }
  }

  // MARK: - Bounds

  @Test("RR-59 a run is opened again only where there is room for it")
  func bound() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: A, program: p}", more: "max_active_runs: 1",
        programs: "p: {type: COMMAND, argv: [\"${arg.what}\", \"1\"]}")
      let ended = try await house.run(["what": "exit"])
      let active = try await house.trigger(["what": "block"])
      let running = await house.programs.launch(of: "A", in: active)
      for isDry in [true, false] {
        let error = await refused("active_runs_full", .failedPrecondition) {
          try await house.rerun(ended, "A") { $0.dryRun = isDry }
        }
        #expect(error?.message.contains(active) == true)
      }
      house.programs.base.finish(running.key, .exited(code: 0))
      try await house.end(of: active)
      try await house.rerun(ended, "A")
      try await house.end(2, of: ended)
    }
  }

  @Test("RR-63 held nodes wait for their release", arguments: Deployment.allCases)
  func hold(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: ok, after: [A]}
          - {name: C, program: block}
          - {name: D, program: ok, after: [C]}
          """)
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      _ = await house.programs.launch(of: "C")
      let held = try await house.client.suspendRun(
        .init(run: .init(runID: run), nodes: ["B"]))
      #expect(held.status == .running)
      await house.programs.finish("A")
      await house.programs.finish("C")
      try await house.node("D", of: run, is: "COMPLETED")
      #expect(try await house.letters(run, "A B C D") == "C – C C")
      #expect(try #require(try await house.nodes(run)["B"]).held)
      #expect(try await house.status(run) == .running)
      let released = try await house.client.resumeRun(
        .init(run: .init(runID: run), nodes: ["B"]))
      #expect(released.status == .running)
      try await house.end(of: run)
      #expect(try await house.letters(run, "A B C D") == "C C C C")
    }
  }
}
