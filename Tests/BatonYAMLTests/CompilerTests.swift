import BatonCore
import BatonExpressions
import BatonYAML
import Testing

/// Compiles the text of a file.
func compile(
  _ text: String, _ features: ApplicationFeatures = .all
) -> Result<CompiledApplication, ProblemList> {
  let compiler = ApplicationCompiler(features: features, evaluator: SQLConditionEvaluator())
  return ApplicationFileReader().read(Array(text.utf8)).flatMap { compiler.compile($0) }
}

/// The problems of a file, each as `LINE code`, in the order of their report.
func problems(_ text: String, _ features: ApplicationFeatures = .all) -> [String] {
  switch compile(text, features) {
  case .success: []
  case .failure(let problems): problems.listed.map { "\($0.line) \($0.code.rawValue)" }
  }
}

/// A file with program P and one workflow W, whose fields begin at line 6.
func file(_ workflow: String, program: String = "{type: COMMAND, argv: [run]}") -> String {
  """
  baton: 1
  application: demo
  programs: {P: \(program)}
  workflows:
    W:
  \(workflow.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
  """
}

@Suite struct CompilerTests {
  @Test("WF-03 all problems of the file at once")
  func allProblems() throws {
    let text = """
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
    #expect(
      problems(text) == [
        "8 cycle", "10 unknown_program", "10 unknown_node", "10 bad_edge",
        "11 node_named_as_workflow", "12 duplicate_node", "12 bad_join",
      ])
    guard case .failure(let list) = compile(text) else { return }
    let lines = list.message.split(separator: "\n")
    #expect(lines.first == "7 problems")
    #expect(lines[1] == "[1] 8:16 workflows.W.nodes[0].name: cycle: A -> B -> A")
    #expect(lines[6].contains("(first: line 8)"))
    #expect(lines[2].contains("Q"))
    #expect(problems("a:\n\t- b") == ["2 yaml_syntax"])
  }

  @Test("WF-04 steps, reserved types, values and edges")
  func fewProblems() {
    let steps = """
      steps:
        - name: C
          condition: {argv: [test]}
          then: [{name: X, program: P}]
          else:
            - {name: X, program: P}
      """
    #expect(problems(file(steps)) == ["11 duplicate_node"])
    #expect(problems(file("nodes: []", program: "{type: SPARK}")) == ["3 kind_unavailable"])
    #expect(
      problems(file("nodes: []", program: "{type: COMMAND, argv: [x], retry: {attempts: 0}}"))
        == ["3 bad_value"])
    let nodes = """
      nodes:
        - {name: A, program: P}
        - {name: B, program: P, after: [A, A.success]}
      """
    #expect(problems(file(nodes)) == ["8 duplicate_edge"])
  }

  @Test("WF-24, WF-41, WF-42 the example of G8 as YAML, with comments, and as JSON")
  func campaign() throws {
    let application = try compile(campaignFile).get().application
    let commented = campaignFile.split(separator: "\n").map { "\($0)  # c" }
      .joined(separator: "\n\n").replacing("30m  # c", with: "\"30m\"")
    #expect(try compile(commented).get().application == application)
    #expect(try compile(campaignJSON).get().application == application)

    let parser = try #require(application.programs["EventParser"])
    #expect(parser.policy.timeoutMS == 1_800_000)
    #expect(
      parser.policy.retry
        == RetryPolicy(attempts: 3, delayMS: 10_000, backoff: 2, maxDelayMS: 60_000))
    let events = try #require(application.workflows["EventParserWorkflow"])
    #expect(events.arguments == ["from": .required, "until": .required])
    #expect(events.nodes[1].properties["separator"]?.source == "::")
    let purchases = try #require(application.workflows["PurchaseWorkflow"])
    #expect(purchases.arguments["max.bad"] == .optional(default: "5"))
    #expect(purchases.onFailure == .finishSiblings)
    #expect(purchases.initialize?.timeoutMS == 60_000)
    #expect(purchases.finish?.timeoutMS == 300_000)
    #expect(
      purchases.nodes[4].edges == [
        Edge(upstream: 1, kind: .whenFalse), Edge(upstream: 0, kind: .failure),
      ])
    guard case .condition(let condition) = purchases.nodes[1].action else {
      Issue.record("no condition")
      return
    }
    #expect(condition.put.map(\.key) == ["branch", "action.type"])
  }

  @Test("WF-39 steps compile to edges")
  func steps() throws {
    let text = file(
      """
      steps:
        - {name: A, program: P}
        - fork:
            - [{name: B, program: P}, {name: C, program: P}]
            - [{name: D, program: P}]
        - name: K
          condition: {expr: "1"}
          then: [{name: E, program: P}]
          else: [{name: F, program: P}]
        - {name: G, program: P}
      """)
    #expect(try edges(text) == "A[] B[A] C[B] D[A] K[C, D] E[K.true] F[K.false] G[E, F]")
  }

  @Test("WF-07 a condition without else leaves its false edge open")
  func noElse() throws {
    let text = file(
      """
      steps:
        - name: P
          condition: {argv: [test]}
          then: [{name: N, program: P}]
        - {name: Z, program: P}
      """)
    #expect(try edges(text) == "P[] N[P.true] Z[N, P.false]")
    let first = file(
      """
      steps:
        - fork: [[{name: A, program: P}], [{name: B, program: P}]]
        - {name: K, condition: {expr: "1"}}
        - {name: Z, program: P}
      """)
    #expect(try edges(first) == "A[] B[] K[A, B] Z[K]")
  }

  private func edges(_ text: String) throws -> String {
    let workflow = try #require(try compile(text).get().application.workflows["W"])
    return workflow.nodes.map { node in
      let edges = node.edges.map { edge in
        let name = workflow.nodes[edge.upstream].name
        return edge.kind == .success ? name : "\(name).\(edge.kind.rawValue)"
      }
      return "\(node.name)[\(edges.joined(separator: ", "))]"
    }.joined(separator: " ")
  }

  @Test("WF-29 expressions that are none")
  func expressions() {
    let all = [
      "random() > 0", "(select 1)", "1), (2", "1; 2", "current_timestamp > ''",
    ]
    for expression in all {
      let text = file("nodes:\n  - {name: C, condition: {expr: \"\(expression)\"}}")
      #expect(problems(text) == ["7 bad_expression"], "\(expression)")
    }
  }

  @Test("WF-27 G7 policies: node over program over defaults")
  func policies() throws {
    let text = file(
      """
      node_defaults: {timeout: 1m, stop_grace: 1s, retry: {attempts: 9}, wait_before: 2s}
      nodes:
        - {name: A, program: P, timeout: 3m, limits: {memory: 1000, cpu_time: 1s}}
        - {name: B, program: P, wait_before: 0s, token_files: false}
      """,
      program: "{type: COMMAND, argv: [x], timeout: 2m, retry: {attempts: 2}, cwd: /tmp}")
    let application = try compile(text).get().application
    let workflow = try #require(application.workflows["W"])
    let program = application.programs["P"]
    let first = workflow.policy(of: workflow.nodes[0], program: program)
    #expect(first.timeoutMS == 180_000)
    #expect(first.stopGraceMS == 1000)
    #expect(first.retry?.attempts == 2)
    #expect(first.limits?.memoryBytes == 1000)
    #expect(workflow.nodes.map(\.waitBeforeMS) == [2000, 0])
    #expect(workflow.nodes.map(\.tokenFiles) == [true, false])
    #expect(workflow.policy(of: workflow.nodes[1], program: program).timeoutMS == 120_000)
  }

  @Test("G13 a workflow without nodes; WF-05 with both hooks; NOOP with puts")
  func small() throws {
    let text = file(
      """
      initialize: {argv: [a]}
      finish: {argv: [b], env: {X: "${token.k@W:-}"}, cwd: /, timeout: 1s}
      max_active_runs: 2
      when_full: reject
      nodes: []
      """, program: "{type: NOOP, put: {k: \"${arg.x}\", j: \"1\"}}")
    let application = try compile(text).get().application
    #expect(application.workflows["W"]?.maxActiveRuns == 2)
    #expect(application.workflows["W"]?.whenFull == .reject)
    #expect(application.programs["P"]?.put.map(\.key) == ["k", "j"])
  }
}
