import BatonCore
import Testing

/// Decisions depend on what is stored alone: a return gives the same result (G61).
@Suite("Recovery of runs") struct RunRecoveryTests {
  /// A graph and the ends of its nodes in order; `A` completes, `-A` fails, `+P` and `~P` decide,
  /// `!A` times out and then ends, `?A` was never started.
  struct Scenario: CustomTestStringConvertible, Sendable {
    var graph: [String]
    var policy = FailurePolicy.stopSiblings
    var steps: [String]
    var result: String
    var status: RunStatus
    var testDescription: String { "\(graph) \(policy.rawValue) \(steps)" }
  }

  static let scenarios: [Scenario] = [
    .init(
      graph: ["A", "B: A", "C: B"], steps: ["A", "B", "C"], result: "C C C", status: .completed),
    .init(
      graph: ["A", "P?: A", "N: P.true", "M: P.false", "J: N, M"], steps: ["A", "~P", "M", "J"],
      result: "C C S C C", status: .completed),
    .init(
      graph: ["A", "B", "D: A, B", "E: A"], steps: ["-A", "B"], result: "F K U U",
      status: .failed),
    .init(
      graph: ["A", "B", "B2: B", "D: A, B2"], policy: .finishSiblings, steps: ["-A", "B", "B2"],
      result: "F C C U", status: .failed),
    .init(
      graph: ["A", "H: A.failure", "Z: A.complete"], steps: ["-A", "Z", "H"], result: "F C C",
      status: .completed),
    .init(
      graph: ["A", "B", "Z: A, B join any", "Y: Z"], steps: ["B", "Z", "A", "Y"],
      result: "C C C C", status: .completed),
    .init(
      graph: ["A", "B", "C", "Z: A, B, C join 2"], policy: .finishSiblings,
      steps: ["A", "-B", "C", "Z"], result: "C F C C", status: .failed),
    .init(
      graph: ["A", "B: A"], steps: ["?A", "A", "?B", "?B", "B"], result: "C C",
      status: .completed),
    .init(graph: ["A", "B", "C: A"], steps: ["!A", "B"], result: "F K U", status: .failed),
    .init(
      graph: ["A", "B", "C"], steps: ["?A", "-B", "A", "C"], result: "K F K", status: .failed),
  ]

  private static func apply(_ step: String, to script: inout RunScript) {
    let node = String(step.drop { "-+~!?".contains($0) })
    switch step.first {
    case "-": script.end(node, .failed)
    case "+": script.end(node, decision: true)
    case "~": script.end(node, decision: false)
    case "!":
      script.timeOut(node)
      script.end(node, .failed, reason: "signaled", code: -15)
    case "?": script.neverStarted(node)
    default: script.end(node)
    }
  }

  @Test("each scenario ends as it should", arguments: scenarios)
  func plain(scenario: Scenario) {
    var script = RunScript(scenario.graph, scenario.policy)
    script.begin()
    for step in scenario.steps { Self.apply(step, to: &script) }
    #expect(script.statuses == scenario.result && script.status == scenario.status)
    #expect(script.actions.last == .ended)
  }

  @Test(
    "a return after every prefix gives the same events, attempts and nodes", arguments: scenarios)
  func everyPrefix(scenario: Scenario) {
    var expected = RunScript(scenario.graph, scenario.policy)
    expected.begin()
    for step in scenario.steps { Self.apply(step, to: &expected) }
    for prefix in -1...scenario.steps.count {
      var script = RunScript(scenario.graph, scenario.policy)
      if prefix < 0 { script.recover() }
      script.begin()
      for (index, step) in scenario.steps.enumerated() {
        if index == prefix { script.recover() }
        Self.apply(step, to: &script)
      }
      if prefix == scenario.steps.count { script.recover() }
      Self.expectSame(script, expected, "after \(prefix) steps")
    }
    var always = RunScript(scenario.graph, scenario.policy)
    always.recoversAlways = true
    always.begin()
    for step in scenario.steps { Self.apply(step, to: &always) }
    Self.expectSame(always, expected, "before every step")
  }

  private static func expectSame(_ script: RunScript, _ expected: RunScript, _ when: String) {
    #expect(script.events == expected.events, "\(when)")
    #expect(script.nodes == expected.nodes, "\(when)")
    #expect(script.attempts == expected.attempts, "\(when)")
    #expect(script.stored == expected.stored, "\(when)")
    #expect(script.actions == expected.actions, "\(when)")
  }

  @Test("a second or late outcome changes nothing (G61)")
  func duplicates() {
    var script = RunScript(["A", "B: A"])
    script.begin()
    let first = script.id("A")
    let isTaken = script.end("A")
    #expect(isTaken)
    let events = script.events.count
    var counts = [
      script.report("A", AttemptOutcome(status: .failed, reason: "shim_lost"), attempt: 1),
      script.neverStarted("A"),
    ]
    #expect(script.events.count == events && script.attempts[first]?.status == .completed)
    counts.append(script.report("B", AttemptOutcome(status: .completed), attempt: 7))
    counts.append(script.report("nosuch", AttemptOutcome(status: .completed), attempt: 1))
    #expect(counts == [false, false, false, false])
    #expect(script.statuses == "C R")
  }

  @Test("WF-33 an attempt never started is FAILED not_started and another follows (G60, G38)")
  func neverStarted() {
    var script = RunScript(["A"])
    script.begin()
    let first = script.id("A")
    script.neverStarted("A")
    #expect(script.attempts[first]?.status == .failed)
    #expect(script.id("A").attempt == 2)
    #expect(script.attempts[script.id("A")]?.cause == .recovery)
    script.end("A")
    #expect(script.reasons(of: "A") == ["not_started", nil] && script.status == .completed)
    #expect(
      script.changes(of: "A") == [
        "PENDING>RUNNING", "RUNNING>WAITING", "WAITING>RUNNING", "RUNNING>COMPLETED",
      ])
    // The late report of the first attempt does not touch the second.
    let isLateTaken = script.report("A", AttemptOutcome(status: .failed), attempt: 1)
    #expect(!isLateTaken)
  }

  @Test("an attempt that was to be killed and never started does not start again")
  func neverStartedKilled() {
    var script = RunScript(["A", "B"])
    script.begin()
    script.end("A", .failed)
    script.neverStarted("B")
    #expect(script.statuses == "F K" && script.reasons(of: "B") == ["sibling_failed"])
    #expect(script.status == .failed)
  }
}
