internal import ArgumentParser
internal import BatonClient

/// The command `baton token watch`.
struct TokenWatchCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "watch",
    abstract: "Show the puts of a token as they are made, until the run ends.",
    discussion: """
      Inside a node RUN may be left out.
      Example: baton token watch campaign/PurchaseWorkflow@latest --key ERROR
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: String?

  @Option(help: ArgumentHelp("Only puts of this key.", valueName: "key"))
  var key: String?

  @Option(help: ArgumentHelp("Start after the put with this number.", valueName: "seq"))
  var after: UInt64 = 0

  @OptionGroup var puts: TokenPutsOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let filter = try puts.filter(key: key)
    try await Session.run(global) { session in
      let run = try await TokenPutsOptions.run(runName, session.client)
      try await run.watchToken(filter, after: after) { entry in
        if session.json {
          session.console.json(TokenJSON.put(entry, current: nil))
        } else {
          session.console.line(TokenPutsOptions.line(entry, session.times))
        }
      }
    }
  }
}
