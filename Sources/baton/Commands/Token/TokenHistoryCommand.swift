internal import ArgumentParser
internal import BatonClient

/// The command `baton token history`.
struct TokenHistoryCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "history", abstract: "Show every put of a token in order, replaced ones too.",
    usage: "baton token history [<run>] [<key>] [<options>]",
    discussion: """
      Inside a node RUN may be left out; one word is the key then.
      Example: baton token history campaign/PurchaseWorkflow@latest ERROR
      """)

  @Argument(help: ArgumentHelp("The run, and a key.", valueName: "run> <key"))
  var words: [String] = []

  @Option(help: ArgumentHelp("Only puts of this attempt of --node.", valueName: "n"))
  var attempt: PositiveArgument?

  @OptionGroup var puts: TokenPutsOptions
  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard attempt == nil || puts.node != nil else {
      throw ValidationError("--attempt needs --node")
    }
  }

  func run() async throws {
    let words = try TokenRunWords(
      words, ownRun: Environment.value("BATON_RUN_ID"), command: "token history")
    let filter = try puts.filter(key: words.key)
    try await Session.run(global) { session in
      let run = try await TokenPutsOptions.run(words.run, session.client)
      let history = try await run.tokenHistory(filter, attempt: attempt?.number)
      if session.json {
        for put in history {
          session.console.json(TokenJSON.put(put.entry, current: put.isCurrent))
        }
        return
      }
      var table = Table([
        .init("SEQ", isNumber: true), .init("TIME"), .init("NODE", shrinksTo: 8),
        .init("ATTEMPT", isNumber: true), .init("SCOPE"), .init("KEY", shrinksTo: 10),
        .init("NOW"), .init("VALUE", shrinksTo: 12),
      ])
      for put in history {
        let entry = put.entry
        table.add([
          .init(String(entry.seq)), .init(session.times.text(entry.time)), .init(entry.node),
          .init(String(entry.attempt)), .init(entry.scope.word), .init(entry.key),
          .init(put.isCurrent ? "current" : "replaced"), .init(entry.value),
        ])
      }
      session.console.lines(history.isEmpty ? [] : table.lines(on: session.console.output))
    }
  }
}
