import BatonCore
import BatonYAML
import Testing

/// Programs of type WORKFLOW (RE110) and WORKER (CT20).
@Suite struct ChildProgramTests {
  @Test(
    "RE110, CT20 fields of the program",
    arguments: [
      ("{type: WORKFLOW, workflow: W}", []), ("{type: WORKFLOW, workflow: demo/W}", []),
      ("{type: WORKFLOW, workflow: other/V}", []), ("{type: WORKFLOW}", ["missing_field"]),
      ("{type: WORKFLOW, workflow: V}", ["bad_value"]),
      ("{type: WORKFLOW, workflow: demo/V}", ["bad_value"]),
      ("{type: WORKFLOW, workflow: a/b/c}", ["bad_name"]),
      ("{type: WORKFLOW, workflow: /W}", ["bad_name"]),
      ("{type: WORKFLOW, workflow: -W}", ["bad_name"]),
      ("{type: WORKFLOW, workflow: [W]}", ["wrong_type"]),
      (
        "{type: WORKFLOW, workflow: W, argv: [x], env: {A: b}, cwd: /, limits: {memory: 1}}",
        Array(repeating: "unknown_field", count: 4)
      ),
      ("{type: WORKFLOW, workflow: W, queue: q, put: {a: b}}", ["unknown_field", "unknown_field"]),
      (
        "{type: WORKFLOW, workflow: W, properties: {a: b}, timeout: 1s, retry: {on: [child]}}",
        []
      ),
      ("{type: WORKFLOW, workflow: W, arguments: {n: \"${arg.n}${prop.p:-}${token.t}\"}}", []),
      ("{type: WORKFLOW, workflow: W, arguments: [n]}", ["wrong_type"]),
      (
        "{type: WORKFLOW, workflow: W, arguments: {\"\": x, a: \"${reason}\"}}",
        ["bad_value", "bad_template"]
      ),
      ("{type: WORKFLOW, workflow: W, export: [a, b]}", []),
      ("{type: WORKFLOW, workflow: W, export: {a: b}}", []),
      ("{type: WORKFLOW, workflow: W, export: a}", ["wrong_type"]),
      ("{type: WORKFLOW, workflow: W, export: [a, a]}", ["bad_value"]),
      ("{type: WORKFLOW, workflow: W, export: {\"\": b, c: \"\"}}", ["bad_value", "bad_value"]),
      ("{type: WORKER, queue: q, env: {A: b}, limits: {memory: 1}, properties: {a: b}}", []),
      ("{type: WORKER}", ["missing_field"]), ("{type: WORKER, queue: \"q r\"}", ["bad_name"]),
      ("{type: WORKER, queue: q, argv: [x], cwd: /}", ["unknown_field", "unknown_field"]),
    ] as [(String, [String])])
  func fields(program: String, expected: [String]) {
    #expect(problems(file("nodes: []", program: program)) == expected.map { "3 \($0)" })
  }

  @Test("RE110 a node of type WORKFLOW has no env")
  func environment() {
    let nodes = "nodes:\n  - {name: A, program: P, env: {X: y}}"
    #expect(
      problems(file(nodes, program: "{type: WORKFLOW, workflow: other/V}"))
        == ["7 unknown_field"])
  }

  @Test("RE110, RE111 the model; the own application is not named in it")
  func model() throws {
    let program =
      "{type: WORKFLOW, workflow: NAME, arguments: {n: \"${arg.n}\"}, export: {out: res, a: b}}"
    func compiled(_ name: String) throws -> Application {
      try compile(file("nodes: []", program: program.replacing("NAME", with: name))).get()
        .application
    }
    let child = try #require(try compiled("demo/W").programs["P"]?.child)
    #expect(child.application == nil && child.workflow == "W")
    #expect(child.arguments.mapValues(\.source) == ["n": "${arg.n}"])
    #expect(
      child.export == [
        ExportedKey(key: "out", childKey: "res"), ExportedKey(key: "a", childKey: "b"),
      ])
    #expect(try compiled("demo/W") == compiled("W"))
    #expect(try compiled("other/V").programs["P"]?.child?.application == "other")
    let text = file(
      "nodes:\n  - {name: A, program: P}", program: "{type: WORKFLOW, workflow: o/V, export: [a]}")
    let application = try compile(text).get().application
    #expect(
      application.programs["P"]?.child?.export == [ExportedKey(key: "a", childKey: "a")])
    let workflow = try #require(application.workflows["W"])
    let step = RunPlan(application: application, workflow: workflow, version: 1).steps[0]
    guard case .workflow(let planned) = step.kind else {
      Issue.record("not a child workflow")
      return
    }
    #expect(planned.application == "o" && !step.isInProcess && !step.isCondition)
  }

  @Test("CT20 a step of a worker knows its queue")
  func worker() throws {
    let text = file(
      "nodes:\n  - {name: A, program: P}", program: "{type: WORKER, queue: gpu.large}")
    let application = try compile(text).get().application
    let workflow = try #require(application.workflows["W"])
    let step = RunPlan(application: application, workflow: workflow, version: 1).steps[0]
    guard case .worker(let queue) = step.kind else {
      Issue.record("not a worker")
      return
    }
    #expect(queue == "gpu.large" && !step.isInProcess)
  }

  @Test("RE110 recursion within one application is a cycle, once per group, with its place")
  func recursion() throws {
    let text = """
      baton: 1
      application: demo
      programs:
        P: {type: NOOP}
        ToA: {type: WORKFLOW, workflow: demo/A}
        ToB: {type: WORKFLOW, workflow: B}
        ToC: {type: WORKFLOW, workflow: C}
        Out: {type: WORKFLOW, workflow: other/A}
      workflows:
        A:
          nodes: [{name: x, program: P}, {name: y, program: ToB}, {name: z, program: Out}]
        B:
          nodes: [{name: x, program: ToC}, {name: y, program: ToA}]
        C:
          nodes: [{name: x, program: ToC}]
      """
    #expect(problems(text) == ["11 cycle", "15 cycle"])
    guard case .failure(let list) = compile(text) else { return }
    let lines = list.message.split(separator: "\n").dropFirst()
    #expect(
      Array(lines) == [
        "[1] 11:43 workflows.A.nodes[1].name: cycle: the workflow starts itself: A -> B -> A",
        "[2] 15:20 workflows.C.nodes[0].name: cycle: the workflow starts itself: C -> C",
      ])
    let open = text.replacing("program: ToA", with: "program: Out")
      .replacing("program: ToC}]", with: "program: P}]")
    #expect(problems(open) == [])
  }

  @Test(
    "types that the server does not execute are refused",
    arguments: [ProgramType.worker, .workflow])
  func unavailable(type: ProgramType) {
    var features = ApplicationFeatures.all
    features.programTypes.remove(type)
    let text = file("nodes: []", program: "{type: \(type.rawValue), workflow: W, queue: q}")
    #expect(problems(text, features) == ["3 kind_unavailable"])
  }
}
