import BatonCore
import Testing

@Suite("The page of errors")
struct ReasonPageTests {
  @Test("has the reasons of the lists, no more and no less")
  func equalsTheLists() throws {
    let page = try PageTables(RepositoryText("docs/errors/README.md"))
    #expect(
      Set(page.calls) == Set(BatonError.Reason.entries.map(Self.row)), "run Scripts/errors")
    #expect(page.calls.count == BatonError.Reason.entries.count)
    #expect(
      page.nodes
        == OutcomeReason.ofNodes.map { reason in
          let retry = reason.retry.map { "`\($0.rawValue)`" } ?? "never"
          return [
            "`\(reason.word)`", reason.status.rawValue, reason.status == .failed ? retry : "–",
            reason.meaning, reason.remedy,
          ]
        }, "run Scripts/errors")
    #expect(
      page.runs
        == OutcomeReason.ofRuns.map {
          ["`\($0.word)`", $0.status.rawValue, $0.meaning, $0.remedy]
        }, "run Scripts/errors")
  }

  private static func row(_ entry: BatonError.Reason.Entry) -> [String] {
    ["`\(entry.reason.rawValue)`", entry.code.name, entry.meaning, entry.cause, entry.remedy]
  }
}

/// The rows of the tables of the page.
private struct PageTables {
  /// The reasons of calls: reason, code, meaning, cause, what to do.
  private(set) var calls: [[String]] = []
  /// The reasons of nodes: reason, status, retry, meaning, what to do.
  private(set) var nodes: [[String]] = []
  /// The reasons of runs: reason, status, meaning, what to do.
  private(set) var runs: [[String]] = []

  init(_ page: RepositoryText) throws {
    let parts = page.text.split(separator: "<!-- reasons: ")
    try #require(parts.count == 3, "the page has not its two marks")
    var section: Substring = ""
    var heading: Substring = ""
    for line in parts[1].split(separator: "\n") {
      if line.hasPrefix("## ") { section = line.dropFirst(3) }
      if line.hasPrefix("### ") { heading = line.dropFirst(4) }
      guard line.hasPrefix("| `") else { continue }
      var row = line.dropFirst(2).dropLast(2).split(separator: " | ").map(String.init)
      switch section {
      case "Reasons of attempts, items and nodes": nodes.append(row)
      case "Reasons of runs": runs.append(row)
      default:
        // The tables of one code leave the column of codes out.
        if row.count == 4 { row.insert(String(heading), at: 1) }
        calls.append(row)
      }
    }
  }
}
