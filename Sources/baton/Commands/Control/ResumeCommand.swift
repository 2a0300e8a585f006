internal import ArgumentParser
internal import BatonClient

/// The command `baton resume`.
struct ResumeCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Let a suspended run go on.",
    discussion: """
      With nodes, these are released instead.
      Example: baton resume campaign/PurchaseWorkflow@latest
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Argument(help: ArgumentHelp("Held nodes to release instead of the run.", valueName: "node"))
  var nodes: [String] = []

  @Option(help: ArgumentHelp("Text kept with the call.", valueName: "text"))
  var note = ""

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      let status = try await run.resume(nodes: nodes, note: note)
      ControlText.show(run, status, session)
    }
  }
}
