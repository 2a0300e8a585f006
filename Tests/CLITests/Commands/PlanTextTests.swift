import BatonClient
import Testing
import baton

@testable import BatonClient

@Suite("Plans of re-runs as text")
struct PlanTextTests {
  private static let plan = RerunPlan(
    runs: [.init(runID: "0199", workflow: "nightly", from: .failed, to: .running)], runsTotal: 1,
    attempts: [
      .init(runID: "0199", node: "load", number: 2, cause: "RERUN", starts: "NOW", items: []),
      .init(
        runID: "0200-child-of-it", node: "s1", number: 3, cause: "RERUN",
        starts: "AFTER_UPSTREAM", items: [0, 1, 2, 7]),
    ], attemptsTotal: 3, itemsTotal: 4,
    reevaluated: [.init(runID: "0199", node: "report")], reevaluatedTotal: 1,
    untouched: [.init(runID: "0199", node: "extract"), .init(runID: "0199", node: "archive")],
    untouchedTotal: 12, environmentRevision: 2,
    edits: [.init(name: "API_TOKEN", old: "***", new: "***", isSecret: true)], reruns: 1, skips: 0,
    isDryRun: true)

  @Test("RE137 a plan says what runs, what is judged again, what stays, and what changes")
  func lines() {
    let lines = PlanText.lines(Self.plan, of: "0199", on: Terminal())
    #expect(
      lines == [
        "dry run: nothing was changed",
        "run 0199 nightly: FAILED → RUNNING",
        "would run:",
        "  RUN            NODE  ATTEMPT  CAUSE  STARTS                     ITEMS",
        "                 load        2  RERUN  now",
        "  0200-child-of  s1          3  RERUN  after the nodes before it  0-2, 7",
        "and 1 more attempt",
        "judged again: report",
        "stays as it is: extract, archive, and 10 more",
        "environment: revision 2",
        "  set API_TOKEN: *** → ***",
      ], "\(lines.joined(separator: "\n"))")
  }

  @Test(
    "items are shown as ranges",
    arguments: [
      ([], ""), ([4], "4"), ([0, 1, 2], "0-2"), ([0, 2, 3, 9], "0, 2-3, 9"),
    ])
  func ranges(indexes: [Int], text: String) {
    #expect(PlanText.ranges(indexes) == text)
  }

  @Test(
    "a change of one name",
    arguments: [
      (nil, "1", "set K: 1"), ("1", "2", "set K: 1 → 2"), ("1", nil, "unset K: 1"),
    ] as [(String?, String?, String)])
  func edits(old: String?, new: String?, text: String) {
    #expect(EnvText.line(EnvironmentEdit(name: "K", old: old, new: new, isSecret: false)) == text)
  }
}
