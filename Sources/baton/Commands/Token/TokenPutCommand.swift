internal import ArgumentParser
internal import BatonClient

/// The command `baton token put`.
struct TokenPutCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "put",
    abstract: "Put keys into the token of the run; only inside a node.",
    discussion: """
      Each argument is taken apart at its first '='. All entries are put as one, and are durable \
      when the command ends with 0. With --stdin the value of one key is standard input as it is.
      Example: baton token put records=1200 day=2026-01-31
      """)

  @Argument(help: ArgumentHelp("The entries, or one key with --stdin.", valueName: "key=value"))
  var entries: [String]

  @Flag(help: "Read the value of the one key from standard input.")
  var stdin = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let assignments = try TokenPutArguments.assignments(entries, stdin: stdin)
    let task = try BatonTask.current()
    try await Session.runInNode(global, task: task) { session in
      let usage = try await TaskToken(client: session.client).put(assignments)
      guard session.json else { return }
      var object = JSONObject()
      object.add("firstSeq", usage.firstSeq)
      object.add("lastSeq", usage.lastSeq)
      object.add("usedBytes", usage.usedBytes)
      object.add("limitBytes", usage.limitBytes)
      session.console.json(object.value)
    }
  }
}
