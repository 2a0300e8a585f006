internal import ArgumentParser
internal import BatonClient

/// The command `baton token query`.
struct TokenQueryCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Show what the newest runs of a workflow have under a key.",
    discussion: """
      The newest runs that pass --version, --status, --since and --until are examined.
      Example: baton token query campaign/PurchaseWorkflow ERROR --status FAILED --since 7d
      """)

  @Argument(help: ArgumentHelp("The workflow.", valueName: "app/workflow"))
  var workflow: WorkflowArgument

  @Argument(help: ArgumentHelp("The key.", valueName: "key"))
  var key: String

  @Option(help: ArgumentHelp("How many of the newest runs, 1 to 1000.", valueName: "n"))
  var last = PositiveArgument(50)

  @Option(help: ArgumentHelp("Only runs of this version.", valueName: "v"))
  var version: PositiveArgument?

  @Option(
    help: ArgumentHelp(
      "Only runs with this status, ACTIVE or ENDED; may be repeated.", valueName: "s"))
  var status: [String] = []

  @Option(
    help: ArgumentHelp("Only runs created since then: a time, or 2h for ago.", valueName: "t"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only runs created before then.", valueName: "t"))
  var until: TimeArgument?

  @Option(help: ArgumentHelp("Only the entry of this node.", valueName: "node"))
  var node: String?

  @Option(
    help: ArgumentHelp(
      "user for what programs put, system for what Baton does.", valueName: "scope"))
  var scope = "user"

  @Option(
    help: ArgumentHelp(
      "last for the last entry of each run, all for every node's.", valueName: "which"),
    transform: { try Choice.value($0) })
  var pick = TokenQuery.Pick.last

  @Flag(help: "Add who put it: attempt, status, seq, time.")
  var detail = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let now = TimeText.now()
      var query = TokenQuery(
        key: key, scope: try TokenReadOptions.scope(scope), node: node, pick: pick,
        version: version?.number, lastRuns: last.number)
      query.statuses = status.map { RunStatus(rawValue: $0.uppercased()) }
      query.since = since?.timestamp(now: now)
      query.until = until?.timestamp(now: now)
      let answer = try await session.client.queryTokens(
        query, of: try workflow.workflow(in: session.client.namespace))
      if session.json {
        session.console.json(TokenJSON.query(query, answer, detail: detail))
      } else {
        show(answer, session)
      }
    }
  }

  private func show(_ answer: TokenQueryAnswer, _ session: Session) {
    var runs = Table([
      .init("RUN"), .init("STATUS"), .init("VERSION", isNumber: true), .init("CREATED"),
      .init("NODE", shrinksTo: 8), .init("ATTEMPT", isNumber: true), .init("NODE STATUS"),
      .init("SEQ", isNumber: true), .init("TIME"), .init("VALUE", shrinksTo: 12),
    ])
    for run in answer.runs {
      let lead: [Table.Cell] = [
        .init(String(run.runID.prefix(13))), .status(run.status.rawValue),
        .init(String(run.version)), .init(session.times.text(run.created)),
      ]
      if run.entries.isEmpty { runs.add(lead + ["", "", "", "", "", ""]) }
      for entry in run.entries {
        runs.add(lead + [.init(entry.node)] + cells(entry, session) + [.init(entry.value)])
      }
    }
    session.console.lines(answer.runs.isEmpty ? [] : runs.lines(on: session.console.output))
    var nodes = Table([
      .init("NODE", shrinksTo: 8), .init("RUNS", isNumber: true), .init("LAST RUN"),
    ])
    for node in answer.byNode {
      nodes.add([
        .init(node.node), .init("\(node.runs) of \(answer.runsExamined)"),
        .init(String(node.lastRunID.prefix(13))),
      ])
    }
    guard !answer.byNode.isEmpty else { return }
    session.console.line("")
    session.console.lines(nodes.lines(on: session.console.output))
  }

  /// What `--detail` adds; without it the columns stay empty and are not shown.
  private func cells(_ entry: TokenEntry, _ session: Session) -> [Table.Cell] {
    guard detail else { return ["", "", "", ""] }
    return [
      .init(String(entry.attempt)), .status(entry.attemptStatus?.rawValue ?? ""),
      .init(String(entry.seq)), .init(session.times.text(entry.time)),
    ]
  }
}
