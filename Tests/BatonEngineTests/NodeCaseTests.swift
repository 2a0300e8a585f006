import BatonCore
import BatonExec
import BatonWire
import Testing

/// Templates, conditions and arguments of workflow.md §13.
@Suite("Cases of nodes", .timeLimit(.minutes(1))) struct NodeCaseTests {
  @Test("WF-25 templates give exactly their elements", arguments: Deployment.allCases)
  func templates(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: put}
          - {name: B, program: p, after: [A], properties: {k: "$$ {k}"}}
          """,
        programs: """
          put: {type: COMMAND, argv: [puts, "0", "t=${arg.x}"]}
          p:
            type: COMMAND
            argv: [p, "${arg.x}", "${prop.k}", "${env.E}", "${token.t@A}", "${arg.none:-d}"]
          """, file: "env: {E: \"\"}")
      _ = try await house.run(["x": "a ${b}"])
      #expect(
        house.programs.launches(of: "B").map(\.argv) == [
          ["p", "a ${b}", "$$ {k}", "", "a ${b}", "d"]
        ])
    }
  }

  @Test("WF-26 an unresolved template fails without a process", arguments: Deployment.allCases)
  func unresolved(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: p}",
        programs: "p: {type: COMMAND, argv: [p, \"${token.t}\"]}")
      let run = try await house.run()
      let node = try #require(try await house.nodes(run)["A"])
      #expect(node.status == .failed && node.reason == "template_unresolved")
      #expect(node.attemptsTotal == 1 && node.attempts[0].message.contains("token.t"))
      #expect(node.attempts[0].exitChoice == nil)
      #expect(house.programs.launches(of: "A").isEmpty)
    }
  }

  @Test("WF-27 properties and environment overlay", arguments: Deployment.allCases)
  func overlays(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: p, properties: {k: 2}, env: {E: \"3\"}}",
        programs: """
          p: {type: COMMAND, argv: [p, "${env.E}"], properties: {k: 1, j: 1}, env: {E: "2"}}
          """, file: "env: {E: \"1\"}")
      let run = try await house.run(["a": "1"])
      let spec = try #require(house.programs.launches(of: "A").first)
      #expect(spec.file("BATON_PROPERTIES_JSON") == "{\"j\":\"1\",\"k\":\"2\"}\n")
      #expect(spec.file("BATON_ARGUMENTS_JSON") == "{\"a\":\"1\"}\n")
      #expect(spec.variable("E") == "3" && spec.argv == ["p", "1"])
      let names = [
        "ADDRESS", "NAMESPACE", "APPLICATION", "VERSION", "WORKFLOW", "RUN_ID", "NODE", "ATTEMPT",
        "ENV_REVISION",
      ]
      #expect(
        names.map { spec.variable("BATON_\($0)") } == [
          "unix:/tmp/nowhere", "default", "demo", "1", "W", run, "A", "1", "1",
        ])
      #expect(spec.variable("BATON_TASK_TOKEN")?.utf8.count == 43)
      #expect(spec.file("BATON_TOKEN_FILE") == "" && spec.file("BATON_CONF_JSON") == nil)
      let attempt = try await house.client.getAttempt(.init(run: .init(runID: run), node: "A"))
      #expect(attempt.properties == ["j": "1", "k": "2"] && attempt.argv == ["p", "1"])
      #expect(await house.programs.removals(1).map(\.node) == ["A"])
    }
  }

  @Test("WF-28 expressions over tokens", arguments: Deployment.allCases)
  func expressions(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let expressions = [
        "int(token('n')) > 5", "token('n','A') = '3'", "token('zz') = 'x'",
        "coalesce(token('zz'),'') = ''", "int(token('n','NOPE')) = 3", "status('A') = 'COMPLETED'",
      ]
      let nodes = expressions.enumerated().map { index, text in
        "- {name: C\(index), after: [A], condition: {expr: \"\(text)\"}}"
      }
      try await house.deploy(
        nodes: "- {name: A, program: put}\n" + nodes.joined(separator: "\n"),
        more: "on_failure: finish-siblings",
        programs: "put: {type: COMMAND, argv: [puts, \"0\", n=3]}")
      let run = try await house.run()
      let all = try await house.nodes(run)
      let results = expressions.indices.map { index -> String in
        let node = all["C\(index)"]
        return node?.status == .completed ? "\(node?.outcome == .true)" : node?.reason ?? "?"
      }
      #expect(
        results == ["false", "true", "condition_null", "true", "condition_error", "true"])
    }
  }

  @Test("WF-30 conditions by commands", arguments: Deployment.allCases)
  func commands(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let programs = [["exit", "0"], ["exit", "1"], ["exit", "2"], ["missing"]]
      let nodes = programs.enumerated().map { index, argv in
        let texts = argv.map { "\"\($0)\"" }.joined(separator: ", ")
        let put = "put: {branch\(index): \"${outcome}\"}"
        return "- {name: P\(index), condition: {argv: [\(texts)], \(put)}}"
      }
      try await house.deploy(
        nodes: nodes.joined(separator: "\n"), more: "on_failure: finish-siblings")
      let run = try await house.run()
      let all = try await house.nodes(run)
      #expect(all["P0"]?.outcome == .true && all["P1"]?.outcome == .false)
      #expect(all["P2"]?.reason == "exit_nonzero" && all["P3"]?.reason == "exec_failed")
      for (index, expected) in ["true", "false", nil, nil].enumerated() {
        #expect(try await house.value(run, "branch\(index)") == expected)
        #expect(
          try await house.value(run, "condition", node: "P\(index)", scope: .system) == expected)
      }
    }
  }

  @Test("a command condition puts what it renders at its end, after its token file (G21, G30)")
  func commandPut() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - name: P
            condition:
              argv: [puts, "1", "own=7"]
              put: {seen: "${token.own}-${outcome}"}
          - {name: Q, condition: {argv: [exit, "0"], put: {lost: "${token.nothing}"}}}
          """, more: "on_failure: finish-siblings")
      let run = try await house.run()
      #expect(try await house.entries(run, of: "P") == ["own=7", "seen=7-false"])
      let nodes = try await house.nodes(run)
      #expect(nodes["Q"]?.status == .failed && nodes["Q"]?.reason == "template_unresolved")
    }
  }

  @Test("WF-31 required arguments and request ids", arguments: Deployment.allCases)
  func arguments(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}",
        more: "arguments: {a: {required: true}, b: {required: true}, c: {default: x}}")
      let error = await refused("argument_missing") { _ = try await house.trigger() }
      #expect(error?.message.contains("a, b") == true)
      let none = try await house.client.listRuns(.init())
      #expect(none.runs.isEmpty)
      let given = ["a": "1", "b": "2"]
      let first = try await house.trigger(given, requestID: "r")
      let second = try await house.trigger(given, requestID: "r")
      #expect(first == second)
      _ = await refused("request_id_reused", .alreadyExists) {
        _ = try await house.trigger(["a": "1", "b": "3"], requestID: "r")
      }
      try await house.end(of: first)
      let answer = try await house.client.listRuns(.init())
      #expect(answer.runs.count == 1)
      #expect(try await house.details(first).details?.arguments == ["a": "1", "b": "2", "c": "x"])
    }
  }

  @Test("errors of triggers, in their order")
  func triggers() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      _ = await refused("app_not_found", .notFound) {
        _ = try await house.trigger(application: "nosuch")
      }
      _ = await refused("workflow_not_found", .notFound) {
        _ = try await house.trigger(workflow: "X")
      }
      _ = await refused("version_not_found", .notFound) { _ = try await house.trigger(version: 9) }
      _ = await refused("name_missing") { _ = try await house.trigger(workflow: "") }
      _ = await refused("name_invalid") { _ = try await house.trigger(workflow: "a/b") }
      _ = await refused("env_name_invalid") { _ = try await house.trigger(env: ["BATON_X": "1"]) }
      _ = await refused("argument_limit", .resourceExhausted) {
        _ = try await house.trigger(["a": String(repeating: "x", count: 65_537)])
      }
    }
  }
}
