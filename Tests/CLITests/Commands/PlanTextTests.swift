import BatonClient
import BatonWire
import Testing
import baton

@Suite("Plans of re-runs as text")
struct PlanTextTests {
  private static let plan: RerunPlan = {
    var wire = Wire.Plan()
    wire.runs = [Wire.PlanRun(runID: "0199", workflow: "nightly", from: .failed, to: .running)]
    wire.runsTotal = 1
    wire.attempts = [
      Wire.PlanAttempt(runID: "0199", node: "load", number: 2, cause: .rerun, starts: .now),
      Wire.PlanAttempt(
        runID: "0200-child-of-it", node: "s1", number: 3, cause: .rerun, starts: .afterUpstream,
        items: [0, 1, 2, 7]),
    ]
    wire.attemptsTotal = 3
    wire.reevaluated = [Wire.PlanNode(runID: "0199", node: "report")]
    wire.reevaluatedTotal = 1
    wire.untouched = ["extract", "archive"].map { Wire.PlanNode(runID: "0199", node: $0) }
    wire.untouchedTotal = 12
    wire.envRevision = 2
    wire.changes = [
      Wire.EnvEdit(name: "API_TOKEN", op: .set, old: "***", new: "***", secret: true)
    ]
    wire.reruns = 1
    wire.dryRun = true
    return RerunPlan(wire)
  }()

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
    let edit = EnvironmentEdit(Wire.EnvEdit(name: "K", old: old, new: new))
    #expect(EnvText.line(edit) == text)
  }
}
