import BatonCore
import BatonYAML
import Foundation
import Testing

/// Policies of nodes in application files (RE90–RE109).
@Suite struct PolicyFileTests {
  /// A file with one node A of program P and these further fields.
  private static func node(_ fields: String) -> String {
    file("nodes:\n  - {name: A, program: P, properties: {p: v}, \(fields)}")
  }

  @Test(
    "RE90–RE99, RE105 values in and out of their bounds",
    arguments: [
      ("retry: {attempts: 100, delay: 0s, backoff: 10, max_delay: 365d, jitter: 1}", []),
      ("retry: {attempts: 101}", ["bad_value"]), ("retry: {jitter: 1.1}", ["bad_value"]),
      ("retry: {jitter: -0.1}", ["bad_value"]), ("retry: {jitter: much}", ["wrong_type"]),
      ("retry: {on: [1, 255, 64-78, exit, signal, timeout, exec, lost]}", []),
      ("retry: {on: [fail_on, child, other]}", []), ("retry: {on: exit}", ["wrong_type"]),
      ("retry: {on: []}", ["bad_value"]),
      ("retry: {on: [0, 256, 9-1, x]}", Array(repeating: "bad_value", count: 4)),
      ("retry: {break_on: \"exit_code() = 9\", continue_on: \"attempt() < 3\"}", []),
      ("retry: {break_on: \"exit_code(1)\"}", ["bad_expression"]),
      ("retry: {continue_on: \"\"}", ["bad_expression"]),
      ("retry: {break_on: }", ["bad_value"]), ("node_timeout: 100ms", []),
      ("node_timeout: 99ms", ["bad_value"]), ("node_timeout: 366d", ["bad_value"]),
      ("wait_before: 0s, wait_after: 365d", []), ("wait_after: 366d", ["bad_value"]),
      ("wait_after: soon", ["bad_value"]), ("pause_before: true", []), ("pause_before: False", []),
      ("pause_before: \"arg('x') = 'y' and item() is null\"", []),
      ("pause_before: maybe", ["bad_expression"]), ("pause_before: [true]", ["wrong_type"]),
      ("fail_on: \"reason() is null\"", []), ("fail_on: random()", ["bad_expression"]),
      ("safe_rerun: true", []), ("safe_rerun: 1", ["wrong_type"]),
      ("on_success: {publish: {k: \"${exit_code}\"}}", []), ("on_success: {}", ["missing_field"]),
      ("on_failure: {publish: [k]}", ["wrong_type"]),
      ("on_skip: {put: {}}", ["missing_field", "unknown_field"]),
      ("on_complete: {publish: {\"\": v}}", ["bad_value"]),
      (
        "for_each: {items: \"[1]\", as: file_2, concurrency: 1000, fail_fast: true, collect: [k]}",
        []
      ),
      ("for_each: {}", ["missing_field"]), ("for_each: [1]", ["wrong_type"]),
      ("for_each: {items: [1]}", ["wrong_type"]),
      ("for_each: {items: x, foo: 1}", ["unknown_field"]),
      ("for_each: {items: x, as: File}", ["bad_value"]),
      ("for_each: {items: x, as: 1a}", ["bad_value"]),
      ("for_each: {items: x, as: a.b}", ["bad_value"]),
      ("for_each: {items: x, as: arg}", ["bad_value"]),
      ("for_each: {items: x, as: index}", ["bad_value"]),
      ("for_each: {items: x, concurrency: 0}", ["bad_value"]),
      ("for_each: {items: x, concurrency: 1001}", ["bad_value"]),
      ("for_each: {items: x, fail_fast: 2}", ["wrong_type"]),
      ("for_each: {items: x, collect: [k, k, \"\"]}", ["bad_value", "bad_value"]),
    ] as [(String, [String])])
  func values(fields: String, expected: [String]) {
    #expect(problems(Self.node(fields)) == expected.map { "7 \($0)" })
  }

  @Test(
    "RE99 concurrency of a workflow",
    arguments: [
      ("1", []), ("10000", []), ("0", ["bad_value"]), ("10001", ["bad_value"]),
      ("x", ["wrong_type"]),
    ]
      as [(String, [String])])
  func concurrency(value: String, expected: [String]) {
    #expect(
      problems(file("nodes: []\nconcurrency: \(value)")) == expected.map { "7 \($0)" })
  }

  @Test(
    "G12 templates of policies: what may stand where",
    arguments: [
      ("timeout: \"${arg.t:-1s}\", retry: {attempts: \"${prop.p}\", jitter: \"${env.J}\"}", []),
      ("wait_before: \"${token.t@W}\"", []), ("wait_before: \"${token.t@B}\"", ["bad_template"]),
      ("node_timeout: \"${prop.none}\"", ["bad_template"]),
      ("timeout: \"${item}\"", ["bad_template"]),
      ("stop_grace: \"${exit_code}\"", ["bad_template"]),
      ("timeout: \"${secret.s}\"", ["bad_template"]),
      ("timeout: \"${\"", ["bad_template"]), ("retry: {backoff: \"$${x}\"}", ["wrong_type"]),
      ("env: {X: \"${exit_code}\", Y: \"${reason}\"}", ["bad_template", "bad_template"]),
      (
        "env: {X: \"${item}\", Y: \"${index}\", Z: \"${item.f}\"}",
        Array(repeating: "bad_template", count: 3)
      ),
      ("for_each: {items: \"${arg.l}\"}, env: {X: \"${item}${index}${item.f:-}\"}", []),
      ("for_each: {items: \"${prop.p}\", as: file}, env: {X: \"${file.name}${index}\"}", []),
      (
        "for_each: {items: x, as: file}, env: {X: \"${item}\", Y: \"${fil}\"}",
        ["bad_template", "bad_template"]
      ),
      ("for_each: {items: \"${item}\"}", ["bad_template"]),
      ("for_each: {items: \"${prop.none}\"}", ["bad_template"]),
      ("for_each: {items: \"[]\", as: }, env: {X: \"${file}\"}", ["bad_value"]),
      ("for_each: {items: x}, on_success: {publish: {k: \"${item}\"}}", ["bad_template"]),
      ("on_failure: {publish: {k: \"${reason}${exit_code:-}${token.k@A}${prop.p}\"}}", []),
      (
        "on_failure: {publish: {k: \"${outcome}\", j: \"${secret.s}\"}}",
        ["bad_template", "bad_template"]
      ),
    ] as [(String, [String])])
  func templates(fields: String, expected: [String]) {
    #expect(problems(Self.node(fields)) == expected.map { "7 \($0)" })
  }

  @Test("RE105 the list may not be made of what its elements give")
  func circular() {
    let fields = "{items: \"${prop.list}\"}, properties: {list: \"[${item}]\"}"
    #expect(
      problems(file("nodes:\n  - {name: A, program: P, for_each: \(fields)}"))
        == ["7 bad_template"])
  }

  @Test("a program's ${item} is judged for each node that uses it, and reported once")
  func items() {
    let program = "{type: COMMAND, argv: [run, \"${item}\", \"${index}\"]}"
    let good = "nodes:\n  - {name: A, program: P, for_each: {items: x}}"
    #expect(problems(file(good, program: program)) == [])
    let mixed = good + "\n  - {name: B, program: P}\n  - {name: C, program: P}"
    #expect(problems(file(mixed, program: program)) == ["3 bad_template", "3 bad_template"])
    #expect(
      problems(file("nodes: []", program: program)) == ["3 bad_template", "3 bad_template"])
  }

  @Test("conditions have no for_each, and no properties in their policies")
  func conditions() {
    func node(_ fields: String) -> String {
      file("nodes:\n  - {name: A, condition: {expr: '1'}, \(fields)}")
    }
    #expect(problems(node("for_each: {items: x}")) == ["7 unknown_field"])
    #expect(problems(node("wait_after: \"${prop.p}\"")) == ["7 bad_template"])
    #expect(problems(node("on_success: {publish: {k: \"${prop.p}\"}}")) == ["7 bad_template"])
    #expect(problems(node("on_success: {publish: {k: \"${exit_code:-}\"}}")) == [])
    #expect(
      problems(file("nodes:\n  - {name: A, condition: {expr: 'attempt()'}}")) == [
        "7 bad_expression"
      ])
  }

  @Test("node_defaults hold every policy; a node's own replaces it, also its problems")
  func defaults() throws {
    let text = file(
      """
      node_defaults:
        node_timeout: "${prop.limit}"
        pause_before: true
        on_success: {publish: {k: "${reason:-}"}}
        for_each: {items: "${arg.l}", as: file}
      nodes:
        - {name: A, program: P, properties: {limit: 1h}, env: {X: "${file}"}}
        - {name: B, program: P, node_timeout: 1s, pause_before: false}
        - {name: C, condition: {expr: "1"}, node_timeout: 2s}
      """)
    let application = try compile(text).get().application
    let workflow = try #require(application.workflows["W"])
    let plan = RunPlan(application: application, workflow: workflow, version: 1)
    #expect(plan.steps[0].declared.nodeTimeoutMS?.template?.source == "${prop.limit}")
    #expect(plan.steps[1].policy.nodeTimeoutMS == 1_000)
    #expect(plan.steps.map(\.declared.pauseBefore) == [.fixed(true), .fixed(false), .fixed(true)])
    #expect(plan.steps.map(\.forEach?.as) == ["file", "file", nil])
    #expect(plan.steps[2].declared.publish(on: .success).map(\.key) == ["k"])
    let absent = text.replacing("properties: {limit: 1h}, ", with: "")
      .replacing(", node_timeout: 2s", with: "")
    #expect(problems(absent) == ["7 bad_template"])
  }

  @Test("G6 every policy as it is stored, node over program over defaults")
  func model() throws {
    let program = """
      {type: COMMAND, argv: [x], retry: {attempts: "${arg.n}", jitter: 0.5, \
      on: [other, 75, 64-78, 75], break_on: "exit_code() = 9", continue_on: "attempt() < 3"}}
      """
    let fields = """
      wait_before: "${arg.w}", wait_after: 2s, node_timeout: 1h, safe_rerun: true, fail_on: "0", \
      pause_before: "1", on_skip: {publish: {b: "1", a: "2"}}, \
      for_each: {items: "[1]", concurrency: "${arg.c}", fail_fast: true, collect: [y, x]}
      """
    let text = file(
      "concurrency: 7\nnodes:\n  - {name: A, program: P, \(fields)}", program: program)
    let application = try compile(text).get().application
    let workflow = try #require(application.workflows["W"])
    #expect(workflow.concurrency == 7)
    let step = RunPlan(application: application, workflow: workflow, version: 1).steps[0]
    let retry = try #require(step.declared.retry)
    #expect(retry.attempts.template?.source == "${arg.n}" && retry.jitter == 0.5)
    #expect(retry.on?.map(\.description) == ["64-78", "75", "other"])
    #expect(retry.breakOn == "exit_code() = 9" && retry.continueOn == "attempt() < 3")
    #expect(step.waitBefore.template?.source == "${arg.w}" && step.policy.waitAfterMS == 2_000)
    #expect(step.policy.nodeTimeoutMS == 3_600_000 && step.declared.safeRerun == true)
    #expect(step.declared.failOn == "0" && step.declared.pauseBefore == .expression("1"))
    #expect(step.declared.publish(on: .skip).map(\.key) == ["b", "a"])
    let list = try #require(step.forEach)
    #expect(list.items.source == "[1]" && list.as == "item" && list.failFast)
    #expect(list.concurrency.template?.source == "${arg.c}" && list.collect == ["y", "x"])

    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    let data = try encoder.encode(application)
    #expect(try JSONDecoder().decode(Application.self, from: data) == application)
    let same = text.replacing("on: [other, 75, 64-78, 75]", with: "\"on\": [64-78, 75, other]")
      .replacing("fail_fast: true", with: "as: item, fail_fast: true")
    #expect(same != text)
    #expect(try encoder.encode(compile(same).get().application) == data)
  }

  @Test("G47 what earlier versions stored is read and written as it was")
  func storedModel() throws {
    let text = file(
      """
      nodes:
        - {name: A, program: P, wait_before: 2s, stop_grace: 1s}
      """,
      program: "{type: COMMAND, argv: [x], timeout: 1m, retry: {attempts: 2, jitter: 0}}")
    let stored = """
      {"description":"","env":{},"name":"demo","programs":{"P":{"argv":["x"],"env":{},\
      "policy":{"retry":{"attempts":2,"backoff":1,"delayMS":0,"maxDelayMS":3600000},\
      "timeoutMS":60000},"properties":{},"put":[],"type":"COMMAND"}},"workflows":{"W":\
      {"arguments":{},"env":{},"name":"W","nodeDefaults":{},"nodes":[{"action":{"program":\
      {"_0":"P"}},"edges":[],"env":{},"join":{"all":{}},"name":"A","policy":{"stopGraceMS":1000},\
      "properties":{},"tokenFiles":true,"waitBeforeMS":2000}],"onFailure":"stop-siblings",\
      "whenFull":"queue"}}}
      """
    let application = try compile(text).get().application
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    #expect(String(decoding: try encoder.encode(application), as: UTF8.self) == stored)
    #expect(
      try JSONDecoder().decode(Application.self, from: Data(stored.utf8)) == application)
  }

  @Test(
    "G32 what the server cannot execute yet is refused, one switch at a time",
    arguments: [
      ("retry: {jitter: 0.5}", .retryJitter), ("retry: {on: [exit]}", .retryCauses),
      ("retry: {break_on: '1'}", .retryExpressions),
      ("retry: {continue_on: '1'}", .retryExpressions), ("node_timeout: 1s", .nodeTimeout),
      ("wait_after: 1s", .waitAfter), ("pause_before: true", .pauseBefore),
      ("on_success: {publish: {k: v}}", .publishing),
      ("on_failure: {publish: {k: v}}", .publishing),
      ("on_complete: {publish: {k: v}}", .publishing), ("on_skip: {publish: {k: v}}", .publishing),
      ("fail_on: '1'", .failOn), ("safe_rerun: true", .safeRerun),
      ("for_each: {items: x}, env: {X: \"${item}\"}", .forEach),
      ("timeout: \"${arg.t}\"", .policyTemplates),
    ] as [(String, ApplicationFeatures.Switch)])
  func switches(fields: String, feature: ApplicationFeatures.Switch) {
    var features = ApplicationFeatures.all
    #expect(problems(Self.node(fields), features) == [])
    features.switches.remove(feature)
    #expect(problems(Self.node(fields), features) == ["7 kind_unavailable"])
    let concurrent = file("nodes: []\nconcurrency: 1")
    features.switches.remove(.concurrency)
    #expect(problems(concurrent, features) == ["7 kind_unavailable"])
  }
}
