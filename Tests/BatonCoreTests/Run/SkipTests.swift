import BatonCore
import Testing

/// SkipNode and handlers (RE55, RE56, RE80–RE83).
@Suite("Skips and handlers") struct SkipTests {
  @Test("RR-36 a skipped node counts as COMPLETED, with what it puts", arguments: [false, true])
  func skip(recovers: Bool) {
    var script = RunScript(["A", "B", "J: A, B"], .finishSiblings)
    script.recoversAlways = recovers
    script.begin()
    script.end("A")
    script.end("B", .failed)
    let puts = script.puts.count
    #expect(script.skip("B", outputs: ["x": "1"]) == nil)
    #expect(script.plannedAttempts == ["B 2 SKIP NOW", "J 1 FIRST NOW"])
    #expect(script.untouched == ["A"] && script.statuses == "C S R")
    #expect(script.nodes["B"]?.reason == "operator_skip")
    let attempt = script.attempts[script.id("B", 2)]
    #expect(attempt?.cause == .skip && attempt?.status == .completed && attempt?.program == nil)
    #expect(attempt?.chain == 2 && attempt?.call?.principal == "ann" && attempt?.ended != nil)
    let put = script.puts[puts]
    #expect(put.source == script.id("B", 2) && put.entries.map(\.key) == ["x"])
    #expect(put.entries.map(\.scope) == [.user])
    #expect(script.stored.state.skips == 1 && script.stored.state.reruns == 0)
    script.end("J")
    #expect(script.status == .completed && script.stored.state.ends.count == 2)
    #expect(script.skip("B") == "run_completed")
    #expect(script.rerun("B", allowCompleted: true) == nil)
    #expect(script.attempts(of: "B").last == "3 RERUN R 1")
  }

  @Test("RR-37 a node that did not start cannot be skipped, nor one of another kind")
  func refused() {
    var script = RunScript(["A", "B", "J: A, B", "P?: A", "N: P.true", "X: A"], .finishSiblings)
    script.begin()
    script.end("A")
    script.end("X", .failed)
    script.end("P", decision: false)
    script.end("B", .failed)
    let before = script
    #expect(script.skip("J") == "node_upstream_failed")
    #expect(script.lastError?.message.contains("because of B") == true)
    #expect(script.skip("A") == "node_completed" && script.skip("N") == "node_not_taken")
    #expect(script.skip("NOPE") == "node_not_found" && script.skip("") == "no_nodes")
    #expect(script.skip("B", expecting: 2) == "attempt_changed")
    #expect(script.skip("B", outcome: true) == "outcome_not_applicable")
    RerunTests.expectSame(script, before)
    #expect(script.skip("B") == nil && script.skip("B") == "node_skipped")
  }

  @Test("a condition is skipped with an outcome, which edges follow", arguments: [false, true])
  func condition(outcome: Bool) {
    var script = RunScript(["P?", "T: P.true", "F: P.false"], .finishSiblings)
    script.begin()
    script.end("P", .failed)
    #expect(script.statuses == "F U U" && script.skip("P") == "outcome_required")
    #expect(script.skip("P", outcome: outcome) == nil)
    #expect(script.statuses == (outcome ? "S R S" : "S S R"))
    let entry = script.puts.last { $0.source.node == "P" }?.entries
    #expect(entry == [.init(scope: .system, key: "condition", value: "\(outcome)")])
    script.recover()
    script.end(outcome ? "T" : "F")
    #expect(script.status == .completed)
  }

  @Test("a run whose last failure is skipped ends again, in the same step")
  func lastFailure() {
    var script = RerunTests.failedChain()
    #expect(script.skip("B", env: ["K": "2"]) == nil)
    #expect(script.status == .completed && script.lastPlan?.runs.map(\.to) == [.completed])
    #expect(script.changes(of: nil).suffix(2) == ["FAILED>RUNNING", "RUNNING>COMPLETED"])
    #expect(script.attempts(of: "B").last == "2 SKIP C 2" && script.actions.last == .ended)
  }

  // MARK: - Handlers

  @Test("RR-38 a handler runs again when its node fails again", arguments: [false, true])
  func handlerAgain(recovers: Bool) {
    var script = RunScript(["A", "H: A.failure", "D: H", "X"], .finishSiblings)
    script.recoversAlways = recovers
    script.begin()
    script.end("A", .failed)
    script.end("X", .failed)
    script.end("H")
    script.end("D")
    script.rerun("A")
    #expect(script.statuses == "R C C F" && script.untouched == ["H", "D", "X"])
    script.end("A", .failed)
    #expect(script.statuses == "F R C F")
    script.end("H")
    #expect(script.status == .failed && script.statuses == "F C C F")
    #expect(script.attempts(of: "H") == ["1 FIRST C 1", "2 HANDLER C 1"])
    #expect(script.attempts(of: "X").count == 1 && script.attempts(of: "D").count == 1)
    #expect(script.stored.state.failures.map(\.node) == ["X"])
  }

  @Test("RR-39 a failed handler is obsolete when its node completes", arguments: [false, true])
  func obsolete(recovers: Bool) {
    var script = RunScript(["A", "H: A.failure", "D: H.complete", "E: H"], .finishSiblings)
    script.recoversAlways = recovers
    script.begin()
    script.end("A", .failed)
    script.end("H", .failed)
    script.end("D")
    #expect(script.status == .completed && script.statuses == "F F C S")
    script.rerun("A", allowCompleted: true)
    script.end("A")
    #expect(script.status == .completed && script.statuses == "C S C S")
    #expect(script.nodes["H"]?.reason == "handler_obsolete")
    #expect(script.attempts(of: "H") == ["1 FIRST F 1"])
  }

  @Test(
    "RR-39 its failure no longer counts; a skip of the node does the same",
    arguments: [
      false, true,
    ])
  func obsoleteFailure(skips: Bool) {
    var script = RunScript(["A", "H: A.failure", "E: H"], .finishSiblings)
    script.begin()
    script.end("A", .failed)
    script.end("H", .failed)
    #expect(script.status == .failed && script.statuses == "F F U")
    #expect(script.stored.state.failures.map(\.node) == ["H"])
    if skips {
      script.skip("A")
    } else {
      script.rerun("A")
      script.end("A")
    }
    #expect(script.status == .completed && script.statuses == (skips ? "S S S" : "C S S"))
    #expect(script.nodes["H"]?.reason == "handler_obsolete")
    #expect(script.stored.state.failures.isEmpty)
    #expect(script.changes(of: "H").last == "FAILED>SKIPPED")
    // Judged again: H as its failure comes back.
    if !skips {
      script.rerun("A", allowCompleted: true)
      #expect(script.statuses == "R – –")
      script.end("A", .failed)
      #expect(script.attempts(of: "H").last == "2 DOWNSTREAM R 1")
    }
  }

  @Test("a handler that another edge started does not run for a failure that came later")
  func otherEdge() {
    var script = RunScript(["A", "Y", "H: A.failure, Y join any"], .finishSiblings)
    script.begin()
    script.end("Y")
    script.end("A", .failed)
    script.end("H")
    #expect(script.status == .completed)
    script.rerun("A", allowCompleted: true)
    script.end("A", .failed)
    #expect(script.status == .completed && script.attempts(of: "H").count == 1)
    #expect(script.nodes["H"]?.isObsolete == false)
  }
}
