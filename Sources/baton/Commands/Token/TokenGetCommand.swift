internal import ArgumentParser
internal import BatonClient

/// The command `baton token get`.
struct TokenGetCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "get", abstract: "Print the most recent value of a key; exit 4 without one.",
    usage: "baton token get [<run>] <key> [<options>]",
    discussion: """
      Inside a node RUN may be left out.
      Example: baton token get campaign/PurchaseWorkflow@latest ERROR --detail
      """)

  @Argument(help: ArgumentHelp("The run and the key.", valueName: "run> <key"))
  var words: [String]

  @OptionGroup var read: TokenReadOptions
  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let task = try BatonTask.ifInside()
    guard let key = words.last, words.count == 2 || (words.count == 1 && task != nil) else {
      throw UsageError("token get needs RUN and KEY")
    }
    let run = words.count == 2 ? words[0] : nil
    try await Session.runInNode(global, task: task) { session in
      let view = try await read.view(run, task: task, session.client)
      let entry = try await view.get(key, node: read.node)
      if session.json {
        session.console.json(TokenJSON.entry(entry))
        return
      }
      session.console.line(entry.value)
      guard read.detail else { return }
      let status = entry.attemptStatus.map { " \($0)" } ?? ""
      session.console.lines([
        "node: \(entry.node)", "attempt: \(entry.attempt)\(status)", "seq: \(entry.seq)",
        "time: \(session.times.text(entry.time))",
      ])
    }
  }
}
