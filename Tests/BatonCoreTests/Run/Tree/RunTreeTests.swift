import BatonCore
import Testing

/// Runs and the runs below them: creation, ends, suspends and stops (RE60–RE73, RE110–RE112).
@Suite("Trees of runs") struct RunTreeTests {
  static let threeLevels = [["p", "z: p"], ["p", "y: p"], ["s"]]

  @Test("a node of type WORKFLOW makes a pinned child run and ends with it")
  func child() {
    var script = TreeScript([["p", "z: p"], ["s"]])
    #expect(script.statuses == ["RUNNING", "RUNNING"])
    let header = script.tree[script.runs[1]].header
    #expect(header.parent == AttemptID(run: script.runs[0], node: "p", attempt: 1))
    #expect(header.root == script.runs[0] && header.trigger == .parent)
    #expect(header.arguments == ["n": "5"] && header.env.isEmpty)
    // RE10: the child uses the root's environment.
    #expect(script.tree[script.runs[1]].environment.values == ["K": "1"])
    #expect(script.tree[script.runs[0]].running[0]?.child == script.runs[1])
    script.end("s", in: 1)
    #expect(script.statuses == ["RUNNING", "gone"])
    #expect(script.node("p") == "COMPLETED")
    script.end("z", in: 0)
    #expect(script.status(0) == "COMPLETED" && script.tree.isIdle)
  }

  @Test("the creation of a child is stored with the start of its attempt (RE5)")
  func oneTransition() {
    let script = TreeScript([["p"], ["s"]])
    let first = script.transitions[0]
    #expect(first.created.map(\.record.header.id) == [script.runs[1]])
    #expect(first.created[0].record.state.status == .pending && first.begins == [script.runs[1]])
    let started = first.root.changes.contains {
      if case .insertAttempt(let attempt) = $0 { attempt.child == script.runs[1] } else { false }
    }
    #expect(started)
    #expect(!first.root.actions.contains { if case .launch = $0 { true } else { false } })
  }

  @Test(
    "RE111 an attempt ends as its child run",
    arguments: [
      (AttemptStatus.completed, "COMPLETED"), (.failed, "FAILED child_failed"),
    ])
  func ends(status: AttemptStatus, node: String) {
    var script = TreeScript([["p"], ["s"]])
    script.end("s", in: 1, status)
    #expect(script.node("p") == node)
    #expect(script.status(0) == (status == .completed ? "COMPLETED" : "FAILED"))
  }

  @Test("a child run that is stopped by itself ends its node KILLED child_killed (G19, RE111)")
  func stoppedChild() {
    var script = TreeScript([["p", "b"], ["s"]])
    script.order(.stop(StopOrder()), to: 1)
    #expect(script.statuses == ["RUNNING", "STOPPING"])
    script.end("s", in: 1, .failed)
    #expect(script.node("p") == "KILLED child_killed")
    script.end("b", in: 0)
    #expect(script.status(0) == "FAILED")
  }

  @Test("a child run of a full workflow is REJECTED with its creation (G36, RE111)")
  func rejected() {
    var tree = TreeScript([["p"], ["s"]]).tree
    var workflow = RunScript.plan(["s"]).workflow
    workflow.maxActiveRuns = 1
    workflow.whenFull = .reject
    let child = ChildRun(
      id: RunID(milliseconds: 5, sequence: 0, random: 1), workflow: RunScript.workflow,
      plan: RunScript.plan(workflow), arguments: [:], active: 1)
    tree.create(
      child, by: AttemptID(run: tree.id, node: "p", attempt: 1), now: RunScript.start)
    let transition = tree.takeTransition()
    #expect(transition.ended == [child.id] && transition.begins.isEmpty)
    #expect(transition.created[0].record.state.reason == "active_runs_full")
    #expect(!tree.contains(child.id))
    #expect(
      AttemptOutcome(of: child.id, .rejected, exported: [], missing: ["k"]).reason
        == "child_failed")
  }

  @Test("depths, ancestors and descendants")
  func places() {
    let script = TreeScript(Self.threeLevels)
    #expect(script.runs.map { script.tree.depth(of: $0) } == [1, 2, 3])
    #expect(script.tree.ancestors(of: script.runs[2]) == [script.runs[1], script.runs[0]])
    #expect(script.tree.descendants(of: script.runs[0]) == [script.runs[1], script.runs[2]])
    #expect(script.tree.members == script.runs)
  }

  // MARK: - Suspend and resume

  @Test("RE70 a suspend reaches down and not up")
  func suspend() {
    var script = TreeScript(Self.threeLevels)
    #expect(script.order(.suspend, to: 1) == nil)
    #expect(script.statuses == ["RUNNING", "SUSPENDED", "SUSPENDED"])
    #expect(script.transitions.last?.below.count == 2)
    #expect(script.node("p") == "RUNNING")
    script.end("s", in: 2)
    // The end of the last node ends a suspended run (G44); what comes after it waits (RE71).
    #expect(script.statuses == ["RUNNING", "SUSPENDED", "gone"])
    #expect(script.node("y", in: 1) == "PENDING")
    #expect(script.order(.resume, to: 1) == nil)
    #expect(script.node("y", in: 1) == "RUNNING")
  }

  @Test("RE72 a suspended run below a suspended one is resumed from above")
  func parentSuspended() {
    var script = TreeScript(Self.threeLevels)
    script.order(.suspend, to: 0)
    #expect(script.order(.resume, to: 2) == "parent_suspended")
    #expect(script.order(.resume, to: 1) == "parent_suspended")
    #expect(script.statuses == ["SUSPENDED", "SUSPENDED", "SUSPENDED"])
    #expect(script.order(.resume, to: 0) == nil)
    #expect(script.statuses == ["RUNNING", "RUNNING", "RUNNING"])
  }

  @Test("RE72 a running run with a suspended one below it can be resumed")
  func resumeBelow() {
    var script = TreeScript(Self.threeLevels)
    script.order(.suspend, to: 2)
    #expect(script.statuses == ["RUNNING", "RUNNING", "SUSPENDED"])
    #expect(script.order(.resume, to: 0) == nil)
    #expect(script.statuses == ["RUNNING", "RUNNING", "RUNNING"])
    #expect(script.order(.resume, to: 0) == "run_not_suspended")
  }

  @Test("RE70 a suspend of a tree whose child is suspended already is accepted")
  func suspendAgain() {
    var script = TreeScript(Self.threeLevels)
    script.order(.suspend, to: 2)
    #expect(script.order(.suspend, to: 0) == nil)
    #expect(script.statuses == ["SUSPENDED", "SUSPENDED", "SUSPENDED"])
    #expect(script.order(.suspend, to: 0) == "run_already_suspended")
  }

  // MARK: - Stop

  @Test("SR122 a stop includes every run below, with its grace", arguments: [nil, Int64(700)])
  func stop(grace: Int64?) {
    var script = TreeScript(Self.threeLevels)
    script.order(.stop(StopOrder(graceMS: grace, reason: "why", principal: "ann")), to: 0)
    #expect(script.statuses == ["STOPPING", "STOPPING", "STOPPING"])
    #expect(script.killed == ["s \(grace ?? 10_000) run_stopped"])
    #expect(script.tree[script.runs[2]].state.stop?.principal == "ann")
    // One transition: all attempts are signalled at the same time (SR120).
    #expect(script.transitions.last?.below.count == 2)
    script.end("s", in: 2, .failed)
    #expect(script.statuses == ["KILLED", "gone", "gone"])
    #expect(script.node("p") == "KILLED run_stopped")
  }

  @Test("a forced stop ends every run below at once (SR124)")
  func force() {
    var script = TreeScript(Self.threeLevels)
    script.order(.stop(StopOrder(isForced: true)), to: 0)
    #expect(script.statuses == ["KILLED", "gone", "gone"])
    #expect(script.tree.isIdle)
  }

  @Test("RE112 a timeout of the attempt stops its child run")
  func timeout() {
    var script = TreeScript([["p", "b"], ["s"]], timeoutMS: 60_000)
    let attempt = AttemptID(run: script.runs[0], node: "p", attempt: 1)
    let deadlines = script.transitions[0].root.actions
    #expect(deadlines.contains { if case .setDeadline(attempt, _) = $0 { true } else { false } })
    script.step { tree, _ in tree[attempt.run].attemptTimedOut(attempt) }
    #expect(script.statuses == ["RUNNING", "STOPPING"])
    #expect(script.killed == ["s 10000 run_stopped"])
    script.end("s", in: 1, .failed)
    #expect(script.node("p") == "FAILED node_timeout")
  }

  @Test("G42 a failed sibling stops the child run")
  func sibling() {
    var script = TreeScript([["p", "b"], ["p"], ["s"]], .stopSiblings)
    script.end("b", in: 0, .failed)
    #expect(script.statuses == ["RUNNING", "STOPPING", "STOPPING"])
    script.end("s", in: 2, .failed)
    #expect(script.statuses == ["FAILED", "gone", "gone"])
    #expect(script.node("p") == "KILLED sibling_failed")
  }

  // MARK: - Environment

  @Test("RE10 a revision holds for every run of the tree")
  func revision() {
    var script = TreeScript(Self.threeLevels)
    let revision = EnvRevision(
      root: script.runs[0], number: 2, time: script.now, principal: "ann", call: .update,
      run: script.runs[2], edits: [EnvEdit(name: "K", old: "1", new: "2")])
    script.step { tree, _ in
      tree.set(revision, RunEnvironment(revision: 2, values: ["K": "2"]))
    }
    #expect(script.transitions.last?.revisions == [revision])
    for run in script.runs { #expect(script.tree[run].environment.values == ["K": "2"]) }
    script.end("s", in: 2)
    // RE17: what starts now uses the newest revision.
    let attempt = script.tree[script.runs[1]].runningAttempts.last
    #expect(attempt?.id.node == "y" && attempt?.envRevision == 2)
  }
}
