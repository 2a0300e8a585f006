import BatonCore
import Testing

/// Held nodes, and reports of attempts that have ended (RE46, RE75).
@Suite("Holds and late reports") struct HoldTests {
  @Test("RR-63 a held node and its branch wait, the rest goes on", arguments: [false, true])
  func hold(recovers: Bool) {
    var script = RunScript(["A", "B: A", "C", "D: C"])
    script.recoversAlways = recovers
    script.begin()
    #expect(script.hold("B") == nil && script.hold("B") == nil)
    script.end("A")
    script.end("C")
    #expect(script.status == .running && script.statuses == "C – C R")
    #expect(script.nodes["B"]?.isHeld == true)
    script.end("D")
    #expect(script.status == .running && script.statuses == "C – C C")
    #expect(script.release("B") == nil && script.release("B", "A") == nil)
    #expect(script.statuses == "C R C C" && script.nodes["B"]?.isHeld == false)
    script.end("B")
    #expect(script.status == .completed && script.hold("B") == "run_ended")
    #expect(
      script.changes(of: nil) == [
        "PENDING>STARTING", "STARTING>RUNNING", "RUNNING>COMPLETED",
      ])
  }

  @Test("only nodes that have not started can be held (RE75)")
  func refusals() {
    var script = RunScript(
      ["A", "B: A", "C: A"], policy: NodePolicy(), waitBeforeMS: ["C": 1_000])
    #expect(script.hold("B") == nil)
    script.begin()
    #expect(script.hold("A") == "node_active" && script.hold("NOPE") == "node_not_found")
    script.end("A")
    #expect(script.statuses == "C – W" && script.hold("C") == "node_active")
    #expect(script.hold("A") == "node_ended" && script.hold("B", "A") == "node_ended")
    script.stop()
    #expect(script.hold("B") == "run_ended" && script.release("B") == "run_ended")
    #expect(script.status == .killed && script.statuses == "C S S")
    #expect(script.nodes["B"]?.isHeld == false)
  }

  @Test("a node is held also when it is ready; its delay begins at the release")
  func ready() {
    var script = RunScript(["A"], policy: NodePolicy(), waitBeforeMS: ["A": 1_000])
    script.hold("A")
    script.begin()
    script.pass(milliseconds: 5_000)
    #expect(script.statuses == "–" && script.status == .running)
    script.release("A")
    #expect(script.statuses == "W")
    script.pass(milliseconds: 1_000)
    #expect(script.statuses == "R")
    var suspended = RunScript(["A", "B: A"])
    suspended.begin()
    suspended.order(.suspend)
    suspended.end("A")
    suspended.hold("B")
    suspended.order(.resume)
    #expect(suspended.statuses == "C –")
    suspended.release("B")
    #expect(suspended.statuses == "C R")
  }

  @Test("a re-run of a held branch waits for the release")
  func rerun() {
    var script = RunScript(["A", "B", "C: B"], .finishSiblings)
    script.begin()
    script.end("B", .failed)
    script.rerun("B")
    script.hold("C")
    script.end("B", .failed)
    #expect(script.statuses == "R F U" && script.nodes["C"]?.isHeld == false)
  }

  @Test("RR-33 a repeat of the recorded outcome is OK, another report is noted")
  func late() {
    var script = RunScript(["A", "B: A"])
    script.begin()
    script.end("A", code: 0)
    #expect(script.reportLate("A", 1, .completed, code: 0) == nil)
    #expect(script.attempts[script.id("A")]?.lateTotal == 0)
    #expect(script.reportLate("A", 1, .failed, code: 1) == "attempt_ended")
    let attempt = script.attempts[script.id("A")]
    #expect(attempt?.lateTotal == 1 && attempt?.late.map(\.outcome) == [.failed])
    #expect(attempt?.late.map(\.sender) == ["worker"] && attempt?.late.map(\.exitCode) == [1])
    #expect(attempt?.status == .completed && script.statuses == "C R")
    #expect(
      script.events.last?.change
        == .attemptLate(node: "A", attempt: 1, item: nil, outcome: .failed))
    for _ in 0..<20 { _ = script.reportLate("A", 1, .failed, code: 1) }
    #expect(script.attempts[script.id("A")]?.late.count == 16)
    #expect(script.attempts[script.id("A")]?.lateTotal == 21)
  }

  @Test("RR-32 a timeout belongs to its attempt (RE101)")
  func timeouts() {
    var script = RunScript(["A"], timeoutMS: 8_000)
    script.begin()
    script.pass(milliseconds: 1_000)
    script.end("A", .failed)
    script.pass(milliseconds: 5_000)
    script.rerun("A")
    let deadlines = script.actions.compactMap { action in
      if case .setDeadline(let id, let time) = action { (id.attempt, time) } else { nil }
    }
    #expect(deadlines.map(\.0) == [1, 2])
    let started = script.attempts[script.id("A", 2)]?.started.milliseconds ?? 0
    #expect(deadlines.last?.1.milliseconds == started + 8_000)
    // The first one's timer comes too late.
    let first = script.id("A", 1)
    script.step { machine, _ in machine.attemptTimedOut(first) }
    #expect(script.kills.isEmpty && script.statuses == "R")
    script.end("A")
    #expect(script.status == .completed)
  }
}
