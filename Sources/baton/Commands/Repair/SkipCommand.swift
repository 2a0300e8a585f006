internal import ArgumentParser
internal import BatonClient

/// The command `baton skip`.
struct SkipCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "skip",
    abstract: "Settle a failed node as if it had succeeded; what follows it goes on.",
    discussion: """
      Example: baton skip billing/nightly@latest load --output rows=0 --note "done by hand"
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Argument(help: ArgumentHelp("The node.", valueName: "node"))
  var node: String

  @Option(
    help: ArgumentHelp(
      "A value to put for the node; it may be @FILE; may be repeated.", valueName: "k=v"))
  var output: [String] = []

  @Option(
    help: ArgumentHelp("What a condition is taken to have decided.", valueName: "true|false"))
  var outcome: OutcomeArgument?

  @OptionGroup(title: "Environment") var environment: EnvironmentOptions

  @Flag(help: "Also resume the run.")
  var resume = false

  @Option(
    help: ArgumentHelp("Refuse unless this is the newest attempt of the node.", valueName: "n"))
  var expectedAttempt: Int?

  @Option(help: ArgumentHelp("Text kept with the call.", valueName: "text"))
  var note = ""

  @Flag(help: "Show what would happen and change nothing.")
  var dryRun = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    if let expectedAttempt, expectedAttempt < 1 {
      throw UsageError("--expected-attempt is a number from 1")
    }
    let outputs = try output.map { pair in
      guard let (key, value) = ValueSource.split(pair) else {
        throw UsageError("--output needs KEY=VALUE, not '\(pair)'")
      }
      return SkipOptions.Output(key: key, value: try ValueSource.value(of: value))
    }
    let options = SkipOptions(
      expectedAttempt: expectedAttempt, outputs: outputs, outcome: outcome.map { $0 == .true },
      change: try environment.change(), resumes: resume, isDryRun: dryRun, note: note)
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      PlanText.show(try await run.skip(node, options: options), of: run, session)
    }
  }
}

/// The words of `--outcome`.
enum OutcomeArgument: String, ExpressibleByArgument, CaseIterable {
  case `true`
  case `false`
}
