internal import ArgumentParser
internal import BatonClient

/// The command `baton rerun`.
struct RerunCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "rerun",
    abstract: "Run failed nodes of a run again, with a changed environment if wanted.",
    discussion: """
      Nodes that completed are not run again; those after a re-run node go on from it. --dry-run \
      shows what would happen and changes nothing.
      Examples: baton rerun billing/nightly@latest load --env API_TOKEN=@new.txt --dry-run
                baton rerun billing/nightly@latest --all-failed --wait
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Argument(help: ArgumentHelp("Nodes to run again.", valueName: "node"))
  var nodes: [String] = []

  @Flag(help: "Run everything again that failed, was killed, or was left out for it.")
  var allFailed = false

  @OptionGroup(title: "Environment") var environment: EnvironmentOptions

  @Flag(help: "Keep finished items of for_each and go on with child runs in place.")
  var noReset = false

  @Flag(help: "Also resume the run, and waive pause_before of the nodes.")
  var resume = false

  @Flag(help: "Accept nodes and runs that completed, too.")
  var allowCompleted = false

  @Option(
    help: ArgumentHelp(
      "Whether nodes after them that have ended stay as they are.", valueName: "word"))
  var downstream: DownstreamArgument = .keep

  @Option(
    help: ArgumentHelp("Refuse unless this is the newest attempt of the node.", valueName: "n"))
  var expectedAttempt: Int?

  @Option(help: ArgumentHelp("Text kept with the call.", valueName: "text"))
  var note = ""

  @Flag(help: "Show what would happen and change nothing.")
  var dryRun = false

  @Flag(help: "Wait for the end; exit 1 unless the run is COMPLETED.")
  var wait = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let selection = try selection()
    let options = RerunOptions(
      change: try environment.change(), keepsFinished: noReset, resumes: resume,
      allowsCompleted: allowCompleted, downstream: downstream == .rerun ? .rerun : .keep,
      isDryRun: dryRun, note: note)
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      let plan = try await run.rerun(selection, options: options)
      let waits = wait && !dryRun
      if !session.json || !waits { PlanText.show(plan, of: run, session) }
      if waits {
        let follower = RunFollower(session: session)
        let end = try await follower.end(of: run)
        if session.json { session.console.json(PlanText.json(plan, end: end)) }
        try follower.finish(end)
      }
    }
  }

  private func selection() throws -> RerunSelection {
    if nodes.isEmpty, !allFailed { throw UsageError("name the nodes, or give --all-failed") }
    if !nodes.isEmpty, allFailed {
      throw UsageError("name the nodes or give --all-failed, not both")
    }
    if let expectedAttempt {
      guard expectedAttempt > 0 else { throw UsageError("--expected-attempt is a number from 1") }
      guard nodes.count == 1 else { throw UsageError("--expected-attempt takes one node") }
    }
    if allFailed { return .allFailed }
    if let twice = Dictionary(grouping: nodes, by: \.self).first(where: { $1.count > 1 })?.key {
      throw UsageError("node \(twice) is named twice")
    }
    return .nodes(Dictionary(uniqueKeysWithValues: nodes.map { ($0, expectedAttempt) }))
  }
}

/// The words of `--downstream`.
enum DownstreamArgument: String, ExpressibleByArgument, CaseIterable {
  case keep
  case rerun
}
