import BatonCore
import Testing

/// Re-runs, skips and resumes over child runs (RE60–RE65, RE72, RE73); numbers of the cases.
@Suite("Re-runs over child runs") struct TreeRerunTests {
  /// P: p (child Q: s1 → s2) → z; s1 failed, all have ended.
  private static func failed() -> TreeScript {
    var script = TreeScript([["p", "z: p"], ["s1", "s2: s1"]])
    script.end("s1", in: 1, .failed)
    #expect(script.statuses == ["FAILED", "gone"])
    return script
  }

  @Test("RR-11 a re-run in a child opens the run above, with one revision for the tree")
  func child() {
    var script = Self.failed()
    let reason = script.rerun("s1", in: 1, env: ["K": "2"])
    #expect(reason == nil && script.statuses == ["RUNNING", "RUNNING"])
    #expect(script.plan?.runs.map(\.run) == [script.runs[0], script.runs[1]])
    #expect(script.plan?.attempts.map(\.node) == ["p", "s1"])
    #expect(script.plan?.attempts.map(\.cause) == [.child, .rerun])
    #expect(script.plan?.reevaluated.map(\.node) == ["z", "s2"])
    #expect(script.attempts(of: "p") == ["1 FIRST F 1 run 1", "2 CHILD R 2 run 1"])
    let revision = script.transitions.flatMap(\.revisions)
    #expect(revision.map(\.number) == [2] && revision.map(\.run) == [script.runs[1]])
    #expect(revision.map(\.root) == [script.runs[0]])
    script.end("s1", in: 1)
    script.end("s2", in: 1)
    script.end("z", in: 0)
    #expect(script.statuses == ["COMPLETED", "gone"] && script.runs.count == 2)
    #expect(script.attempts(of: "s1", in: 1) == ["1 FIRST F 1", "2 RERUN C 2"])
    #expect(script.attempts(of: "s2", in: 1) == ["1 FIRST C 2"])
    #expect(script.attempts(of: "z") == ["1 FIRST C 2"])
    #expect(script.attempts(of: "p").last == "2 CHILD C 2 run 1")
    #expect(script.machine(1)?.state.ends.map(\.status) == [.failed, .completed])
  }

  @Test("RR-12 one resume, one revision, every suspended run below goes on")
  func resume() {
    var script = TreeScript([["p", "b"], ["p", "c"], ["x", "y: x"]])
    script.order(.suspend, to: 2)
    script.order(.suspend, to: 0)
    #expect(script.statuses == ["SUSPENDED", "SUSPENDED", "SUSPENDED"])
    script.end("x", in: 2)
    #expect(script.resume(1, env: ["K": "2"]) == "parent_suspended")
    #expect(script.tree.environment.revision == 1)
    #expect(script.resume(0, env: ["K": "2"]) == nil)
    #expect(script.statuses == ["RUNNING", "RUNNING", "RUNNING"])
    #expect(script.transitions.flatMap(\.revisions).map(\.call) == [.resume])
    #expect(script.attempts(of: "y", in: 2) == ["1 FIRST R 2"])
    #expect(script.plan?.attempts.map(\.node) == ["y"])
    #expect(script.plan?.runs.map(\.to) == [.running, .running, .running])
    #expect(script.resume(0, env: ["K": "3"]) == "run_not_suspended")
    #expect(script.tree.environment.revision == 2)
  }

  @Test("RR-13 a re-run goes up over all levels, with the same child runs")
  func levels() {
    var script = TreeScript([["p"], ["p"], ["x"]])
    script.end("x", in: 2, .failed)
    #expect(script.statuses == ["FAILED", "gone", "gone"])
    #expect(script.rerun("x", in: 2) == nil)
    #expect(script.statuses == ["RUNNING", "RUNNING", "RUNNING"])
    script.end("x", in: 2)
    #expect(script.statuses == ["COMPLETED", "gone", "gone"] && script.runs.count == 3)
    #expect(script.attempts(of: "p").last == "2 CHILD C 1 run 1")
    #expect(script.attempts(of: "p", in: 1).last == "2 CHILD C 1 run 2")
    for run in 0..<3 { #expect(script.machine(run)?.state.reruns == 1) }
  }

  @Test("RR-14 a child run that another one replaced is left alone")
  func superseded() {
    var script = Self.failed()
    #expect(script.rerun("p", in: 0) == nil)
    #expect(script.runs.count == 3 && script.attempts(of: "p").last == "2 RERUN R 1 run 2")
    #expect(script.rerun("s1", in: 1) == "run_superseded")
    #expect(script.skip("s1", in: 1) == "run_superseded")
    #expect(script.machine(1)?.state.status == .failed)
    #expect(script.machine(1)?.state.reruns == 0)
    #expect(script.resume(1, env: [:]) == "run_superseded")
    script.end("s1", in: 2)
    script.end("s2", in: 2)
    script.end("z", in: 0)
    #expect(script.statuses == ["COMPLETED", "gone", "gone"])
  }

  @Test("RR-14 nor is one whose node was skipped")
  func skipped() {
    var script = Self.failed()
    #expect(script.skip("p", in: 0) == nil)
    #expect(script.rerun("s1", in: 1) == "run_superseded")
  }

  @Test("RR-15 a completed run above is opened only when this is allowed")
  func completedAncestor() {
    var script = TreeScript([["p", "h: p.failure"], ["s1"]])
    script.end("s1", in: 1, .failed)
    script.end("h", in: 0)
    #expect(script.statuses == ["COMPLETED", "gone"])
    #expect(script.rerun("s1", in: 1) == "ancestor_completed")
    #expect(script.skip("s1", in: 1) == "ancestor_completed")
    #expect(script.rerun("s1", in: 1, allowCompleted: true) == nil)
    #expect(script.statuses == ["RUNNING", "RUNNING"])
    #expect(script.tree.root.state.reruns == 1)
    script.end("s1", in: 1)
    #expect(script.statuses == ["COMPLETED", "gone"])
    #expect(script.tree.root.nodes.last?.isObsolete == true)
  }

  @Test("RR-16 the other branch of the run above goes on")
  func otherBranch() {
    var script = TreeScript([["p", "p3: p", "b", "b4: b"], ["s1"]])
    script.end("s1", in: 1, .failed)
    #expect(script.statuses == ["RUNNING", "gone"] && script.node("p3") == "UPSTREAM_FAILED")
    #expect(script.rerun("s1", in: 1, env: ["K": "2"]) == nil)
    script.end("b", in: 0)
    #expect(script.attempts(of: "p").last == "2 CHILD R 2 run 1")
    script.end("s1", in: 1)
    script.end("p3", in: 0)
    script.end("b4", in: 0)
    #expect(script.statuses == ["COMPLETED", "gone"])
    #expect(script.tree.root.state.ends.count == 1)
  }

  @Test(
    "RR-60 no_reset continues the child run in place; without it another is made",
    arguments: [
      false, true,
    ])
  func continued(noReset: Bool) {
    var script = TreeScript([["p"], ["s1", "s2: s1"]])
    script.end("s1", in: 1)
    script.end("s2", in: 1, .failed)
    #expect(script.rerun("p", in: 0, noReset: noReset) == nil)
    guard noReset else {
      #expect(script.runs.count == 3)
      script.end("s1", in: 2)
      script.end("s2", in: 2)
      #expect(script.statuses == ["COMPLETED", "gone", "gone"])
      #expect(script.attempts(of: "s1", in: 2) == ["1 FIRST C 1"])
      return
    }
    #expect(script.runs.count == 2 && script.statuses == ["RUNNING", "RUNNING"])
    script.end("s2", in: 1)
    #expect(script.statuses == ["COMPLETED", "gone"])
    #expect(script.attempts(of: "p").last == "2 RERUN C 1 run 1")
    #expect(script.attempts(of: "s1", in: 1) == ["1 FIRST C 1"])
    #expect(script.attempts(of: "s2", in: 1) == ["1 FIRST F 1", "2 RERUN C 1"])
  }

  @Test("below a suspended run nothing starts before it is resumed (RE64)")
  func suspendedAncestor() {
    var script = TreeScript([["p", "b"], ["p", "c"], ["x"]])
    script.end("x", in: 2, .failed)
    script.end("c", in: 1)
    #expect(script.statuses == ["RUNNING", "gone", "gone"])
    script.order(.suspend, to: 0)
    #expect(script.rerun("x", in: 2, resume: true) == "parent_suspended")
    #expect(script.rerun("x", in: 2) == nil)
    #expect(script.statuses == ["SUSPENDED", "SUSPENDED", "SUSPENDED"])
    #expect(script.plan?.attempts.map(\.starts) == [.now, .now, .onResume])
    #expect(script.attempts(of: "x", in: 2) == ["1 FIRST F 1"])
    script.order(.resume, to: 0)
    #expect(script.statuses == ["RUNNING", "RUNNING", "RUNNING"])
    #expect(script.attempts(of: "x", in: 2).last == "2 RERUN R 1")
  }

  @Test("a sibling that was killed continues its child run (RE43)")
  func sibling() {
    var script = TreeScript([["a", "p"], ["s1", "s2"]], .stopSiblings)
    script.end("s1", in: 1)
    script.end("a", in: 0, .failed)
    script.end("s2", in: 1)
    #expect(script.statuses == ["FAILED", "gone"])
    #expect(script.node("p") == "KILLED sibling_failed")
    #expect(script.rerun("a", in: 0) == nil)
    #expect(script.runs.count == 2 && script.statuses == ["RUNNING", "RUNNING"])
    #expect(script.attempts(of: "p").last == "2 SIBLING R 1 run 1")
    #expect(script.attempts(of: "s1", in: 1) == ["1 FIRST C 1"])
    #expect(script.attempts(of: "s2", in: 1).last == "2 RERUN R 1")
  }

  @Test("RR-24 UpdateEnv and ResumeRun refuse by status, and change nothing then")
  func refusals() throws {
    var script = TreeScript([["a"]])
    let call = RerunCall(principal: "ann", time: RunScript.start)
    let id = script.runs[0]
    var tree = script.tree
    let empty = #expect(throws: BatonError.self) {
      try tree.update(id, EnvChange(expectedRevision: 1), by: call)
    }
    #expect(empty?.reason == "nothing_to_update")
    let edits = try tree.update(id, EnvChange(values: ["K": "2"]), by: call)
    #expect(edits.map(\.new) == ["2"] && tree.root.environment.revision == 2)
    #expect(
      tree.takeTransition().root.events.map(\.change) == [
        .env(revision: 2, call: .update, names: ["K"])
      ])
    #expect(script.resume(0, env: ["K": "2"]) == "run_not_suspended")
    script.order(.stop(StopOrder()), to: 0)
    #expect(script.resume(0, env: ["K": "2"]) == "run_stopping")
    script.end("a", in: 0)
    #expect(script.resume(0, env: ["K": "2"]) == "run_ended")
    #expect(script.tree.environment.revision == 1)
  }
}
