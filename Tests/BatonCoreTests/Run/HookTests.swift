import BatonCore
import Testing

/// The hooks of a run (G49–G51, T6).
@Suite("Hooks") struct HookTests {
  static let both: Set<HookKind> = [.initialize, .finish]

  @Test("WF-05 without nodes both hooks are executed once each, and the run is COMPLETED")
  func noNodes() {
    var script = RunScript([], hooks: Self.both)
    script.begin()
    #expect(script.status == .starting && script.starts == ["initialize"])
    script.end("W")
    #expect(script.status == .running && script.starts == ["initialize", "finish"])
    script.end("W")
    #expect(script.status == .completed && script.starts == ["initialize", "finish"])
    #expect(
      script.changes(of: nil) == ["PENDING>STARTING", "STARTING>RUNNING", "RUNNING>COMPLETED"])
    #expect(script.actions.last == .ended)
  }

  @Test("TK-05 hooks are attempts 1 and 2 of the workflow's name, no program runs (T6)")
  func attempts() {
    var script = RunScript(["A"], hooks: Self.both)
    script.begin()
    #expect(script.statuses == "–" && script.attempts.count == 1)
    let put = TokenPutBatch.Entry(key: "i", value: "1")
    script.report("W", AttemptOutcome(status: .completed, exitCode: 0, puts: [put]))
    #expect(script.statuses == "R")
    script.end("A")
    #expect(script.status == .running)
    script.end("W")
    #expect(script.starts == ["initialize", "A", "finish"])
    let hooks = [1, 2].map { script.attempts[script.id("W", $0)] }
    #expect(hooks.map { $0?.hook } == [.initialize, .finish])
    #expect(hooks.allSatisfy { $0?.program == nil && $0?.credentialHash == [1] })
    #expect(hooks.map { $0?.cause } == [.first, .first])
    // T33 and T34 hold for hooks as for nodes.
    #expect(
      script.puts.filter { $0.source == script.id("W", 1) }.map { $0.entries.map(\.key) } == [
        ["baton.attempt", "baton.started_at", "baton.host"], ["i"],
        ["baton.exit_code", "baton.duration_ms", "baton.finished_at"],
      ])
    #expect(script.status == .completed && script.stored.state.finishError == nil)
  }

  @Test("WF-21 initialize fails: FAILED, no node runs, finish is not executed")
  func initializeFails() {
    var script = RunScript(["A", "B: A"], hooks: Self.both)
    script.begin()
    script.end("W", .failed)
    #expect(script.status == .failed && script.statuses == "S S")
    #expect(script.nodes["A"]?.reason == "run_failed")
    #expect(script.nodes["B"]?.reason == "no_edge_satisfied")
    #expect(script.starts == ["initialize"])
    #expect(script.changes(of: nil) == ["PENDING>STARTING", "STARTING>FAILED"])
    #expect(script.stored.state.reason == "exit_nonzero")
    #expect(script.stored.state.failures.map(\.node) == [""])
    #expect(script.stored.state.failures.map(\.attempt) == [0])
  }

  @Test("WF-22 finish fails: the status stays, the failure is recorded beside it")
  func finishFails() {
    var script = RunScript(["A"], hooks: [.finish])
    script.begin()
    script.end("A")
    #expect(script.machine.endToCome.status == .completed)
    script.report(
      "W", AttemptOutcome(status: .failed, reason: "exit_nonzero", message: "it exited with 1"))
    #expect(script.status == .completed && script.stored.state.reason == nil)
    let failure = script.stored.state.finishFailure
    #expect(failure?.reason == "exit_nonzero" && failure?.attempt == 0 && failure?.node == "")
    #expect(failure?.message == "finish hook: it exited with 1")
    #expect(script.stored.state.failures.isEmpty)
  }

  @Test("finish knows a failure to come, and is executed after it (G50)")
  func finishAfterFailure() {
    var script = RunScript(["A", "B"], hooks: Self.both)
    script.begin()
    script.end("W")
    script.end("A", .failed)
    #expect(script.machine.nextHook == nil && script.status == .running)
    script.end("B", .failed)
    #expect(script.starts.last == "finish")
    #expect(script.machine.endToCome.status == .failed)
    script.end("W")
    #expect(script.status == .failed && script.stored.state.reason == "exit_nonzero")
  }

  @Test("the end of finish and that of the run are one transition (T42)")
  func oneTransition() {
    var script = RunScript(["A"], hooks: [.finish])
    script.begin()
    script.end("A")
    let events = script.events.count
    script.end("W")
    let words = script.events[events...].map { event in
      switch event.change {
      case .attempt(let node, _, _, _, let to, _, _): "\(node) \(to.word)"
      case .run(_, let to, _, _): to.word
      default: "other"
      }
    }
    #expect(words == ["W COMPLETED", "COMPLETED"])
    #expect(Set(script.events[events...].map(\.time)).count == 1)
  }

  @Test("hooks time out after five minutes, and that is their failure")
  func timeouts() {
    var script = RunScript([], hooks: Self.both)
    script.begin()
    let started = script.attempts[script.id("W")]?.started.milliseconds ?? 0
    #expect(
      script.actions.contains(
        .setDeadline(script.id("W"), Timestamp(milliseconds: started + 300_000))))
    script.timeOut("W")
    script.end("W", .completed, code: 0)
    #expect(script.status == .failed && script.stored.state.reason == "node_timeout")
  }

  @Test("a hook that was never started is started again, also after a return (G60)")
  func neverStarted() {
    for recovers in [false, true] {
      var script = RunScript(["A"], hooks: Self.both)
      script.recoversAlways = recovers
      script.begin()
      script.neverStarted("W")
      #expect(script.status == .starting && script.id("W").attempt == 2)
      #expect(script.attempts[script.id("W")]?.cause == .recovery)
      script.end("W")
      script.end("A")
      script.neverStarted("W")
      #expect(script.id("W").attempt == 4)
      script.end("W")
      #expect(script.status == .completed && script.stored.state.finishError == nil)
      #expect(script.starts == ["initialize", "initialize", "A", "finish", "finish"])
    }
  }

  @Test("a suspended run: initialize goes on, no node starts; its failure ends the run (G44)")
  func suspendedInitialize() {
    var script = RunScript(["A"], hooks: [.initialize])
    script.begin()
    script.order(.suspend)
    script.end("W")
    #expect(script.status == .suspended && script.statuses == "–")
    script.order(.resume)
    #expect(script.status == .running && script.statuses == "R")
    #expect(script.changes(of: nil).suffix(2) == ["SUSPENDED>RESUMING", "RESUMING>RUNNING"])
    var early = RunScript(["A"], hooks: [.initialize])
    early.begin()
    early.order(.suspend)
    early.order(.resume)
    #expect(early.status == .starting && early.statuses == "–")
    #expect(early.changes(of: nil).last == "RESUMING>STARTING")
    var failing = RunScript(["A"], hooks: [.initialize])
    failing.begin()
    failing.order(.suspend)
    failing.end("W", .failed)
    #expect(failing.status == .failed && failing.statuses == "S")
    #expect(failing.changes(of: nil).last == "SUSPENDED>FAILED")
  }

  @Test("a suspended run whose nodes have all ended ends after its finish hook (G44)")
  func suspendedFinish() {
    var script = RunScript(["A"], hooks: [.finish])
    script.begin()
    script.order(.suspend)
    script.end("A")
    #expect(script.status == .suspended && script.starts == ["A", "finish"])
    script.end("W")
    #expect(script.status == .completed)
    #expect(script.changes(of: nil).last == "SUSPENDED>COMPLETED")
    // One without nodes needs no resume either.
    var empty = RunScript([], hooks: Self.both)
    empty.begin()
    empty.order(.suspend)
    empty.end("W")
    #expect(empty.status == .suspended && empty.starts.last == "finish")
    empty.end("W")
    #expect(empty.status == .completed)
  }

  @Test("a stop kills initialize; finish is not executed (G45, G50)")
  func stopInitialize() {
    var script = RunScript(["A", "B: A"], hooks: Self.both)
    script.begin()
    script.stop(graceMS: 70)
    #expect(script.kills == [.kill(script.id("W"), graceMS: 70, reason: "run_stopped")])
    script.end("W", .completed, code: 0)
    #expect(script.status == .killed && script.starts == ["initialize"])
    #expect(script.statuses == "S S" && script.nodes["A"]?.reason == "run_stopped")
    #expect(script.attempts[script.id("W")]?.status == .killed)
    #expect(script.stored.state.failures.isEmpty)
  }

  @Test(
    "finish is executed in a stopped run, no longer than the grace (G50)", arguments: [nil, 70])
  func stopThenFinish(grace: Int64?) {
    var script = RunScript(["A"], hooks: Self.both)
    script.begin()
    script.end("W")
    script.stop(graceMS: grace)
    script.end("A", .failed, reason: "signaled", code: -15)
    #expect(script.status == .stopping && script.starts.last == "finish")
    #expect(script.machine.endToCome.status == .killed)
    let finish = script.id("W")
    let started = script.attempts[finish]?.started.milliseconds ?? 0
    #expect(
      script.actions.contains(
        .setDeadline(finish, Timestamp(milliseconds: started + (grace ?? 10_000)))))
    script.timeOut("W")
    #expect(script.kills.last == .kill(finish, graceMS: 0, reason: "node_timeout"))
    script.end("W", .failed, code: -9)
    #expect(script.status == .killed && script.stored.state.reason == "run_stopped")
    #expect(script.stored.state.finishFailure?.reason == "node_timeout")
  }

  @Test("a stop during finish kills it; it is not run again, the run ends KILLED (G50)")
  func stopDuringFinish() {
    for recovers in [false, true] {
      var script = RunScript(["A"], hooks: [.finish])
      script.recoversAlways = recovers
      script.begin()
      script.end("A")
      script.stop()
      #expect(script.kills == [.kill(script.id("W"), graceMS: 10_000, reason: "run_stopped")])
      script.end("W", .failed)
      #expect(script.status == .killed && script.starts == ["A", "finish"])
      #expect(script.stored.state.finishFailure?.reason == "run_stopped")
    }
  }

  @Test("a hook that cannot be started is a failure of its own")
  func unresolved() {
    var script = RunScript(["A"], hooks: [.initialize])
    let plan = script.plan
    var machine = RunMachine(
      plan: plan, run: script.stored, nodes: Array(script.nodes.values), attempts: [])
    machine.begin(now: RunScript.start)
    #expect(machine.nextHook == .initialize && machine.nextReady() == nil)
    machine.execute(
      .initialize, outcome: .failed("template_unresolved", "arg.x has no value"),
      now: RunScript.start)
    #expect(machine.state.status == .failed && machine.nextHook == nil)
    #expect(machine.state.failures.map(\.reason) == ["template_unresolved"])
    script.begin()
    #expect(script.machine.nextHook == nil, "it runs already")
  }
}
