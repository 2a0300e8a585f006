import BatonCore
import Testing

/// Re-runs within one run (RE30–RE57); the numbers are those of the cases.
@Suite("Re-runs", .timeLimit(.minutes(1))) struct RerunTests {
  @Test("RR-01 a chain goes on from its failed node", arguments: [false, true])
  func chain(recovers: Bool) {
    var script = RunScript(["A", "B: A", "C: B"], .finishSiblings)
    script.recoversAlways = recovers
    script.begin()
    script.end("A")
    script.end("B", .failed)
    #expect(script.status == .failed && script.statuses == "C F U")
    let reason = script.rerun("B")
    #expect(reason == nil)
    #expect(script.plannedAttempts == ["B 2 RERUN NOW"])
    #expect(script.reevaluated == ["C"] && script.untouched == ["A"])
    #expect(script.lastPlan?.runs.map(\.from) == [.failed])
    #expect(script.lastPlan?.runs.map(\.to) == [.running] && script.lastPlan?.reruns == 1)
    let open = script.stored.state
    #expect(open.status == .running && open.ended == nil && open.failures.isEmpty)
    #expect(open.reason == nil && open.reruns == 1)
    #expect(script.statuses == "C R –")
    script.end("B")
    script.end("C")
    #expect(script.status == .completed && script.statuses == "C C C")
    #expect(script.attempts(of: "A") == ["1 FIRST C 1"])
    #expect(script.attempts(of: "B") == ["1 FIRST F 1", "2 RERUN C 1"])
    #expect(script.attempts(of: "C") == ["1 FIRST C 1"])
    #expect(script.stored.state.ends.map(\.status) == [.failed, .completed])
    #expect(script.stored.state.ends.map(\.number) == [1, 2])
    let call = script.attempts[script.id("B", 2)]?.call
    #expect(call?.principal == "ann" && call?.requestID == "r" && call?.note == "n")
    #expect(script.changes(of: nil).suffix(2) == ["FAILED>RUNNING", "RUNNING>COMPLETED"])
    #expect(
      script.changes(of: "C") == [
        "PENDING>UPSTREAM_FAILED", "UPSTREAM_FAILED>PENDING", "PENDING>RUNNING",
        "RUNNING>COMPLETED",
      ])
  }

  @Test("RR-02 finished branches keep their revision, the others use the new one")
  func revisions() {
    var script = RunScript(["T", "X", "Y: X", "J: T, Y"], .finishSiblings)
    script.begin()
    script.end("T")
    script.end("X", .failed)
    script.rerun("X", env: ["K": "2"])
    #expect(script.untouched == ["T"] && script.lastPlan?.edits.map(\.new) == ["2"])
    for node in ["X", "Y", "J"] { script.end(node) }
    #expect(script.attempts(of: "T") == ["1 FIRST C 1"])
    #expect(script.attempts(of: "X") == ["1 FIRST F 1", "2 RERUN C 2"])
    #expect(script.attempts(of: "Y") == ["1 FIRST C 2"])
    #expect(script.attempts(of: "J") == ["1 FIRST C 2"])
    #expect(script.status == .completed && script.environment.values == ["K": "2"])
  }

  @Test("RR-04 a change alone starts nothing; a later re-run uses it")
  func updateAlone() {
    var script = Self.failedChain()
    #expect(script.update([:]) == "nothing_to_update")
    #expect(script.update(["K": "2"]) == nil)
    #expect(script.status == .failed && script.statuses == "C F" && script.starts == ["A", "B"])
    script.rerun("B")
    #expect(script.attempts(of: "B").last == "2 RERUN R 2" && script.revisions.count == 1)
    script.end("B")
    #expect(script.status == .completed && script.update(["K": "3"]) == "run_completed")
  }

  @Test(
    "RR-05 an attempt keeps its revision, the next one has the newest", arguments: [false, true])
  func updateOfRunning(recovers: Bool) {
    var script = RunScript(["A", "B: A"], hooks: [.finish])
    script.recoversAlways = recovers
    script.begin()
    script.update(["K": "2"])
    script.end("A")
    #expect(script.attempts(of: "A") == ["1 FIRST C 1"])
    #expect(script.attempts(of: "B") == ["1 FIRST R 2"])
    script.update(["K": "3"])
    script.end("B")
    #expect(script.attempts(of: "W") == ["1 FIRST R 3"])
    #expect(
      script.events.map(\.change).filter {
        if case .env = $0 { true } else { false }
      } == [2, 3].map { .env(revision: $0, call: .update, names: ["K"]) })
  }

  @Test("RR-07 a name that is unset is gone; another re-run sets it")
  func unset() {
    var script = Self.failedChain()
    script.rerun("B", unset: ["K"])
    #expect(script.revisions.map(\.edits) == [[EnvEdit(name: "K", old: "1", new: nil)]])
    #expect(script.environment.values.isEmpty)
    script.end("B", .failed, reason: "template_unresolved")
    #expect(script.status == .failed)
    script.rerun("B", env: ["K": "3"])
    script.end("B")
    #expect(script.status == .completed && script.attempts(of: "B").last == "3 RERUN C 3")
  }

  @Test("RR-08 an env change that changes nothing makes no revision")
  func sameEnvironment() {
    var script = Self.failedChain()
    script.rerun("B", env: ["K": "1"], unset: ["NONE"])
    #expect(script.lastPlan?.envRevision == 1 && script.lastPlan?.edits.isEmpty == true)
    #expect(script.revisions.isEmpty && script.statuses == "C R")
  }

  @Test("RR-09 a broken env change refuses the call")
  func brokenEnvironment() {
    var script = Self.failedChain()
    let before = script
    let many = Dictionary(uniqueKeysWithValues: (0...1000).map { ("N\($0)", "") })
    #expect(script.rerun("B", env: ["1A": ""]) == "env_name_invalid")
    #expect(script.rerun("B", env: ["BATON_X": ""]) == "env_name_invalid")
    #expect(script.rerun("B", env: ["X": "a\0b"]) == "invalid_text")
    let long = String(repeating: "x", count: 65_537)
    #expect(script.rerun("B", env: ["X": long]) == "env_limit")
    #expect(script.rerun("B", env: many) == "env_limit")
    Self.expectSame(script, before)
  }

  @Test("RR-19 a second call while the first one's attempt runs")
  func twoCalls() {
    var script = RunScript(["A", "B"], .finishSiblings)
    script.begin()
    script.end("A", .failed)
    script.end("B", .failed)
    script.rerun("A", env: ["K": "2"])
    let reason = script.rerun("B", env: ["K": "3"])
    #expect(reason == nil && script.statuses == "R R")
    #expect(script.attempts(of: "A").last == "2 RERUN R 2")
    #expect(script.attempts(of: "B").last == "2 RERUN R 3")
    #expect(
      script.stored.state.reruns == 2 && script.changes(of: nil).suffix(1) == ["FAILED>RUNNING"])
  }

  @Test("RR-20 older failures count at the end only", arguments: FailurePolicy.allCases)
  func olderFailures(policy: FailurePolicy) {
    // With stop-siblings, B fails by itself: its time was over when A failed.
    var script = RunScript(["A", "B"], policy)
    script.begin()
    script.timeOut("B")
    script.end("A", .failed)
    script.end("B")
    #expect(script.statuses == "F F" && script.stored.state.failures.map(\.node) == ["A", "B"])
    script.rerun("A")
    #expect(script.stored.state.failures.map(\.node) == ["B"] && script.kills.count == 1)
    script.recover()
    script.end("A")
    #expect(script.status == .failed && script.statuses == "C F")
    #expect(script.stored.state.failures.map(\.node) == ["B"])
    #expect(script.attempts(of: "B").count == 1)
  }

  @Test("RR-21 a call is accepted for all its nodes or for none")
  func allOrNone() {
    var script = RunScript(["A", "B"], .finishSiblings)
    script.begin()
    script.end("A", .failed)
    script.end("B", .failed)
    let before = script
    #expect(script.rerun("A", "NOPE", env: ["K": "2"]) == "node_not_found")
    #expect(script.lastError?.message.contains("NOPE") == true)
    Self.expectSame(script, before)
    #expect(script.rerun("A", "B", env: ["K": "2"]) == nil)
    #expect(script.revisions.count == 1 && script.stored.state.reruns == 1)
    #expect(script.attempts(of: "A").last == "2 RERUN R 2")
    #expect(script.attempts(of: "B").last == "2 RERUN R 2")
  }

  @Test(
    "RR-22, RR-23 a suspended run stays so, unless the call resumes it", arguments: [false, true])
  func suspended(resumes: Bool) {
    var script = RunScript(["A", "A2: A", "B"], .finishSiblings)
    script.begin()
    script.order(.suspend)
    script.end("A")
    script.end("B", .failed)
    #expect(script.status == .suspended && script.statuses == "C – F")
    script.rerun("B", env: ["K": "2"], resume: resumes)
    #expect(script.revisions.map(\.number) == [2])
    if !resumes {
      #expect(script.plannedAttempts == ["A2 1 FIRST ON_RESUME", "B 2 RERUN ON_RESUME"])
      #expect(script.status == .suspended && script.statuses == "C – –")
      script.recover()
      script.order(.resume)
    }
    #expect(script.status == .running && script.statuses == "C R R")
    #expect(script.attempts(of: "A2") == ["1 FIRST R 2"])
    #expect(script.attempts(of: "B").last == "2 RERUN R 2")
  }

  @Test("RR-26, RR-27 a join waits for its failed upstream, and runs once")
  func joins() {
    var script = RunScript(["A", "B", "J: A, B"], .finishSiblings)
    script.begin()
    script.end("B")
    script.end("A", .failed)
    #expect(script.rerun("J") == "node_upstream_failed")
    #expect(script.lastError?.message.contains("because of A") == true)
    script.rerun("A")
    script.end("A")
    script.end("J")
    #expect(script.status == .completed && script.attempts(of: "J").count == 1)
    #expect(script.rerun("A") == "run_completed")
    #expect(script.rerun("A", allowCompleted: true) == nil)
    script.end("A")
    #expect(script.status == .completed && script.attempts(of: "A").count == 3)
    #expect(script.attempts(of: "J").count == 1)
    script.rerun("A", allowCompleted: true, downstream: true)
    #expect(script.plannedAttempts == ["A 4 RERUN NOW", "J 2 DOWNSTREAM AFTER_UPSTREAM"])
    #expect(script.untouched == ["B"] && script.statuses == "R C –")
    script.end("A")
    script.end("J")
    #expect(script.attempts(of: "J").last == "2 DOWNSTREAM C 1" && script.status == .completed)
    #expect(script.stored.state.ends.count == 4)
  }

  @Test("RR-28 a named join waits for an upstream named with it")
  func namedJoin() {
    var script = RunScript(["A", "B", "J: A, B"], .finishSiblings)
    script.begin()
    script.end("A")
    script.end("B")
    script.end("J", .failed)
    script.rerun("A", "J", allowCompleted: true)
    #expect(script.plannedAttempts == ["A 2 RERUN NOW", "J 2 RERUN AFTER_UPSTREAM"])
    #expect(script.statuses == "R C –")
    script.recover()
    script.end("A")
    #expect(script.attempts(of: "J").last == "2 RERUN R 1")
  }

  @Test("RR-30 an outdated expected attempt, or revision, refuses the call")
  func expectations() {
    var script = Self.failedChain()
    script.rerun("B", expecting: 1, env: ["K": "2"])
    script.end("B", .failed)
    let before = script
    #expect(script.rerun("B", expecting: 1) == "attempt_changed")
    #expect(script.lastError?.code == .aborted)
    #expect(script.lastError?.message.contains("B has attempt 2") == true)
    #expect(script.rerun("B", expectedRevision: 1) == "env_changed")
    Self.expectSame(script, before)
    #expect(script.rerun("B", expecting: 2, expectedRevision: 2) == nil)
  }

  @Test("RR-31 a node whose re-run is in progress")
  func inProgress() {
    var script = Self.failedChain()
    script.rerun("B")
    let before = script
    #expect(script.rerun("B") == "rerun_in_progress")
    #expect(script.lastError?.message.contains("B by ann at ") == true)
    #expect(script.skip("B") == "rerun_in_progress")
    Self.expectSame(script, before)
  }

  @Test("RR-34 siblings that were killed go on")
  func siblings() {
    var script = RunScript(["A", "B", "B2: B", "D: A, B2"])
    script.begin()
    script.end("A", .failed)
    script.end("B")
    #expect(script.statuses == "F K U U")
    script.rerun("A")
    #expect(script.plannedAttempts == ["A 2 RERUN NOW", "B 2 SIBLING NOW"])
    #expect(script.reevaluated == ["B2", "D"])
    #expect(script.nodes["B"]?.chain.keepsFinished == true)
    for node in ["A", "B", "B2", "D"] { script.end(node) }
    #expect(script.status == .completed)
    #expect(script.attempts(of: "B") == ["1 FIRST K 1", "2 SIBLING C 1"])
    #expect(script.attempts[script.id("B", 2)]?.call == nil)
  }

  @Test("RR-35, RR-58 after a stop: one branch, then the other; or both", arguments: [false, true])
  func afterStop(all: Bool) {
    var script = RunScript(["A", "B: A", "C", "C2: C"])
    script.begin()
    script.stop()
    script.end("A")
    script.end("C")
    #expect(script.status == .killed && script.statuses == "K U K U")
    if all {
      script.rerun()
      #expect(script.plannedAttempts == ["A 2 RERUN NOW", "C 2 RERUN NOW"])
      for node in ["A", "C", "B", "C2"] { script.end(node) }
      #expect(script.status == .completed && script.rerun() == "run_completed")
      return
    }
    script.rerun("A")
    script.end("A")
    script.end("B")
    #expect(script.status == .failed && script.statuses == "C C K U")
    #expect(script.stored.state.failures.map(\.node) == ["C"])
    #expect(script.stored.state.reason == "run_stopped")
    script.rerun("C")
    #expect(script.stored.state.failures.isEmpty)
    script.end("C")
    script.end("C2")
    #expect(script.status == .completed && script.statuses == "C C C C")
  }

  @Test("RR-40 chains count anew")
  func chains() {
    var script = RunScript(["A"], policy: NodePolicy(retry: RetryPolicy(attempts: 3)))
    script.recoversAlways = true
    script.begin()
    for _ in 0..<3 { script.end("A", .failed) }
    #expect(script.status == .failed)
    script.rerun("A")
    for _ in 0..<3 { script.end("A", .failed) }
    #expect(script.status == .failed)
    #expect(
      script.attempts(of: "A").map { $0.split(separator: " ")[1] } == [
        "FIRST", "RETRY", "RETRY", "RERUN", "RETRY", "RETRY",
      ])
    let chains = script.attempts.values.sorted { $0.id.attempt < $1.id.attempt }.map(\.chain)
    #expect(chains == [1, 1, 1, 4, 4, 4])
  }

  @Test("a re-run that was to start is KILLED when the run stops (RE9)", arguments: [false, true])
  func endedBeforeStart(stops: Bool) {
    var script = RunScript(["X", "A", "J: A"])
    script.begin()
    script.end("A")
    script.end("J")
    script.end("X", .failed)
    script.rerun("X", "A", "J", allowCompleted: true)
    script.order(.suspend)
    script.end("A")
    #expect(script.statuses == "R C –" && script.nodes["J"]?.attempts == 1)
    script.recover()
    if stops {
      script.stop()
      script.end("X")
      #expect(script.statuses == "K C K" && script.status == .killed)
      #expect(script.nodes["J"]?.reason == "run_stopped")
      return
    }
    script.end("X", .failed)
    #expect(script.statuses == "F C K" && script.nodes["J"]?.reason == "sibling_failed")
    #expect(script.stored.state.failures.map(\.node) == ["X"])
    script.rerun("X")
    #expect(script.plannedAttempts == ["X 3 RERUN NOW", "J 2 SIBLING NOW"])
    script.end("X")
    script.end("J")
    #expect(script.status == .completed && script.attempts(of: "A").count == 2)
  }

  @Test("a failure after the run was opened again stops siblings; older ones do not (RE44)")
  func newFailure() {
    var script = RunScript(["A", "B", "C"])
    script.begin()
    script.timeOut("B")
    script.end("A", .failed)
    script.end("B")
    script.end("C")
    #expect(script.statuses == "F F K")
    script.rerun("A")
    #expect(script.statuses == "R F R" && !script.machine.isEnding)
    script.recover()
    script.end("A", .failed)
    #expect(script.machine.isEnding && script.rerun("B") == "run_ending")
    script.recover()
    #expect(script.machine.isEnding && script.rerun("B") == "run_ending")
    script.end("C")
    #expect(script.statuses == "F F K" && script.stored.state.failures.map(\.node) == ["B", "A"])
  }

  @Test("RR-56 a handler that runs goes on; a run whose finish hook runs is ending")
  func handlerRuns() {
    var script = RunScript(["A", "H: A.failure"], hooks: [.finish])
    script.begin()
    script.end("A", .failed)
    #expect(script.statuses == "F R" && script.rerun("A") == nil)
    #expect(script.statuses == "R R" && script.untouched == ["H"])
    script.end("H")
    script.end("A")
    #expect(script.machine.runningHook?.hook == .finish)
    #expect(script.rerun("A", allowCompleted: true) == "run_ending")
    script.end("W")
    #expect(script.status == .completed && script.nodes["H"]?.isObsolete == true)
  }

  @Test("RR-57 a failed initialize hook is executed again, then the nodes")
  func initialize() {
    var script = RunScript(["A", "B: A"], hooks: [.initialize, .finish])
    script.recoversAlways = true
    script.begin()
    script.end("W", .failed)
    #expect(script.status == .failed && script.statuses == "S S")
    #expect(script.rerun("A") == nil)
    #expect(script.plannedAttempts == ["A 1 FIRST NOW"] && script.reevaluated == ["B"])
    #expect(script.status == .starting && script.statuses == "– –")
    #expect(script.attempts(of: "W") == ["1 FIRST F 1", "2 RERUN R 1"])
    script.end("W")
    script.end("A")
    script.end("B")
    script.end("W")
    #expect(script.status == .completed && script.attempts(of: "A") == ["1 FIRST C 1"])
    #expect(script.starts == ["initialize", "initialize", "A", "B", "finish"])
    script.rerun("B", allowCompleted: true)
    script.end("B")
    #expect(script.attempts(of: "W").last == "4 RERUN R 1")
  }

  @Test(
    "RR-64 what a run lacks from its start cannot be mended",
    arguments: [
      "argument_missing", "mapping_source_missing", "mapping_too_large",
    ])
  func beyondRepair(reason: String) throws {
    var record = Self.failedChain().stored
    record.state.reason = reason
    let plan = RunScript.plan(["A", "B: A"])
    var tree = RunTree(RunMachine(plan: plan, run: record, nodes: [], attempts: []))
    let error = #expect(throws: BatonError.self) {
      try tree.rerun(
        RerunOrder(allFailed: true, call: RerunCall(principal: "ann", time: RunScript.start)),
        in: RunScript.id, now: RunScript.start)
    }
    #expect(error?.reason == "run_not_started" && error?.code == .failedPrecondition)
  }

  @Test("the form of a call is checked first (check 2)")
  func forms() {
    var script = Self.failedChain()
    #expect(script.rerun("A", "A") == "node_repeated")
    let call = RerunCall(principal: "ann", time: RunScript.start)
    let many = (0...1000).map { NamedNode("n\($0)") }
    let cases: [(RerunOrder, BatonError.Reason)] = [
      (RerunOrder(call: call), "no_nodes"),
      (RerunOrder(nodes: [NamedNode("A")], allFailed: true, call: call), "nodes_and_all_failed"),
      (RerunOrder(nodes: many, call: call), "too_many_nodes"),
    ]
    for (order, reason) in cases {
      let error = #expect(throws: BatonError.self) { try order.checkForm() }
      #expect(error?.reason == reason && error?.code == .invalidArgument)
    }
    var noted = RerunOrder(nodes: [NamedNode("A")], call: call)
    noted.call.note = String(repeating: "x", count: 1025)
    let error = #expect(throws: BatonError.self) { try noted.checkForm() }
    #expect(error?.reason == "note_too_long")
  }

  // MARK: - Parts

  /// A C, B F, the run FAILED.
  static func failedChain() -> RunScript {
    var script = RunScript(["A", "B: A"], .finishSiblings)
    script.begin()
    script.end("A")
    script.end("B", .failed)
    return script
  }

  /// A refused call leaves status, attempts, revision, counters and events as they were.
  static func expectSame(_ script: RunScript, _ before: RunScript) {
    #expect(script.stored == before.stored && script.nodes == before.nodes)
    #expect(script.attempts == before.attempts && script.events == before.events)
    #expect(script.environment == before.environment)
  }
}
