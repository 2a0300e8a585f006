internal import ArgumentParser
internal import BatonClient

/// The command `baton stats`.
struct StatsCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "stats",
    abstract: "Sum up the completed runs of a workflow: times, how often each node ran, branches.",
    discussion: """
      Example: baton stats campaign/PurchaseWorkflow --last 1000 --percentile 50 --percentile 99
      """)

  @Argument(help: ArgumentHelp("The workflow.", valueName: "app/workflow"))
  var workflow: WorkflowArgument

  @Option(help: ArgumentHelp("Only the newest so many completed runs.", valueName: "n"))
  var last: Int?

  @Option(help: ArgumentHelp("Only runs of this version.", valueName: "v"))
  var version: Int?

  @Option(help: ArgumentHelp("Only runs created since then.", valueName: "time"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only runs created before then.", valueName: "time"))
  var until: TimeArgument?

  @Option(help: ArgumentHelp("A percentile, 0 to 100; may be repeated.", valueName: "p"))
  var percentile: [Int] = []

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    for (name, number) in [("--last", last), ("--version", version)] {
      if let number, number < 1 { throw UsageError("\(name) is a number from 1") }
    }
    if let wrong = percentile.first(where: { !(0...100).contains($0) }) {
      throw UsageError("--percentile \(wrong) is not between 0 and 100")
    }
    try await Session.run(global) { session in
      let workflow = try workflow.workflow(in: session.client.namespace)
      let now = TimeText.now()
      let statistics = try await session.client.statistics(
        of: workflow,
        options: StatisticsOptions(
          version: version, since: since?.timestamp(now: now), until: until?.timestamp(now: now),
          last: last, percentiles: percentile))
      if session.json {
        session.console.json(StatsText.json(statistics))
      } else {
        session.console.lines(StatsText.lines(statistics, on: session.console.output))
      }
    }
  }
}
