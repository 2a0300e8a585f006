import BatonCore
import Testing

/// Failure policies and the ends of runs (G19, G37, G41–G43).
@Suite("Ends of runs") struct EndingTests {
  @Test("WF-01 a chain: each once, in order, with all events")
  func chain() {
    var script = RunScript(["A", "B: A", "C: B"])
    script.begin()
    for node in ["A", "B", "C"] { script.end(node) }
    #expect(script.starts == ["A", "B", "C"] && script.statuses == "C C C")
    #expect(
      script.changes(of: nil) == ["PENDING>STARTING", "STARTING>RUNNING", "RUNNING>COMPLETED"])
    #expect(script.changes(of: "B") == ["PENDING>RUNNING", "RUNNING>COMPLETED"])
    #expect(script.actions.last == .ended)
  }

  @Test("a run without nodes is COMPLETED at once (G13)")
  func empty() {
    var script = RunScript([])
    script.begin()
    #expect(script.status == .completed && script.stored.state.ended != nil)
  }

  @Test("WF-08 an unhandled failure ends the run FAILED with its reason")
  func unhandled() {
    var script = RunScript(["A", "B: A"])
    script.begin()
    script.end("A", .failed, code: 3)
    #expect(script.statuses == "F U" && script.status == .failed)
    #expect(script.stored.state.reason == "exit_nonzero")
    #expect(script.stored.state.failures.map(\.node) == ["A"])
    #expect(script.stored.state.failures.map(\.attempt) == [1])
  }

  @Test("WF-11 stop-siblings kills what runs, and the others end after it in graph order")
  func stopSiblings() {
    var script = RunScript(["A", "B", "D: A, B", "E: A", "F"])
    script.begin()
    script.end("F")
    script.end("A", .failed)
    // G41: E could be judged already, but ends after the running ones.
    #expect(script.statuses == "F R – – C")
    #expect(
      script.actions.contains(.kill(script.id("B"), graceMS: 10_000, reason: "sibling_failed")))
    // The intent is recorded before anything is signalled (G43).
    #expect(script.attempts[script.id("B")]?.killReason == "sibling_failed")
    script.end("B", .completed, code: 0)
    #expect(script.statuses == "F K U U C" && script.status == .failed)
    #expect(script.reasons(of: "B") == ["sibling_failed"])
    #expect(script.attempts[script.id("B")]?.exitCode == 0)
    #expect(script.stored.state.failures.map(\.node) == ["A"])
  }

  @Test("stop-siblings: no handler of another node starts; pending ones are skipped (G41, G42)")
  func stopSiblingsPending() {
    var script = RunScript(["A", "B", "H: B.failure", "C: B.complete", "Z: C"])
    script.begin()
    script.end("A", .failed)
    script.end("B", .failed)
    #expect(script.statuses == "F K U U U" && script.status == .failed)
    var other = RunScript(["A", "B", "C: B", "Y: B.failure", "Z: C join any"])
    other.begin()
    other.end("B")
    #expect(other.statuses == "R C R S –")
    other.end("A", .failed)
    other.end("C", .killed)
    #expect(other.statuses == "F C K S U")
  }

  @Test("a node that could start or waits for a never started one is SKIPPED run_failed (G41)")
  func runFailed() {
    // Z could start (any of A), but the run stops first: B fails in the same step.
    var script = RunScript(["A", "B", "C", "Z: B.complete, C.complete join 2", "B2: B"])
    script.begin()
    script.end("A", .failed)
    script.end("B", .killed)
    script.end("C", .killed)
    #expect(script.statuses == "F K K U U")
    var other = RunScript(["A", "B", "Z: B join any"])
    other.begin()
    // B has ended and Z is ready, but not started, when A's failure is applied.
    other = Self.readyThenFailed()
    #expect(other.statuses == "F C S" && other.nodes["Z"]?.reason == "run_failed")
  }

  /// Outcomes of B and A in one step, so that Z is ready when the run stops.
  private static func readyThenFailed() -> RunScript {
    var script = RunScript(["A", "B", "Z: B join any"])
    script.begin()
    script.reportTogether(["B": .completed, "A": .failed], order: ["B", "A"])
    return script
  }

  @Test("WF-12 finish-siblings starts what can start, then the run is FAILED")
  func finishSiblings() {
    var script = RunScript(["A", "B", "B2: B", "D: A, B2"], .finishSiblings)
    script.begin()
    script.end("A", .failed)
    #expect(script.status == .running)
    script.end("B")
    script.end("B2")
    #expect(script.statuses == "F C C U" && script.status == .failed)
    #expect(script.actions.allSatisfy { if case .kill = $0 { false } else { true } })
  }

  @Test("WF-09 a handled failure does not matter", arguments: [true, false])
  func handled(fails: Bool) {
    var script = RunScript(["A", "H: A.failure", "Z: A.complete"])
    script.begin()
    script.end("A", fails ? .failed : .completed)
    if fails { script.end("H") }
    script.end("Z")
    #expect(script.statuses == (fails ? "F C C" : "C S C"))
    #expect(script.status == .completed && script.stored.state.failures.isEmpty)
  }

  @Test("failures are listed in the order of recording; the first is the run's (G37)")
  func failures() {
    var script = RunScript(["A", "B", "C"], .finishSiblings)
    script.begin()
    script.end("B", .failed, reason: "signaled")
    script.end("C")
    script.end("A", .failed)
    #expect(script.stored.state.failures.map(\.node) == ["B", "A"])
    #expect(script.stored.state.reason == "signaled")
  }

  @Test("G19 a KILLED node of a run that is not stopped makes it FAILED")
  func killedNode() {
    var script = RunScript(["A"])
    script.begin()
    script.end("A", .killed, reason: "child_killed")
    #expect(script.status == .failed && script.stored.state.reason == "child_killed")
  }

  @Test("WF-14 a timeout kills, and the attempt is FAILED node_timeout whatever it exits with")
  func timeout() {
    var script = RunScript(["A"], timeoutMS: 200)
    script.begin()
    let started = script.attempts[script.id("A")]?.started.milliseconds ?? 0
    #expect(
      script.actions.contains(
        .setDeadline(script.id("A"), Timestamp(milliseconds: started + 200))))
    script.timeOut("A")
    script.timeOut("A")
    let kills = script.actions.filter { if case .kill = $0 { true } else { false } }
    #expect(kills == [.kill(script.id("A"), graceMS: 10_000, reason: "node_timeout")])
    script.end("A", .completed, code: 0)
    #expect(script.statuses == "F" && script.reasons(of: "A") == ["node_timeout"])
    #expect(script.stored.state.reason == "node_timeout")
  }

  @Test("a timeout that is over when the attempt has ended changes nothing")
  func lateTimeout() {
    var script = RunScript(["A", "B: A"], timeoutMS: 200)
    script.begin()
    let first = script.id("A")
    script.end("A")
    let events = script.events.count
    script.timeOut("A")
    #expect(script.events.count == events && script.attempts[first]?.killReason == nil)
  }

  @Test("a defect is noted beside the reason, also of a killed attempt (T51)")
  func defect() {
    var script = RunScript(["A"], timeoutMS: 200)
    script.begin()
    script.timeOut("A")
    let end = AttemptOutcome(
      status: .failed, reason: "signaled", message: "signal 15", exitCode: -15)
    script.report("A", end.withoutPuts("token_file_invalid", "line 3"))
    let attempt = script.attempts[script.id("A")]
    #expect(attempt?.reason == "node_timeout" && attempt?.exitCode == -15)
    #expect(attempt?.message == "the attempt took too long; token_file_invalid: line 3")
  }

  @Test("entries that cannot be recorded fail a COMPLETED attempt only (T51, G21)")
  func withoutPuts() {
    let entries = [TokenPutBatch.Entry(key: "k", value: "v")]
    let good = AttemptOutcome(status: .completed, exitCode: 0, decision: true, puts: entries)
      .withoutPuts("token_full", "no room")
    #expect(good.status == .failed && good.reason == "token_full" && good.decision == nil)
    #expect(good.puts.isEmpty && good.exitCode == 0)
    let bad = AttemptOutcome(status: .failed, reason: "exit_nonzero", message: "m", puts: entries)
      .withoutPuts("token_full", "no room")
    #expect(bad.reason == "exit_nonzero" && bad.defect == "token_full: no room")
  }

  @Test("the platform's entries: what, in which order and with which values (T33, T34)")
  func platformEntries() {
    var script = RunScript(["P?"])
    script.begin()
    let outcome = AttemptOutcome(
      status: .completed, exitCode: 1, decision: false,
      puts: [TokenPutBatch.Entry(key: "branch", value: "false")])
    script.report("P", outcome)
    #expect(
      script.puts.map { $0.entries.map(\.key) } == [
        ["baton.attempt", "baton.started_at", "baton.host"], ["branch"],
        ["condition", "baton.exit_code", "baton.duration_ms", "baton.finished_at"],
      ])
    #expect(
      script.puts[2].entries.map(\.value) == ["false", "1", "10", "2026-01-01T00:00:00.020Z"])
    #expect(script.puts[0].entries[1].value == "2026-01-01T00:00:00.010Z")
    #expect(script.puts[1].entries[0].scope == .user && script.puts[2].entries[0].scope == .system)
  }
}

extension RunScript {
  /// Applies the outcomes of several nodes in one step.
  mutating func reportTogether(_ outcomes: [String: AttemptStatus], order: [String]) {
    let reports = order.map { (id($0), outcomes[$0] ?? .completed) }
    step { machine, now in
      for (id, status) in reports {
        machine.attemptEnded(
          id, AttemptOutcome(status: status, reason: status == .failed ? "exit_nonzero" : nil),
          now: now)
      }
    }
  }
}
