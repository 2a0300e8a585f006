import BatonCore
import Testing

/// Repeated attempts and delays (G38, G39, RE90, RE94).
@Suite("Retries and delays") struct RetryTests {
  static func script(
    _ graph: [String], _ policy: FailurePolicy = .stopSiblings, attempts: Int = 3,
    delayMS: Int64 = 100, timeoutMS: Int64? = nil, waitBeforeMS: [String: Int64] = [:],
    recovers: Bool = false
  ) -> RunScript {
    let retry = RetryPolicy(
      attempts: .literal(attempts), delayMS: .literal(delayMS), backoff: 2)
    var script = RunScript(
      graph, policy,
      policy: NodePolicy(timeoutMS: timeoutMS.map(Templated.literal), retry: retry),
      waitBeforeMS: waitBeforeMS)
    script.recoversAlways = recovers
    return script
  }

  @Test("WF-13 fails twice, then completes; gaps of 100 and 200 ms", arguments: [false, true])
  func retries(recovers: Bool) {
    var script = Self.script(["A", "B: A"], recovers: recovers)
    script.begin()
    script.end("A", .failed)
    #expect(script.statuses == "W –" && script.status == .running)
    script.pass(milliseconds: 99)
    #expect(script.statuses == "W –")
    script.pass(milliseconds: 1)
    #expect(script.statuses == "R –")
    script.end("A", .failed)
    script.pass(milliseconds: 199)
    #expect(script.statuses == "W –")
    script.pass(milliseconds: 1)
    script.end("A")
    script.end("B")
    #expect(script.status == .completed && script.stored.state.failures.isEmpty)
    #expect(script.reasons(of: "A") == ["exit_nonzero", "exit_nonzero", nil])
    #expect((1...3).map { script.attempts[script.id("A", $0)]?.cause } == [.first, .retry, .retry])
    #expect(
      script.changes(of: "A") == [
        "PENDING>RUNNING", "RUNNING>WAITING", "WAITING>RUNNING", "RUNNING>WAITING",
        "WAITING>RUNNING", "RUNNING>COMPLETED",
      ])
  }

  @Test("TK-17 attempts are numbered and kept; the last failure is the node's")
  func exhausted() {
    var script = Self.script(["A"], attempts: 2, delayMS: 0)
    script.begin()
    script.end("A", .failed, reason: "signaled")
    // No delay: WAITING and RUNNING again in one step (G38).
    #expect(script.statuses == "R" && script.id("A").attempt == 2)
    script.end("A", .failed)
    #expect(script.status == .failed && script.statuses == "F")
    #expect(script.reasons(of: "A") == ["signaled", "exit_nonzero"])
    #expect(script.stored.state.failures.map(\.attempt) == [2])
  }

  @Test(
    "these failures are never repeated (contract: reasons)",
    arguments: [
      "template_unresolved", "secret_missing", "secret_in_argv", "policy_invalid",
      "condition_error", "condition_null", "condition_limit",
    ])
  func neverRetried(reason: String) {
    var script = Self.script(["A"])
    script.begin()
    script.end("A", .failed, reason: reason)
    #expect(script.statuses == "F" && script.status == .failed)
  }

  @Test("an expression is not evaluated again (G23), a command condition is (G22)")
  func conditions() {
    var workflow = RunScript.plan(["P?"]).workflow
    workflow.nodes[0].policy.retry = RetryPolicy(attempts: 2)
    for (form, status) in [
      (Condition.Form.expression("1"), NodeStatus.failed), (.command([]), .waiting),
    ] {
      workflow.nodes[0].action = .condition(Condition(form: form))
      let script = RunScript(RunScript.plan(workflow))
      var machine = script.machine
      machine.begin(now: RunScript.start)
      machine.execute(0, outcome: .failed("token_full", "no room"), now: RunScript.start)
      #expect(machine.nodes[0].status == status)
    }
  }

  @Test("a timeout is repeated; a killed attempt is not (G39, G43)")
  func timeouts() {
    var script = Self.script(["A", "B"], delayMS: 0, timeoutMS: 50)
    script.begin()
    script.timeOut("A")
    script.end("A", .failed, reason: "signaled", code: -15)
    #expect(script.statuses == "R R" && script.reasons(of: "A") == ["node_timeout", nil])
    script.end("A", .killed, reason: "child_killed")
    #expect(script.statuses == "K R")
  }

  @Test("never started does not count against retry (G60)", arguments: [false, true])
  func neverStarted(recovers: Bool) {
    var script = Self.script(["A"], attempts: 2, delayMS: 0, recovers: recovers)
    script.begin()
    script.neverStarted("A")
    script.end("A", .failed)
    script.neverStarted("A")
    #expect(script.statuses == "R")
    script.end("A", .failed)
    #expect(script.statuses == "F" && script.status == .failed)
    #expect(
      (1...4).map { script.attempts[script.id("A", $0)]?.cause.word } == [
        "FIRST", "RECOVERY", "RETRY", "RECOVERY",
      ])
  }

  @Test("wait_before delays the first attempt only (RE94)", arguments: [false, true])
  func waitBefore(recovers: Bool) {
    var script = Self.script(
      ["A", "B: A", "C: A"], delayMS: 0, waitBeforeMS: ["A": 500, "B": 1_000],
      recovers: recovers)
    script.begin()
    #expect(script.statuses == "W – –" && script.starts.isEmpty)
    script.pass(milliseconds: 500)
    script.end("A", .failed)
    #expect(script.statuses == "R – –")
    script.end("A")
    #expect(script.statuses == "C W R")
    script.pass(milliseconds: 1_000)
    #expect(script.statuses == "C R R")
    #expect(script.changes(of: "B") == ["PENDING>WAITING", "WAITING>RUNNING"])
    #expect(script.attempts[script.id("B")]?.cause == .first)
  }

  @Test("a delay that runs out while the run is suspended is over at the resume (G44)")
  func suspended() {
    var script = Self.script(["A", "B"], .finishSiblings)
    script.begin()
    script.order(.suspend)
    script.end("A", .failed)
    #expect(script.statuses == "W R")
    script.pass(milliseconds: 200)
    #expect(script.statuses == "W R" && script.status == .suspended)
    script.order(.resume)
    #expect(script.statuses == "R R" && script.status == .running)
  }

  @Test("a stop ends delays: KILLED after an attempt, SKIPPED before (G38)")
  func stopped() {
    var script = Self.script(["A", "B", "C: A, B"], waitBeforeMS: ["B": 500])
    script.begin()
    script.end("A", .failed)
    script.stop()
    #expect(script.statuses == "K S U" && script.status == .killed)
    #expect(script.nodes["A"]?.reason == "run_stopped")
    #expect(script.nodes["B"]?.reason == "run_stopped")
    #expect(script.wakes.isEmpty && script.nodes.values.allSatisfy { $0.wakes == nil })
  }

  @Test("a failure of another node ends delays (G41, G42)")
  func siblings() {
    var script = Self.script(["A", "B", "C"], attempts: 2, waitBeforeMS: ["B": 500])
    script.begin()
    script.end("A", .failed)
    script.end("C", .failed, reason: "template_unresolved")
    #expect(script.statuses == "K S F" && script.status == .failed)
    #expect(script.nodes["A"]?.reason == "sibling_failed")
    #expect(script.nodes["B"]?.reason == "run_failed")
    // What was running is not repeated either.
    var other = Self.script(["A", "B"], timeoutMS: 50)
    other.begin()
    other.timeOut("A")
    other.end("B", .failed, reason: "template_unresolved")
    other.end("A", .failed)
    #expect(other.statuses == "F F" && other.reasons(of: "A") == ["node_timeout"])
  }
}
