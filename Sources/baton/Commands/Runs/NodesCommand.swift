internal import ArgumentParser
internal import BatonClient

/// The command `baton nodes`.
struct NodesCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "nodes", abstract: "List the nodes of a run with their attempts.",
    discussion: """
      Example: baton nodes campaign/PurchaseWorkflow@latest --status FAILED
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Option(help: ArgumentHelp("Only nodes with this status; may be repeated.", valueName: "s"))
  var status: [String] = []

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      let nodes = try await run.nodes(
        statuses: status.map { NodeStatus(rawValue: $0.uppercased()) }, withAttempts: true)
      if session.json {
        session.console.json(.object([.init("nodes", .array(nodes.map(NodeJSON.value)))]))
        return
      }
      let table = NodeTable.table(nodes, session.times, now: TimeText.now())
      session.console.lines(table.lines(on: session.console.output))
    }
  }
}
