internal import ArgumentParser
internal import BatonClient

/// The command `baton token list`.
struct TokenListCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "list", abstract: "List the keys of a token with the values of every node.",
    discussion: """
      Example: baton token list campaign/PurchaseWorkflow@latest --node RecordVerifier --json
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: String?

  @OptionGroup var read: TokenReadOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let task = try BatonTask.ifInside()
    try await Session.runInNode(global, task: task) { session in
      let view = try await read.view(runName, task: task, session.client)
      if let node = read.node {
        let entries = try await view.fromNode(node)
        if session.json {
          session.console.json(TokenJSON.node(entries, detail: read.detail))
        } else {
          show(entries, session)
        }
        return
      }
      let keys = try await view.all()
      if session.json {
        session.console.json(TokenJSON.map(keys, detail: read.detail))
      } else {
        show(keys.flatMap(\.entries), session)
      }
    }
  }

  private func show(_ entries: [TokenEntry], _ session: Session) {
    var table = Table([
      .init("KEY", shrinksTo: 10), .init("NODE", shrinksTo: 8),
      .init("ATTEMPT", isNumber: true), .init("STATUS"), .init("SEQ", isNumber: true),
      .init("TIME"), .init("VALUE", shrinksTo: 12),
    ])
    for entry in entries {
      let detail: [Table.Cell] =
        read.detail
        ? [
          .init(String(entry.attempt)), .status(entry.attemptStatus?.rawValue ?? ""),
          .init(String(entry.seq)), .init(session.times.text(entry.time)),
        ] : ["", "", "", ""]
      table.add([.init(entry.key), .init(entry.node)] + detail + [.init(entry.value)])
    }
    session.console.lines(entries.isEmpty ? [] : table.lines(on: session.console.output))
  }
}
