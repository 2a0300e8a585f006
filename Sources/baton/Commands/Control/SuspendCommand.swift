internal import ArgumentParser
internal import BatonClient

/// The command `baton suspend`.
struct SuspendCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "suspend",
    abstract: "Keep a run from starting anything more; what executes goes on.",
    discussion: """
      With nodes, only these are held back. `baton resume` undoes both.
      Example: baton suspend campaign/PurchaseWorkflow@latest
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Argument(help: ArgumentHelp("Nodes to hold back instead of the run.", valueName: "node"))
  var nodes: [String] = []

  @Option(help: ArgumentHelp("Text kept with the call.", valueName: "text"))
  var note = ""

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      let status = try await run.suspend(nodes: nodes, note: note)
      ControlText.show(run, status, session)
    }
  }
}
