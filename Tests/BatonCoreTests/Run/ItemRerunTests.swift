import BatonCore
import Testing

/// Re-runs of nodes with policies and items (RE42, RE95, RE108).
@Suite("Re-runs with policies and items") struct ItemRerunTests {
  static let completed = ItemPassTests.completed
  static let failed = ItemPassTests.failed()

  /// A run whose first pass over a list failed at some indexes.
  static func failedRun(
    _ list: String, failing: Set<Int>, concurrency: Int = 16, recovers: Bool = false,
    _ change: (inout NodePolicy) -> Void = { _ in }
  ) -> RunScript {
    var script = ItemPassTests.script(
      list, concurrency: concurrency, graph: ["A", "B"], recovers: recovers, change)
    script.begin()
    script.end("B")
    while let id = script.machine.runningAttempts.first?.id, let index = id.item?.index {
      script.report(id, failing.contains(index) ? failed : completed)
    }
    return script
  }

  /// Ends what runs of node A, the greatest index first.
  static func endItems(_ script: inout RunScript) {
    while let id = script.machine.runningAttempts.last(where: { $0.id.item != nil })?.id {
      script.report(id, completed)
    }
  }

  @Test("RR-42 exactly the failed indexes run again, whatever they are", arguments: 1...5)
  func failedItems(count: Int) {
    let list = "[" + (0..<count).map(String.init).joined(separator: ",") + "]"
    for mask in 1..<(1 << count) {
      let failing = Set((0..<count).filter { mask >> $0 & 1 == 1 })
      for recovers in [false, true] {
        var script = Self.failedRun(list, failing: failing, recovers: recovers)
        #expect(script.status == .failed)
        #expect(script.rerun("A", noReset: true) == nil)
        #expect(Set(script.machine.runningAttempts.compactMap(\.id.item?.index)) == failing)
        #expect(script.statuses == "R C")
        Self.endItems(&script)
        #expect(script.status == .completed && script.id("A").attempt == 2)
        for index in 0..<count {
          #expect(script.items["A"]?[index]?.attempts == (failing.contains(index) ? 2 : 1))
          #expect(script.items["A"]?[index]?.isKept == !failing.contains(index))
        }
        let again = failing.map { index in
          var id = script.id("A")
          id.item = AttemptID.Item(index: index, attempt: 2)
          return script.attempts[id]
        }
        #expect(again.allSatisfy { $0?.cause == .rerun && $0?.chain == 2 })
      }
    }
  }

  @Test("RR-43 a longer list: kept, failed and new indexes; a shorter one drops the rest")
  func otherLists() {
    var script = Self.failedRun("[10,11,12]", failing: [2])
    script.lists["A"] = "[10, 11.0, 12, 13, 14]"
    #expect(script.rerun("A", noReset: true) == nil)
    #expect(script.items(of: "A") == "c c R R R")
    Self.endItems(&script)
    #expect(script.status == .completed && script.items["A"]?.count == 5)
    var shorter = Self.failedRun("[10,11,12]", failing: [1, 2])
    shorter.lists["A"] = "[10, 99]"
    #expect(shorter.rerun("A", noReset: true) == nil)
    #expect(shorter.items(of: "A") == "c R" && shorter.items["A"]?[2]?.isDropped == true)
    Self.endItems(&shorter)
    #expect(shorter.status == .completed && shorter.items["A"]?[2]?.status == .failed)
    // Another element is another item, although its index was COMPLETED.
    var changed = Self.failedRun("[10,11,12]", failing: [2])
    changed.lists["A"] = "[0, 11, 12]"
    #expect(changed.rerun("A", noReset: true) == nil)
    #expect(changed.items(of: "A") == "R c R")
  }

  @Test("RR-45 with pause_before the held attempt keeps its selection", arguments: [false, true])
  func paused(recovers: Bool) {
    var paused = ItemPassTests.script("[10,11,12]", graph: ["A"], recovers: recovers) {
      $0.pauseBefore = .expression("again")
    }
    paused.answers.expressions["again"] = { $0.number > 1 }
    paused.begin()
    for index in 0..<3 {
      paused.report(paused.id("A", item: index), index == 2 ? Self.failed : Self.completed)
    }
    #expect(paused.rerun("A", noReset: true) == nil)
    #expect(paused.status == .suspended && paused.items(of: "A") == "C C F")
    paused.order(.resume)
    #expect(paused.items(of: "A") == "c c R")
  }

  @Test("RR-46 a plain re-run runs every index")
  func reset() {
    var script = Self.failedRun("[10,11,12]", failing: [2])
    #expect(script.rerun("B", noReset: true, allowCompleted: true) == "no_reset_not_applicable")
    #expect(script.rerun("A") == nil)
    #expect(script.items(of: "A") == "R R R")
    #expect(script.items["A"]?.values.map(\.attempts) == [2, 2, 2])
  }

  @Test("RR-47 a pass of kept items keeps to the bound")
  func concurrency() {
    var script = Self.failedRun("[0,1,2,3,4,5]", failing: [0, 2, 3, 5], concurrency: 2)
    #expect(script.rerun("A", noReset: true) == nil)
    #expect(script.items(of: "A") == "R c R – c –")
    Self.endItems(&script)
    #expect(script.status == .completed)
  }

  @Test("RR-40 policies count anew in each chain (RE2)", arguments: [false, true])
  func causes(recovers: Bool) {
    var script = ChainPolicyRunTests.script(
      ["A"], ["A": NodePolicy(retry: RetryPolicy(attempts: 3))], recovers: recovers)
    script.begin()
    for _ in 0..<3 { script.end("A", .failed) }
    #expect(script.rerun("A") == nil)
    for _ in 0..<3 { script.end("A", .failed) }
    #expect(
      ChainPolicyRunTests.causes(script, "A") == [.first, .retry, .retry, .rerun, .retry, .retry])
    #expect(script.status == .failed)
  }

  @Test(
    "RR-41 a re-run pauses and waits again; `resume` waives the pause",
    arguments: [false, true])
  func pauseBefore(recovers: Bool) {
    var policy = NodePolicy()
    policy.pauseBefore = .fixed(true)
    var script = ChainPolicyRunTests.script(
      ["B"], ["B": policy], waitBeforeMS: ["B": 3_000], recovers: recovers)
    script.begin()
    script.order(.resume)
    script.pass(milliseconds: 3_000)
    script.end("B", .failed)
    #expect(script.rerun("B") == nil)
    #expect(script.status == .suspended && script.statuses == "–")
    script.order(.resume)
    #expect(script.statuses == "W")
    script.pass(milliseconds: 3_000)
    #expect(script.statuses == "R" && script.id("B").attempt == 2)
    script.end("B", .failed)
    #expect(script.rerun("B", resume: true) == nil)
    #expect(script.status == .running && script.statuses == "W")
  }
}
