internal import ArgumentParser
internal import BatonClient

/// The command `baton runs`.
struct RunsCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "runs", abstract: "List runs of a workflow, newest first.",
    discussion: """
      Example: baton runs campaign/PurchaseWorkflow --status FAILED --since 24h --limit 500
      """)

  @Argument(help: ArgumentHelp("The workflow.", valueName: "app/workflow"))
  var workflow: WorkflowArgument

  @Option(
    help: ArgumentHelp(
      "Only runs with this status, ACTIVE or ENDED; may be repeated.", valueName: "s"))
  var status: [String] = []

  @Option(help: ArgumentHelp("Only runs of this version.", valueName: "v"))
  var version: PositiveArgument?

  @Option(help: ArgumentHelp("At most this many.", valueName: "n"))
  var limit = 20

  @Option(
    help: ArgumentHelp("Only runs created since then: a time, or 2h for ago.", valueName: "t"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only runs created before then.", valueName: "t"))
  var until: TimeArgument?

  @Option(
    help: ArgumentHelp("Only runs made so: manual, schedule, parent.", valueName: "kind"),
    transform: { try Choice.value($0) })
  var trigger: RunTrigger?

  @Option(help: ArgumentHelp("Only child runs of this run, by its whole id.", valueName: "run"))
  var parent: String?

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard limit > 0 else { throw ValidationError("--limit must be at least 1") }
  }

  func run() async throws {
    try await Session.run(global) { session in
      let now = TimeText.now()
      var filter = RunFilter(workflow: try workflow.workflow(in: session.client.namespace))
      filter.statuses = status.map { RunStatus(rawValue: $0.uppercased()) }
      filter.version = version?.number
      filter.since = since?.timestamp(now: now)
      filter.until = until?.timestamp(now: now)
      filter.trigger = trigger
      filter.parentRunID = parent
      let runs = try await session.client.runs(filter, limit: limit)
      if session.json {
        let values = runs.map { RunJSON.object($0).value }
        session.console.json(.object([.init("runs", .array(values))]))
      } else {
        let table = RunTable.table(runs, session.times, now: now)
        session.console.lines(table.lines(on: session.console.output))
      }
    }
  }
}
