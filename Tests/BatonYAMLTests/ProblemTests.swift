import BatonCore
import BatonExpressions
import BatonYAML
import Testing

@Suite struct ProblemTests {
  @Test(
    "G6, G12 problems of the file, its programs and maps",
    arguments: [
      ("", ["1 missing_field", "1 missing_field"]), ("[]", ["1 wrong_type"]),
      ("a", ["1 wrong_type"]), ("baton: 2\napplication: a", ["1 bad_value"]),
      ("baton: '1'\napplication: a", ["1 wrong_type"]),
      ("baton: 1\napplication: -a", ["2 bad_name"]),
      ("baton: 1\napplication:", ["2 bad_value"]),
      ("baton: 1\napplication: [a]", ["2 wrong_type"]),
      ("baton: 1\napplication: a\nfoo: 1\nbaton: 1", ["3 unknown_field", "4 duplicate_key"]),
      (
        "baton: 1\napplication: a\nschedules: []\nsecrets: {}",
        ["3 kind_unavailable", "4 kind_unavailable"]
      ),
      (
        "baton: 1\napplication: a\nenv: {1A: x, BATON_X: y, OK: \"${arg.x}\", S: \"${secret.x}\"}",
        ["3 bad_env_name", "3 bad_env_name", "3 kind_unavailable"]
      ),
      (
        "baton: 1\napplication: a\nenv: {A: , B: [c], C: &x d}",
        ["3 bad_value", "3 wrong_type", "3 not_allowed"]
      ),
      ("baton: 1\napplication: a\nenv: {A: \"x\\0y\"}", ["3 bad_value"]),
      ("baton: 1\napplication: a\nprograms: {.x: {type: NOOP}}", ["3 bad_name"]),
      ("{\"baton\": 1, \"application\": null}", ["1 bad_value"]),
    ] as [(String, [String])])
  func fields(text: String, expected: [String]) {
    #expect(problems(text) == expected)
  }

  @Test(
    "G6 problems of programs",
    arguments: [
      ("{}", ["missing_field"]), ("{type: FOO}", ["bad_value"]), ("{type: command}", ["bad_value"]),
      ("{type: SPARK}", ["kind_unavailable"]),
      ("{type: MAPREDUCE, jar: x}", ["kind_unavailable"]), ("{type: COMMAND}", ["missing_field"]),
      ("{type: COMMAND, argv: []}", ["bad_value"]), ("{type: COMMAND, argv: x}", ["wrong_type"]),
      ("{type: COMMAND, argv: [x, ]}", []), ("{type: COMMAND, argv: [x, \"\"]}", []),
      ("{type: COMMAND, argv: [x], put: {a: b}}", ["unknown_field"]),
      ("{type: NOOP, argv: [x]}", ["unknown_field"]), ("{type: NOOP}", []),
      ("{type: NOOP, put: {\"\": x}}", ["bad_value"]),
      ("{type: NOOP, put: {x: \"${outcome}\"}}", ["bad_template"]),
      ("{type: COMMAND, argv: [x], cwd: y}", ["bad_value"]),
      ("{type: COMMAND, argv: [x], timeout: 10}", ["bad_value"]),
      ("{type: COMMAND, argv: [x], timeout: 99ms}", ["bad_value"]),
      ("{type: COMMAND, argv: [x], timeout: 366d}", ["bad_value"]),
      ("{type: COMMAND, argv: [x], timeout: 99999999999999999999d}", ["bad_value"]),
      ("{type: COMMAND, argv: [x], timeout: \"$${arg.t}\"}", ["bad_value"]),
      ("{type: COMMAND, argv: [x], timeout: [1]}", ["wrong_type"]),
      ("{type: COMMAND, argv: [x], stop_grace: 0s}", []),
      ("{type: COMMAND, argv: [x], retry: 3}", ["wrong_type"]),
      ("{type: COMMAND, argv: [x], retry: {attempts: \"3\"}}", ["wrong_type"]),
      ("{type: COMMAND, argv: [x], retry: {attempts: 3.5}}", ["wrong_type"]),
      ("{type: COMMAND, argv: [x], retry: {backoff: 0.5, delay: 1}}", ["bad_value", "bad_value"]),
      ("{type: COMMAND, argv: [x], retry: {on: [exit], foo: 1}}", ["unknown_field"]),
      ("{type: COMMAND, argv: [x], limits: {memory: 0, foo: 1}}", ["bad_value", "unknown_field"]),
      ("{type: COMMAND, argv: [\"${\"]}", ["bad_template"]),
      (
        "{type: COMMAND, argv: [\"${foo.x}\", \"${item}\", \"${index}\"]}",
        ["bad_template", "bad_template", "bad_template"]
      ),
      ("{type: COMMAND, argv: [\"${secret.x}\"]}", ["kind_unavailable"]),
      ("{type: COMMAND, argv: [\"${outcome}${reason}\"]}", ["bad_template", "bad_template"]),
      ("{type: COMMAND, argv: [x], properties: {a: \"${prop.b}\"}}", ["bad_template"]),
      ("{type: COMMAND, argv: [x], properties: {\"\": b}}", ["bad_value"]),
      ("{type: COMMAND, argv: [x], env: {A-B: b}}", ["bad_env_name"]),
      ("{type: COMMAND, argv: [\"${trigger.run_id:-none}\", \"$${x}\", \"$\"]}", []),
    ] as [(String, [String])])
  func programs(program: String, expected: [String]) {
    #expect(problems(file("nodes: []", program: program)) == expected.map { "3 \($0)" })
  }

  @Test(
    "G6, G9, G14, G17 problems of workflows and nodes",
    arguments: [
      ("nodes: []\nsteps: []", ["6 missing_field"]), ("env: {A: b}", ["6 missing_field"]),
      ("nodes: {}", ["6 wrong_type"]), ("steps: []", ["6 bad_value"]),
      ("nodes: []\nfoo: 1", ["7 unknown_field"]),
      ("nodes: []\noutputs: {a: b}\nconcurrency: 2", ["7 kind_unavailable"]),
      (
        "nodes: []\nnode_defaults: {fail_on: x, foo: 1}", ["7 bad_expression", "7 unknown_field"]
      ),
      ("nodes: []\non_failure: x", ["7 bad_value"]),
      ("nodes: []\nmax_active_runs: 0", ["7 bad_value"]),
      (
        "nodes: []\n"
          + "arguments: {a: {}, b: {required: true, default: x}, c: {required: false}, d: x}",
        ["7 missing_field", "7 missing_field", "7 bad_value", "7 wrong_type"]
      ),
      ("nodes: []\ninitialize: {timeout: 1s}", ["7 missing_field"]),
      (
        "nodes: []\ninitialize: {argv: [\"${prop.x}\", \"${token.k@A}\"]}",
        ["7 bad_template", "7 bad_template"]
      ),
      ("nodes:\n  - {}", ["7 missing_field", "7 missing_field"]),
      ("nodes:\n  - {name: a.b, program: P}", ["7 bad_name"]),
      ("nodes:\n  - {name: A, program: P, condition: {expr: '1'}}", ["7 missing_field"]),
      ("nodes:\n  - {name: A, condition: {}}", ["7 missing_field"]),
      ("nodes:\n  - {name: A, condition: {expr: '1', argv: [x]}}", ["7 missing_field"]),
      ("nodes:\n  - {name: A, condition: {expr: '1'}, properties: {a: b}}", ["7 unknown_field"]),
      ("nodes:\n  - {name: A, condition: {argv: [\"${prop.a}\"]}}", ["7 bad_template"]),
      (
        "nodes:\n  - {name: A, condition: {argv: [x], put: {a: \"${secret.a}\"}}}",
        ["7 bad_template"]
      ),
      ("nodes:\n  - {name: A, program: P, after: A}", ["7 wrong_type"]),
      ("nodes:\n  - {name: A, program: P, after: [A]}", ["7 cycle"]),
      (
        "nodes:\n  - {name: A, program: P}\n"
          + "  - {name: B, program: P, after: [A.true, A., '', [x]]}",
        ["8 bad_edge", "8 bad_edge", "8 unknown_node", "8 wrong_type"]
      ),
      (
        "nodes:\n  - {name: A, program: P}\n  - {name: B, program: P, after: [A], join: 2}",
        ["8 bad_join"]
      ),
      (
        "nodes:\n  - {name: A, program: P}\n  - {name: B, program: P, after: [A], join: 0}",
        ["8 bad_join"]
      ),
      ("nodes:\n  - {name: A, program: P}\n  - {name: B, program: P, after: [A], join: 1}", []),
      ("nodes:\n  - {name: A}\n  - {name: B, program: P, after: [A.true]}", ["7 missing_field"]),
      ("nodes:\n  - {name: A, program: P, token_files: 1}", ["7 wrong_type"]),
      ("steps:\n  - {name: A, program: P, after: []}", ["7 unknown_field"]),
      ("steps:\n  - {name: A, program: P, then: []}", ["7 unknown_field"]),
      ("steps:\n  - {fork: [], name: A}", ["7 bad_value", "7 unknown_field"]),
      ("steps:\n  - {fork: [[]]}", ["7 bad_value"]),
      (
        "steps:\n  - {name: A, condition: {expr: '1'}, else: [{name: B, program: P}]}",
        ["7 missing_field"]
      ),
    ] as [(String, [String])])
  func workflows(workflow: String, expected: [String]) {
    #expect(problems(file(workflow)) == expected)
  }

  @Test("G12 templates name ancestors and present properties; a program's text is told once")
  func references() {
    let nodes = """
      nodes:
        - {name: A, program: P}
        - {name: B, program: P, after: [A.complete], properties: {k: v}}
        - {name: C, program: P, after: [B]}
        - {name: D, condition: {argv: [x, "${token.k@C}", "${token.k@A}", "${token.k@D}"]}, after: [B]}
        - {name: E, program: P, env: {X: "${prop.none}"}, after: [D]}
      """
    #expect(problems(file(nodes)) == ["10 bad_template", "11 bad_template"])
    let argv = "[x, '${token.k@A}', '${prop.k}', '${token.k@W}', '${prop.j:-d}']"
    let program = "{type: COMMAND, argv: \(argv)}"
    let user = "nodes:\n  - {name: A, program: P}\n  - {name: B, program: P}"
    #expect(problems(file(user, program: program)) == ["3 bad_template", "3 bad_template"])
    let unresolved =
      "nodes:\n  - {name: A, program: P, properties: {k: v}}\n"
      + "  - {name: B, program: P, after: [Ax], properties: {k: v}}"
    #expect(problems(file(unresolved, program: program)) == ["8 unknown_node"])
  }

  @Test("a reference to what is declared but wrong is no problem of its own")
  func declared() {
    let nodes =
      "nodes:\n  - {name: A, program: P}\n  - {name: a.b, program: P, after: [A]}\n"
      + "  - {name: C, program: P, after: [a.b]}"
    #expect(
      problems(file(nodes, program: "{type: SPARK}")) == ["3 kind_unavailable", "8 bad_name"])
  }

  @Test("what the server cannot execute yet is refused, never ignored")
  func features() {
    let features = ApplicationFeatures(programTypes: [.command, .spark], switches: [.retry])
    let text = file(
      """
      initialize: {argv: [a]}
      max_active_runs: 1
      on_failure: finish-siblings
      node_defaults: {timeout: 1s}
      nodes:
        - {name: A, program: P, retry: {attempts: 2}, wait_before: 1s}
        - {name: B, program: P, after: [A], join: any, limits: {memory: 1}}
        - {name: C, condition: {expr: "1"}}
        - {name: D, condition: {argv: [x]}}
      """, program: "{type: NOOP}")
    #expect(
      problems(text, features) == [
        "3 kind_unavailable", "6 kind_unavailable", "7 kind_unavailable", "8 kind_unavailable",
        "9 kind_unavailable", "11 kind_unavailable", "12 kind_unavailable",
        "12 kind_unavailable", "13 kind_unavailable", "14 kind_unavailable",
      ])
    #expect(
      problems(file("nodes: []", program: "{type: SPARK}"), features) == ["3 kind_unavailable"])
  }

  @Test("G11 at most 100 problems are listed, with the total")
  func total() {
    let text =
      "baton: 1\napplication: a\nenv:\n"
      + (0..<900).map { "  1\($0): x" }.joined(separator: "\n")
    guard case .failure(let list) = compile(text) else { return }
    #expect(list.total == 900)
    #expect(list.listed.count == 100)
    #expect(list.listed.last?.line == 103)
    #expect(
      list.message.hasPrefix(
        "900 problems, the first 100 are listed\n[1] 4:3 env.10: bad_env_name: "))
  }
}

@Suite struct DefinitionLimitTests {
  @Test("G4, G5 numbers of entries, programs, workflows and arguments")
  func counts() {
    func map(_ count: Int, _ value: String) -> String {
      "{" + (0..<count).map { "k\($0): \(value)" }.joined(separator: ", ") + "}"
    }
    let head = "baton: 1\napplication: a\n"
    #expect(problems(head + "env: " + map(1000, "v")) == [])
    #expect(problems(head + "env: " + map(1001, "v")) == ["3 limit"])
    #expect(problems(head + "programs: " + map(1001, "{type: NOOP}")) == ["3 limit"])
    #expect(problems(head + "workflows: " + map(101, "{nodes: []}")) == ["3 limit"])
    let long = String(repeating: "v", count: 65_537)
    #expect(problems(head + "env: {A: \(long)}") == ["3 limit"])
    let argv = Array(repeating: "x", count: 1001).joined(separator: ", ")
    #expect(
      problems(file("nodes: []", program: "{type: COMMAND, argv: [\(argv)]}")) == ["3 limit"])
  }

  @Test("G5 10,000 nodes and 100,000 edges, in both forms")
  func nodes() throws {
    let nodes = (0..<10_000).map { "- {name: n\($0), program: P}" }
    #expect(problems(file("nodes:\n" + nodes.joined(separator: "\n"))) == [])
    let more = nodes + ["- {name: m, program: P}"]
    #expect(problems(file("nodes:\n" + more.joined(separator: "\n"))) == ["7 limit"])
    #expect(problems(file("steps:\n" + more.joined(separator: "\n"))) == ["7 limit"])
    let wide = (0..<400).map { "[{name: NAME\($0), program: P}]" }.joined(separator: ", ")
    let fork = "- fork: [\(wide)]\n"
    let crossed = fork.replacing("NAME", with: "a") + fork.replacing("NAME", with: "b")
    #expect(problems(file("steps:\n" + crossed)) == ["7 limit"])
  }

  @Test("G9 steps nest 100 levels deep, not 101")
  func depth() {
    func nested(_ levels: Int) -> String {
      (1..<levels).reduce("[{name: x, program: P}]") {
        "[{fork: [\($0), [{name: n\($1), program: P}]]}]"
      }
    }
    #expect(problems(file("steps: \(nested(100))")) == [])
    // Both branches of the innermost fork are lists of level 101.
    #expect(problems(file("steps: \(nested(101))")) == ["6 limit", "6 limit"])
    #expect(problems(file("steps: \(nested(300))")) == ["6 limit"])
  }

  @Test("G1 hostile files: 10 MB, deep nesting, anchors, long keys")
  func hostile() {
    #expect(problems(String(repeating: "x", count: 10_000_000)) == ["1 limit"])
    #expect(problems(String(repeating: "[", count: 1_000_000)) == ["1 limit"])
    let key = String(repeating: "k", count: 1000)
    guard case .failure(let list) = compile("\(key): 1") else { return }
    #expect(list.message.utf8.count < 1000)
  }

  @Test("a chain of references over 10,000 nodes is checked in reasonable time")
  func speed() {
    var lines: [String] = []
    for node in 0..<9_000 {
      let after = (1...9).map { node - $0 }.filter { $0 >= 0 }.map { "n\($0)" }
      let argv = node > 0 ? ", env: {A: '${token.k@n0}'}" : ""
      lines.append(
        "- {name: n\(node), program: P, after: [\(after.joined(separator: ","))]\(argv)}")
    }
    let text = file("nodes:\n" + lines.joined(separator: "\n"))
    let time = ContinuousClock().measure { #expect(problems(text) == []) }
    #expect(time < .seconds(20), "\(time)")
  }

  @Test(
    "G5 durations",
    arguments: [
      ("500ms", 500), ("30s", 30_000), ("1m", 60_000), ("2h", 7_200_000), ("365d", 31_536_000_000),
      ("0s", 0), ("", nil), ("s", nil), ("10", nil), ("1.5s", nil), ("-1s", nil), ("+1s", nil),
      ("01s", nil), ("1 s", nil), ("1S", nil), ("1w", nil), ("1s ", nil), ("٣s", nil),
      ("99999999999999999999s", .max), ("9223372036854775807d", .max),
    ] as [(String, Int64?)])
  func durations(text: String, expected: Int64?) {
    #expect(DurationText.milliseconds(text) == expected)
  }
}
