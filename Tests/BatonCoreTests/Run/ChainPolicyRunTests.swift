import BatonCore
import Testing

/// The policies of nodes (RE90–RE101) but `for_each`.
@Suite("Policies of nodes") struct ChainPolicyRunTests {
  static func script(
    _ graph: [String], _ policies: [String: NodePolicy], concurrency: Int? = nil,
    waitBeforeMS: [String: Templated<Int64>] = [:],
    _ onFailure: FailurePolicy = .finishSiblings, recovers: Bool = false
  ) -> RunScript {
    var workflow = RunScript.plan(graph, onFailure).workflow
    workflow.concurrency = concurrency
    for index in workflow.nodes.indices {
      let name = workflow.nodes[index].name
      workflow.nodes[index].policy = policies[name] ?? NodePolicy()
      workflow.nodes[index].waitBeforeMS = waitBeforeMS[name] ?? 0
    }
    var script = RunScript(RunScript.plan(workflow))
    script.recoversAlways = recovers
    return script
  }

  static func policy(
    retry: RetryPolicy? = nil, _ change: (inout NodePolicy) -> Void = { _ in }
  ) -> NodePolicy {
    var policy = NodePolicy(retry: retry)
    change(&policy)
    return policy
  }

  static func causes(_ script: RunScript, _ node: String) -> [AttemptCause] {
    script.attempts.values.filter { $0.id.node == node }.sorted { $0.id.attempt < $1.id.attempt }
      .map(\.cause)
  }

  @Test("RR-54 gaps of 1, 2 and 3 s for exit 75; no retry for exit 1", arguments: [false, true])
  func causesOfRetry(recovers: Bool) {
    let retry = RetryPolicy(
      attempts: 4, delayMS: 1_000, backoff: 2, maxDelayMS: 3_000, on: [.exitCode(75...75)])
    var script = Self.script(["A"], ["A": Self.policy(retry: retry)], recovers: recovers)
    script.begin()
    for gap in [Int64(1_000), 2_000, 3_000] {
      script.end("A", .failed, code: 75)
      script.pass(milliseconds: gap - 1)
      #expect(script.statuses == "W")
      script.pass(milliseconds: 1)
      #expect(script.statuses == "R")
    }
    script.end("A", .failed, code: 75)
    #expect(script.statuses == "F" && script.id("A").attempt == 4)
    var other = Self.script(["A"], ["A": Self.policy(retry: retry)])
    other.begin()
    other.end("A", .failed, code: 1)
    #expect(other.statuses == "F" && other.id("A").attempt == 1)
  }

  @Test("RR-55 continue_on, break_on and fail_on", arguments: [false, true])
  func expressions(recovers: Bool) {
    let script = { (policy: NodePolicy, answers: ScriptedAnswers) -> RunScript in
      var script = Self.script(["A"], ["A": policy], recovers: recovers)
      script.answers = answers
      script.begin()
      return script
    }
    var continuing = script(
      Self.policy(retry: RetryPolicy(attempts: 5, continueOn: "n < 3")),
      ScriptedAnswers(expressions: ["n < 3": { $0.number < 3 }]))
    for _ in 0..<3 { continuing.end("A") }
    #expect(continuing.status == .completed && continuing.id("A").attempt == 3)
    #expect(Self.causes(continuing, "A") == [.first, .retry, .retry])
    // When none is left the last outcome stands.
    var endless = script(
      Self.policy(retry: RetryPolicy(attempts: 2, continueOn: "1")),
      ScriptedAnswers(expressions: ["1": { _ in true }]))
    for _ in 0..<2 { endless.end("A") }
    #expect(endless.statuses == "C" && endless.id("A").attempt == 2)
    var breaking = script(
      Self.policy(retry: RetryPolicy(attempts: 5, breakOn: "exit_code() = 9")),
      ScriptedAnswers(expressions: ["exit_code() = 9": { $0.exitCode == 9 }]))
    breaking.end("A", .failed, code: 8)
    breaking.end("A", .failed, code: 9)
    #expect(breaking.statuses == "F" && breaking.id("A").attempt == 2)
    var failing = script(
      Self.policy { $0.failOn = "1" }, ScriptedAnswers(expressions: ["1": { _ in true }]))
    failing.end("A")
    #expect(failing.statuses == "F" && failing.reasons(of: "A") == ["fail_on"])
    #expect(failing.attempts[failing.id("A")]?.exitCode == 0)
    // RE100: `fail_on` comes before `retry`.
    var repeated = script(
      Self.policy(retry: RetryPolicy(attempts: 2, on: [.word(.failOn)])) { $0.failOn = "1" },
      ScriptedAnswers(expressions: ["1": { $0.number == 1 }]))
    repeated.end("A")
    repeated.end("A")
    #expect(repeated.statuses == "C" && repeated.reasons(of: "A") == ["fail_on", nil])
  }

  @Test("an expression without a result is policy_invalid, and never retried (RE92, RE97)")
  func noResult() {
    let retry = RetryPolicy(attempts: 3, breakOn: "NULL", continueOn: "NULL")
    for policy in [
      Self.policy(retry: RetryPolicy(attempts: 3)) { $0.failOn = "NULL" },
      Self.policy(retry: retry),
    ] {
      var script = Self.script(["A"], ["A": policy])
      script.begin()
      script.end("A")
      #expect(script.statuses == "F" && script.reasons(of: "A") == ["policy_invalid"])
    }
    var script = Self.script(["A"], ["A": Self.policy(retry: retry)])
    script.begin()
    script.end("A", .failed)
    #expect(script.statuses == "F" && script.reasons(of: "A") == ["exit_nonzero"])
    #expect(script.attempts[script.id("A")]?.message?.contains("retry.break_on") == true)
  }

  @Test("the chance of jitter moves the delay (RE91)", arguments: [(-1.0, 500), (0.5, 1_250)])
  func jitter(u: Double, delay: Int64) {
    let retry = RetryPolicy(attempts: 2, delayMS: 1_000, jitter: .literal(0.5))
    var script = Self.script(["A"], ["A": Self.policy(retry: retry)])
    script.u = u
    script.begin()
    script.end("A", .failed)
    script.pass(milliseconds: delay - 1)
    #expect(script.statuses == "W")
    script.pass(milliseconds: 1)
    #expect(script.statuses == "R")
  }

  @Test(
    "RR-53 lost executors: safe_rerun repeats two in a row, not a third (RE98)",
    arguments: ["worker_lost", "shim_lost"], [false, true])
  func safeRerun(reason: String, recovers: Bool) {
    var unsafe = Self.script(["A"], [:], recovers: recovers)
    unsafe.begin()
    unsafe.end("A", .failed, reason: reason)
    #expect(unsafe.statuses == "F" && unsafe.reasons(of: "A") == [reason])
    let policy = Self.policy(retry: RetryPolicy(attempts: 2)) { $0.safeRerun = true }
    var script = Self.script(["A"], ["A": policy], recovers: recovers)
    script.begin()
    script.end("A", .failed, reason: reason)
    script.end("A", .failed)
    script.end("A", .failed, reason: reason)
    script.end("A", .failed, reason: reason)
    #expect(Self.causes(script, "A") == [.first, .recovery, .retry, .recovery, .recovery])
    #expect(script.statuses == "R")
    script.end("A", .failed, reason: reason)
    #expect(script.statuses == "F" && script.id("A").attempt == 5)
  }

  @Test(
    "node_timeout bounds attempts and delays, and ends retries (RE93)",
    arguments: [false, true])
  func nodeTimeout(recovers: Bool) {
    let policy = Self.policy(retry: RetryPolicy(attempts: 9, delayMS: 1_000)) {
      $0.nodeTimeoutMS = 2_500
    }
    var script = Self.script(["A"], ["A": policy], recovers: recovers)
    script.begin()
    let end = script.now.milliseconds + 2_500
    let deadlines = {
      script.actions.compactMap { action -> Int64? in
        if case .setDeadline(_, let time) = action { time.milliseconds } else { nil }
      }
    }
    #expect(deadlines() == [end])
    script.end("A", .failed)
    script.pass(milliseconds: 1_000)
    #expect(Set(deadlines()) == [end])
    // The second attempt is killed for it, and not repeated.
    script.pass(milliseconds: 1_490)
    script.timeOut("A")
    script.end("A", .failed, reason: "signaled", code: -15)
    #expect(script.statuses == "F" && script.reasons(of: "A") == ["exit_nonzero", "node_timeout"])
    // One that waits ends as well, also before its first attempt.
    for waits in [Int64(0), 5_000] {
      var waiting = Self.script(
        ["A"],
        [
          "A": Self.policy(retry: RetryPolicy(attempts: 9, delayMS: 5_000)) {
            $0.nodeTimeoutMS = 2_500
          }
        ], waitBeforeMS: ["A": .literal(waits)], recovers: recovers)
      waiting.begin()
      waiting.end("A", .failed)
      waiting.pass(milliseconds: 2_400)
      #expect(waiting.statuses == "W")
      waiting.pass(milliseconds: 100)
      #expect(waiting.statuses == "F" && waiting.nodes["A"]?.reason == "node_timeout")
      #expect(waiting.status == .failed && waiting.wakes.isEmpty)
      #expect(waiting.stored.state.failures.first?.attempt == (waits == 0 ? 1 : 0))
    }
  }

  @Test(
    "wait_after: WAITING with the outcome to come, then the edges (RE94)",
    arguments: [AttemptStatus.completed, .failed], [false, true])
  func waitAfter(status: AttemptStatus, recovers: Bool) {
    var script = Self.script(
      ["A", "B: A.complete"], ["A": Self.policy { $0.waitAfterMS = 300 }], recovers: recovers)
    script.begin()
    script.end("A", status)
    #expect(script.statuses == "W –")
    #expect(
      script.nodes["A"]?.outcomeToCome?.status == (status == .completed ? .completed : .failed))
    script.order(.suspend)
    script.pass(milliseconds: 300)
    #expect(script.statuses == (status == .completed ? "C –" : "F –"))
    #expect(script.nodes["A"]?.outcomeToCome == nil)
    script.order(.resume)
    script.end("B")
    #expect(script.status == .completed)
    #expect(
      script.changes(of: "A") == [
        "PENDING>RUNNING", "RUNNING>WAITING", "WAITING>\(status.word)",
      ])
    var stopped = Self.script(["A"], ["A": Self.policy { $0.waitAfterMS = 300 }])
    stopped.begin()
    stopped.end("A", status)
    stopped.stop()
    #expect(stopped.statuses == "K" && stopped.nodes["A"]?.outcomeToCome == nil)
  }

  @Test(
    "pause_before suspends the run before wait_before, once a chain (RE95, RE100)",
    arguments: [PausePolicy.fixed(true), .expression("now")], [false, true])
  func pauseBefore(pause: PausePolicy, recovers: Bool) {
    var script = Self.script(
      ["A", "B: A", "C"],
      ["B": Self.policy(retry: RetryPolicy(attempts: 2)) { $0.pauseBefore = pause }],
      waitBeforeMS: ["B": 3_000], recovers: recovers)
    script.answers.expressions["now"] = { $0.number == 1 }
    script.begin()
    script.end("A")
    #expect(script.status == .suspended && script.statuses == "C – R")
    #expect(
      script.events.contains {
        $0.change == .run(from: .running, to: .suspended, reason: nil, cause: "B")
      })
    script.pass(milliseconds: 5_000)
    #expect(script.statuses == "C – R")
    script.order(.resume)
    #expect(script.status == .running && script.statuses == "C W R")
    script.pass(milliseconds: 3_000)
    #expect(script.statuses == "C R R")
    script.end("B", .failed)
    #expect(script.statuses == "C R R" && script.status == .running, "a retry pauses no more")
    script.end("B")
    script.end("C")
    #expect(script.status == .completed)
  }

  @Test("pause_before that does not hold, and one without a result (RE95)")
  func pauseNotHolding() {
    var script = Self.script(["A"], ["A": Self.policy { $0.pauseBefore = .expression("no") }])
    script.answers.expressions["no"] = { _ in false }
    script.begin()
    #expect(script.statuses == "R" && script.status == .running)
    var none = Self.script(["A"], ["A": Self.policy { $0.pauseBefore = .fixed(false) }])
    none.begin()
    #expect(none.statuses == "R")
  }

  @Test(
    "numbers that templates give are read at the start of the chain and kept (RE90–RE101)",
    arguments: [false, true])
  func templates(recovers: Bool) throws {
    let retry = RetryPolicy(
      attempts: .template(try Template(parsing: "${arg.n}")),
      delayMS: .template(try Template(parsing: "${arg.d}")))
    var script = Self.script(
      ["A"], ["A": Self.policy(retry: retry)],
      waitBeforeMS: ["A": .template(try Template(parsing: "${arg.w}"))], recovers: recovers)
    script.texts = ["${arg.n}": "2", "${arg.d}": "1s", "${arg.w}": "2s"]
    script.begin()
    script.texts = [:]
    #expect(script.statuses == "W")
    script.pass(milliseconds: 2_000)
    script.end("A", .failed)
    script.pass(milliseconds: 999)
    #expect(script.statuses == "W")
    script.pass(milliseconds: 1)
    script.end("A", .failed)
    #expect(script.statuses == "F" && script.id("A").attempt == 2)
    var invalid = Self.script(["A"], ["A": Self.policy(retry: retry)])
    invalid.texts = ["${arg.n}": "many", "${arg.d}": "1s"]
    invalid.begin()
    #expect(invalid.statuses == "F" && invalid.reasons(of: "A") == ["policy_invalid"])
  }

  @Test(
    "publishing in the transaction of the chain's last outcome (RE96)", arguments: [false, true])
  func publishing(recovers: Bool) throws {
    let entry = { TokenTemplate(key: $0, value: Template(literal: $1)) }
    let policy = Self.policy(retry: RetryPolicy(attempts: 2)) {
      $0.onSuccess = [entry("k", "good")]
      $0.onFailure = [entry("k", "bad")]
      $0.onComplete = [entry("end", "yes")]
    }
    let user = { (script: RunScript) in
      script.puts.flatMap(\.entries).filter { $0.scope == .user }.map { "\($0.key)=\($0.value)" }
    }
    var script = Self.script(["A"], ["A": policy], recovers: recovers)
    script.begin()
    script.end("A", .failed)
    #expect(user(script).isEmpty, "the chain goes on")
    script.end("A", .failed)
    #expect(user(script) == ["k=bad", "end=yes"])
    var good = Self.script(["A"], ["A": policy], recovers: recovers)
    good.begin()
    good.end("A")
    #expect(user(good) == ["k=good", "end=yes"])
    // What cannot be made fails a COMPLETED attempt, which publishes as a failure then.
    var failing = Self.script(
      ["A"],
      [
        "A": Self.policy {
          $0.onSuccess = [entry("k", "good")]
          $0.onFailure = [entry("k", "bad")]
        }
      ])
    failing.answers.failsToPublish = [.success]
    failing.begin()
    failing.end("A")
    #expect(failing.reasons(of: "A") == ["publish_failed"] && user(failing) == ["k=bad"])
    var noted = Self.script(["A"], ["A": Self.policy { $0.onFailure = [entry("k", "bad")] }])
    noted.answers.failsToPublish = [.failure]
    noted.begin()
    noted.end("A", .failed)
    #expect(noted.reasons(of: "A") == ["exit_nonzero"] && user(noted).isEmpty)
    #expect(noted.attempts[noted.id("A")]?.message?.contains("publish_failed") == true)
  }

  @Test("concurrency of the workflow: others wait in graph order (RE99)", arguments: [false, true])
  func concurrency(recovers: Bool) {
    var script = Self.script(
      ["A", "B", "C", "D"], ["A": Self.policy(retry: RetryPolicy(attempts: 2))], concurrency: 2,
      recovers: recovers)
    script.begin()
    #expect(script.statuses == "R R – –")
    script.end("B")
    #expect(script.statuses == "R C R –")
    // A retry that is due at once stands before D, in graph order.
    script.end("A", .failed)
    #expect(script.statuses == "R C R –")
    script.end("A")
    #expect(script.statuses == "C C R R")
    for node in ["C", "D"] { script.end(node) }
    #expect(script.status == .completed)
  }

  @Test("RR-32 timers die with their attempt (RE101)")
  func timers() {
    let policy = Self.policy(retry: RetryPolicy(attempts: 2, delayMS: 5_000)) {
      $0.timeoutMS = 8_000
    }
    var script = Self.script(["A"], ["A": policy])
    script.begin()
    let first = script.id("A")
    script.pass(milliseconds: 1_000)
    script.end("A", .failed)
    script.pass(milliseconds: 5_000)
    script.pass(milliseconds: 2_000)
    // The time of the first attempt: nothing of the second one is touched.
    script.timeOut(first)
    #expect(script.kills.isEmpty)
    script.pass(milliseconds: 4_000)
    script.end("A")
    #expect(script.status == .completed)
  }
}
