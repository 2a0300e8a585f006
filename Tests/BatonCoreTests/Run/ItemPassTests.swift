import BatonCore
import Testing

/// Passes over the items of `for_each` (RE105–RE109).
@Suite("Items of for_each") struct ItemPassTests {
  static func script(
    _ items: String, concurrency: Int = 16, failFast: Bool = false, collect: [String] = [],
    retry: RetryPolicy? = nil, bound: Int? = nil, graph: [String] = ["A", "B: A"],
    _ onFailure: FailurePolicy = .finishSiblings, recovers: Bool = false,
    _ change: (inout NodePolicy) -> Void = { _ in }
  ) -> RunScript {
    var workflow = RunScript.plan(graph, onFailure).workflow
    workflow.concurrency = bound
    workflow.nodes[0].policy = NodePolicy(retry: retry)
    workflow.nodes[0].policy.forEach = ForEach(
      items: Template(literal: items), concurrency: .literal(concurrency), failFast: failFast,
      collect: collect)
    change(&workflow.nodes[0].policy)
    var script = RunScript(RunScript.plan(workflow))
    script.recoversAlways = recovers
    return script
  }

  static func failed(_ reason: String = "exit_nonzero") -> AttemptOutcome {
    AttemptOutcome(status: .failed, reason: reason, exitCode: 1)
  }
  static let completed = AttemptOutcome(status: .completed, exitCode: 0)

  @Test(
    "a pass runs every item and completes with the last (RE106, RE107)",
    arguments: [false, true])
  func completes(recovers: Bool) {
    var script = Self.script("[10, \"x\", {\"a\": [1]}]", recovers: recovers)
    script.begin()
    #expect(script.items(of: "A") == "R R R" && script.statuses == "R –")
    #expect(script.items["A"]?.values.map(\.element).sorted() == ["\"x\"", "10", "{\"a\":[1]}"])
    for index in [2, 0] { script.report(script.id("A", item: index), Self.completed) }
    #expect(script.items(of: "A") == "C R C" && script.statuses == "R –")
    script.report(script.id("A", item: 1), Self.completed)
    #expect(script.statuses == "C R" && script.id("A").attempt == 1)
    // T35: items have no entries of the platform.
    #expect(script.puts.allSatisfy { $0.source.item == nil })
    #expect(script.attempts[script.id("A")]?.host == nil)
    script.end("B")
    #expect(script.status == .completed)
  }

  @Test(
    "RR-44 the empty list completes at once; what is no list fails",
    arguments: [("[]", "C R", Int?.some(0)), ("{}", "F U", nil), ("", "F U", nil)])
  func lists(items: String, statuses: String, count: Int?) {
    var script = Self.script(items)
    script.begin()
    #expect(script.statuses == statuses)
    #expect(script.reasons(of: "A") == [count == nil ? "for_each_invalid" : nil])
    #expect(script.items["A"] == nil)
  }

  @Test("RR-44 10,000 elements are a list, 10,001 are none")
  func largestList() {
    let list = { (count: Int) in "[" + (0..<count).map(String.init).joined(separator: ",") + "]" }
    var script = Self.script(list(10_000), concurrency: 1_000)
    script.begin()
    #expect(script.items["A"]?.count == 10_000)
    #expect(script.machine.runningAttempts.count == 1_000)
    var other = Self.script(list(10_001))
    other.begin()
    #expect(other.reasons(of: "A") == ["for_each_invalid"])
  }

  @Test("RR-47 never more items than concurrency run at once; by index", arguments: [false, true])
  func concurrency(recovers: Bool) {
    var script = Self.script("[0,1,2,3,4,5]", concurrency: 2, recovers: recovers)
    script.begin()
    for index in 0..<6 {
      #expect(script.machine.runningAttempts.count == min(2, 6 - index))
      script.report(script.id("A", item: index), Self.completed)
    }
    #expect(script.starts == ["A"] + (0..<6).map { "A[\($0)]" } + ["B"])
    // The workflow's bound counts each item as one (RE99).
    var bounded = Self.script("[0,1,2]", bound: 2, graph: ["A", "C"])
    bounded.begin()
    #expect(bounded.items(of: "A") == "R R –" && bounded.statuses == "R –")
    bounded.report(bounded.id("A", item: 0), Self.completed)
    bounded.report(bounded.id("A", item: 1), Self.completed)
    #expect(bounded.items(of: "A") == "C C R" && bounded.statuses == "R R")
  }

  @Test("retry, timeout and safe_rerun are the items' (RE106)", arguments: [false, true])
  func retries(recovers: Bool) {
    let retry = RetryPolicy(attempts: 2, delayMS: 100)
    var script = Self.script("[0,1]", retry: retry, recovers: recovers) {
      $0.safeRerun = true
      $0.timeoutMS = 500
    }
    script.begin()
    script.report(script.id("A", item: 0), Self.failed())
    script.report(script.id("A", item: 1), Self.failed("shim_lost"))
    #expect(script.items(of: "A") == "W R" && script.statuses == "R –")
    script.pass(milliseconds: 100)
    #expect(script.items(of: "A") == "R R")
    let item = script.id("A", item: 0)
    #expect(item.item == AttemptID.Item(index: 0, attempt: 2) && item.attempt == 1)
    #expect(script.attempts[item]?.cause == .retry && script.attempts[item]?.chain == 1)
    #expect(script.attempts[script.id("A", item: 1)]?.cause == .recovery)
    script.timeOut(item)
    script.report(item, Self.failed("signaled"))
    script.report(script.id("A", item: 1), Self.completed)
    #expect(script.items(of: "A") == "F C" && script.items["A"]?[0]?.reason == "node_timeout")
    #expect(script.statuses == "F U" && script.reasons(of: "A") == ["items_failed"])
    #expect(script.attempts[script.id("A")]?.message == "1 of 2 items did not complete: 0")
  }

  @Test("an item that was never started gets a RECOVERY attempt (G60)", arguments: [false, true])
  func neverStarted(recovers: Bool) {
    var script = Self.script("[0]", recovers: recovers)
    script.begin()
    script.neverStarted(script.id("A", item: 0))
    #expect(script.items(of: "A") == "R")
    #expect(script.attempts[script.id("A", item: 0)]?.cause == .recovery)
    script.report(script.id("A", item: 0), Self.completed)
    #expect(script.statuses == "C R")
  }

  @Test("fail_fast starts no further item (RE106)", arguments: [false, true])
  func failFast(recovers: Bool) {
    var script = Self.script("[0,1,2,3]", concurrency: 2, failFast: true, recovers: recovers)
    script.begin()
    script.report(script.id("A", item: 0), Self.failed())
    #expect(script.items(of: "A") == "F R – –" && script.statuses == "R –")
    script.report(script.id("A", item: 1), Self.completed)
    #expect(script.items(of: "A") == "F C – –" && script.statuses == "F U")
    #expect(
      script.attempts[script.id("A")]?.message == "3 of 4 items did not complete: 0, 2, 3")
  }

  @Test("fail_on judges each item; publishing is the pass's (RE106)")
  func policies() {
    var script = Self.script("[0,1]") {
      $0.failOn = "odd"
      $0.onFailure = [TokenTemplate(key: "k", value: Template(literal: "v"))]
    }
    script.answers.expressions["odd"] = { $0.item == "1" }
    script.begin()
    for index in 0..<2 { script.report(script.id("A", item: index), Self.completed) }
    #expect(script.items(of: "A") == "C F" && script.items["A"]?[1]?.reason == "fail_on")
    let published = script.puts.filter { $0.entries.contains { $0.key == "k" } }
    #expect(published.map(\.source) == [script.id("A")])
  }

  @Test(
    "a stop and a failed sibling end running items and the pass (G42, G45)",
    arguments: [false, true], [false, true])
  func killed(stops: Bool, recovers: Bool) {
    var script = Self.script(
      "[0,1,2]", concurrency: 2, retry: RetryPolicy(attempts: 2, delayMS: 1_000),
      graph: ["A", "C"], .stopSiblings, recovers: recovers)
    script.begin()
    script.report(script.id("A", item: 0), Self.failed())
    #expect(script.items(of: "A") == "W R R")
    script.report(script.id("A", item: 1), Self.completed)
    if stops { script.stop() } else { script.end("C", .failed) }
    #expect(script.items(of: "A") == "K C R")
    #expect(script.kills.count == (stops ? 2 : 1), "\(script.kills)")
    if stops { script.end("C", .failed) }
    #expect(script.statuses.hasPrefix("R"))
    script.report(script.id("A", item: 2), Self.completed)
    let reason = stops ? "run_stopped" : "sibling_failed"
    #expect(script.items(of: "A") == "K C K" && script.statuses.hasPrefix("K"))
    #expect(script.nodes["A"]?.reason == reason && script.items["A"]?[2]?.reason == reason)
    #expect(script.status == (stops ? .killed : .failed) && script.wakes.isEmpty)
  }

  @Test("a forced stop ends items and pass at once (SR124)")
  func forced() {
    var script = Self.script("[0,1]", graph: ["A"])
    script.begin()
    script.stop(isForced: true)
    #expect(script.items(of: "A") == "K K" && script.statuses == "K" && script.status == .killed)
  }

  @Test("node_timeout ends the pass: FAILED node_timeout (RE93)", arguments: [false, true])
  func nodeTimeout(recovers: Bool) {
    var script = Self.script("[0,1]", recovers: recovers) { $0.nodeTimeoutMS = 1_000 }
    script.begin()
    script.report(script.id("A", item: 0), Self.completed)
    script.pass(milliseconds: 1_000)
    script.timeOut("A")
    script.report(script.id("A", item: 1), Self.failed("signaled"))
    #expect(script.items(of: "A") == "C F" && script.statuses == "F U")
    #expect(script.nodes["A"]?.reason == "node_timeout")
  }

  @Test(
    "RR-25 nothing starts while the run is suspended; all at once at the resume",
    arguments: [false, true])
  func suspended(recovers: Bool) {
    var workflow = RunScript.plan(["A", "B", "C"], .finishSiblings).workflow
    workflow.nodes[0].policy.forEach = ForEach(
      items: Template(literal: "[0,1]"), concurrency: .literal(1))
    workflow.nodes[1].policy.retry = RetryPolicy(attempts: 2, delayMS: 500)
    workflow.nodes[2].waitBeforeMS = 500
    var script = RunScript(RunScript.plan(workflow))
    script.recoversAlways = recovers
    script.begin()
    script.end("B", .failed)
    script.order(.suspend)
    script.report(script.id("A", item: 0), Self.completed)
    script.pass(milliseconds: 1_000)
    #expect(script.items(of: "A") == "C –" && script.statuses == "R W W")
    script.order(.resume)
    #expect(script.items(of: "A") == "C R" && script.statuses == "R R R")
  }
}
