internal import ArgumentParser
internal import BatonClient

/// The command `baton resume`.
struct ResumeCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "resume",
    abstract: "Let a suspended run go on.",
    discussion: """
      With nodes, these are released instead. With a changed environment, everything that starts \
      from now on uses it.
      Examples: baton resume campaign/PurchaseWorkflow@latest
                baton resume campaign/PurchaseWorkflow@latest --env BATCH=100 --dry-run
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Argument(help: ArgumentHelp("Held nodes to release instead of the run.", valueName: "node"))
  var nodes: [String] = []

  @OptionGroup(title: "Environment") var environment: EnvironmentOptions

  @Option(help: ArgumentHelp("Text kept with the call.", valueName: "text"))
  var note = ""

  @Flag(help: "Show what would happen and change nothing.")
  var dryRun = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let change = try environment.change()
    if !nodes.isEmpty, !change.isEmpty || dryRun {
      throw UsageError("nodes are released without a change of the environment and --dry-run")
    }
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      if !change.isEmpty || dryRun {
        let plan = try await run.resume(changing: change, isDryRun: dryRun, note: note)
        return PlanText.show(plan, of: run, session)
      }
      let status = try await run.resume(nodes: nodes, note: note)
      ControlText.show(run, status, session)
    }
  }
}
