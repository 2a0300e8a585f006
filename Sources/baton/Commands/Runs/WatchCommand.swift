internal import ArgumentParser
internal import BatonClient

/// The command `baton watch`.
struct WatchCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Show a run live until its end; exit 1 unless it is COMPLETED.",
    discussion: """
      Example: baton watch campaign/PurchaseWorkflow@latest
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      try await RunFollower(session: session).follow(run)
    }
  }
}
