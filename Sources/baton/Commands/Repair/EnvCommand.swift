internal import ArgumentParser
internal import BatonClient

/// The command `baton env`.
struct EnvCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "env",
    abstract: "Show or change the environment of a run, or show how it has changed.",
    discussion: """
      Without a change, the environment is shown: the newest, or that of --revision. A change is \
      used by what starts afterwards; it starts nothing by itself.
      Examples: baton env billing/nightly@latest --history
                baton env billing/nightly@latest --env API_TOKEN=@new.txt --note renewed
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @OptionGroup(title: "Change") var environment: EnvironmentOptions

  @Option(help: ArgumentHelp("The revision to show; else the newest.", valueName: "n"))
  var revision: Int?

  @Flag(help: "List the revisions, newest first.")
  var history = false

  @Option(help: ArgumentHelp("Text kept with a change.", valueName: "text"))
  var note = ""

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let change = try environment.change()
    let views = (revision == nil ? 0 : 1) + (history ? 1 : 0) + (change.isEmpty ? 0 : 1)
    guard views <= 1 else {
      throw UsageError("give a change, --revision or --history, not several of them")
    }
    if let revision, revision < 1 { throw UsageError("--revision is a number from 1") }
    if change.isEmpty, !note.isEmpty { throw UsageError("--note goes with a change") }
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      if history {
        EnvText.show(try await run.environmentRevisions(), session)
      } else if change.isEmpty {
        EnvText.show(try await run.environment(revision: revision), session)
      } else {
        let (newest, edits) = try await run.updateEnvironment(change, note: note)
        EnvText.show(newest, edits, session)
      }
    }
  }
}
