internal import ArgumentParser
internal import BatonClient

/// The command `baton token query`.
struct TokenQueryCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "query", abstract: "Show what the newest runs of a workflow have under a key.")

  @Argument(help: ArgumentHelp("The workflow.", valueName: "app/workflow"))
  var workflow: WorkflowArgument

  @Argument(help: ArgumentHelp("The key.", valueName: "key"))
  var key: String

  @Option(help: ArgumentHelp("How many of the newest runs.", valueName: "n"))
  var last = 50

  @Option(help: ArgumentHelp("Only runs of this version.", valueName: "v"))
  var version: Int?

  @Option(help: ArgumentHelp("Only the entry of this node.", valueName: "node"))
  var node: String?

  @Option(
    help: ArgumentHelp(
      "user for what programs put, system for what Baton does.", valueName: "scope"))
  var scope = "user"

  @Flag(help: "Every node's entry instead of the last one.")
  var all = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let scope = try TokenReadOptions.scope(scope)
      let query = TokenQuery(
        key: key, scope: scope, node: node, picksAll: all, version: version, lastRuns: last)
      let answer = try await session.client.queryTokens(
        query, of: try workflow.workflow(in: session.client.namespace))
      if session.json {
        session.console.json(TokenJSON.query(query, answer))
      } else {
        show(answer, session)
      }
    }
  }

  private func show(_ answer: TokenQueryAnswer, _ session: Session) {
    var runs = Table([
      .init("RUN"), .init("STATUS"), .init("VERSION", isNumber: true), .init("CREATED"),
      .init("NODE", shrinksTo: 8), .init("VALUE", shrinksTo: 12),
    ])
    for run in answer.runs {
      let lead: [Table.Cell] = [
        .init(String(run.runID.prefix(13))), .status(run.status.rawValue),
        .init(String(run.version)), .init(session.times.text(run.created)),
      ]
      if run.entries.isEmpty { runs.add(lead + ["", ""]) }
      for entry in run.entries { runs.add(lead + [.init(entry.node), .init(entry.value)]) }
    }
    session.console.lines(answer.runs.isEmpty ? [] : runs.lines(on: session.console.output))
    var nodes = Table([
      .init("NODE", shrinksTo: 8), .init("RUNS", isNumber: true), .init("LAST RUN"),
    ])
    for node in answer.byNode {
      nodes.add([
        .init(node.node), .init("\(node.runs) of \(answer.runsExamined)"),
        .init(String(node.lastRunID.prefix(13))),
      ])
    }
    guard !answer.byNode.isEmpty else { return }
    session.console.line("")
    session.console.lines(nodes.lines(on: session.console.output))
  }
}
