import BatonCore
import BatonWire
import Testing

/// Deployments and versions through the RPCs.
@Suite("Cases of deployments", .timeLimit(.minutes(1))) struct DeploymentTests {
  static let hostile = """
    baton: 1
    application: demo
    programs:
      P: {type: COMMAND, argv: [run]}
    workflows:
      W:
        nodes:
          - {name: A, program: P, after: [B]}
          - {name: B, program: P, after: [A]}
          - {name: C, program: Q, after: [X, A.done]}
          - {name: W, program: P}
          - {name: A, program: P, join: 2}
    """

  @Test("WF-03 all problems at once, nothing stored", arguments: Deployment.allCases)
  func problems(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let error = await refused("app_invalid") { try await house.deploy(Self.hostile) }
      let lines = (error?.description ?? "").split(separator: "\n").filter { $0.hasPrefix("[") }
      #expect(
        lines.map { line in
          let words = line.split(separator: " ")
          return "\(words[1].split(separator: ":")[0]) \(words[3])"
        } == [
          "8 cycle:", "10 unknown_program:", "10 unknown_node:", "10 bad_edge:",
          "11 node_named_as_workflow:", "12 duplicate_node:", "12 bad_join:",
        ])
      let dry = try await house.deploy(Self.hostile, dryRun: true)
      #expect(dry.problemsTotal == 7 && dry.problems.first?.line == 8)
      #expect(dry.problems.first?.reason == "cycle")
      _ = await refused("app_invalid") { try await house.deploy("baton: 1\n\tx: 1\n") }
      _ = await refused("app_not_found", .notFound) {
        _ = try await house.client.getApplication(.init(application: "demo"))
      }
      #expect(try await house.client.listApplications(.init()).applications.isEmpty)
    }
  }

  @Test("WF-29 bad expressions", arguments: Deployment.allCases)
  func badExpressions(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let texts = ["random() > 0", "(select 1)", "1), (2", "1; 2", "current_timestamp > ''"]
      let nodes = texts.enumerated().map { index, text in
        "- {name: C\(index), condition: {expr: \"\(text)\"}}"
      }
      let error = await refused("app_invalid") {
        try await house.deploy(nodes: nodes.joined(separator: "\n"))
      }
      #expect((error?.description ?? "").split(separator: "bad_expression").count == 6)
    }
  }

  @Test("WF-04 steps, reserved types, values and edges", arguments: Deployment.allCases)
  func fewProblems(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      func problems(_ text: String) async throws -> [String] {
        try await house.deploy(text, dryRun: true).problems.map { "\($0.line) \($0.reason)" }
      }
      func file(_ body: String, program: String = "{type: COMMAND, argv: [x]}") -> String {
        "baton: 1\napplication: demo\nprograms: {P: \(program)}\nworkflows: {W: {\(body)}}\n"
      }
      let steps = """
        steps: [{name: C, condition: {argv: [x]},
          then: [{name: X, program: P}],
          else: [{name: X, program: P}]}]
        """
      let twice = try await problems(file(steps))
      #expect(twice == ["6 duplicate_node"])
      for type in ["SPARK", "MAPREDUCE"] {
        let text = file("nodes: []", program: "{type: \(type)}")
        #expect(try await problems(text).last == "3 kind_unavailable")
      }
      let retry = file(
        "nodes: []", program: "{type: COMMAND, argv: [x], retry: {attempts: 0}}")
      #expect(try await problems(retry) == ["3 bad_value"])
      let edges = file(
        "nodes: [{name: A, program: P}, {name: B, program: P, after: [A, A.success]}]")
      #expect(try await problems(edges) == ["4 duplicate_edge"])
      for text in [file(steps), retry, edges] {
        _ = await refused("app_invalid") { try await house.deploy(text) }
      }
      #expect(try await house.client.listApplications(.init()).applications.isEmpty)
    }
  }

  @Test("WF-23 a run keeps its version", arguments: Deployment.allCases)
  func versions(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: block}\n- {name: B, program: ok, after: [A]}")
      let first = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      let second = try await house.deploy(
        nodes: "- {name: A, program: ok}\n- {name: C, program: ok, after: [A]}")
      #expect(second.created && second.version == 2)
      await house.programs.finish("A")
      try await house.end(of: first)
      #expect(try await house.letters(first, "A B") == "C C")
      let next = try await house.run()
      #expect(try await house.letters(next, "A C B") == "C C ?")
      #expect(try await house.details(next).run?.version == 2)
      let old = try await house.trigger(version: 1)
      #expect(try await house.details(old).run?.version == 1)
    }
  }

  @Test("WF-24 the same model is the same version; dry_run", arguments: Deployment.allCases)
  func sameModel(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let yaml = """
        baton: 1
        # a comment
        application: demo
        programs: {P: {type: COMMAND, argv: [run]}}
        workflows: {W: {nodes: [{name: A, program: P}, {name: B, program: P, after: [A]}]}}
        """
      let json = """
        {"application": "demo", "baton": 1, "workflows": {"W": {"steps":
        [{"program": "P", "name": "A"}, {"name": "B", "program": "P"}]}},
        "programs": {"P": {"argv": ["run"], "type": "COMMAND"}}}
        """
      let first = try await house.deploy(yaml)
      #expect(first.created && first.version == 1)
      let second = try await house.deploy(json)
      #expect(!second.created && second.version == 1)
      let changed = try await house.deploy(
        yaml.replacing("run", with: "walk"), dryRun: true)
      #expect(changed.created && changed.version == 2 && changed.problems.isEmpty)
      #expect(try await house.client.listApplications(.init()).applications.map(\.version) == [1])
      let stored = try await house.client.getApplication(.init(application: "demo"))
      #expect(stored.content == Array(yaml.utf8) && stored.format == .yaml)
      // What the content is, is told, however it was deployed; YAML may begin with a brace, too.
      try await house.deploy(json.replacing("run", with: "walk"))
      #expect(
        try await house.client.getApplication(.init(application: "demo")).format == .json)
      try await house.deploy(json.replacing("run", with: "jump").replacing("]}}}", with: "]}},}"))
    }
  }

  @Test("WF-39 the edges of steps", arguments: Deployment.allCases)
  func model(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        """
        baton: 1
        application: demo
        programs: {P: {type: COMMAND, argv: [ok]}}
        workflows:
          W:
            steps:
              - {name: A, program: P}
              - fork:
                  - [{name: B, program: P}, {name: C, program: P}]
                  - [{name: D, program: P}]
              - {name: K, condition: {expr: "1"}, then: [{name: E, program: P}],
                 else: [{name: F, program: P}]}
              - {name: G, program: P}
        """)
      let model = try #require(
        try await house.client.getApplication(.init(application: "demo", workflow: "W")).model)
      let edges = model.nodes.map { node in
        let after = node.after.map { edge -> String in
          let name = model.nodes[Int(edge.from)].name
          return edge.on == .true ? name + ".true" : edge.on == .false ? name + ".false" : name
        }
        return node.name + "[" + after.joined(separator: ", ") + "]"
      }
      #expect(
        edges == ["A[]", "B[A]", "C[B]", "D[A]", "K[C, D]", "E[K.true]", "F[K.false]", "G[E, F]"])
    }
  }
}
