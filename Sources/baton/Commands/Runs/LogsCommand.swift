internal import ArgumentParser
internal import BatonClient

/// The command `baton logs`.
struct LogsCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Print the captured output of a node, as it was written.",
    discussion: """
      Example: baton logs campaign/PurchaseWorkflow@latest RecordVerifier --stderr --follow
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @Argument(help: "The node, or the workflow's name for its hooks.")
  var node: String

  @Option(help: ArgumentHelp("The attempt; else the newest.", valueName: "n"))
  var attempt: PositiveArgument?

  @Option(help: ArgumentHelp("The item of a for_each node, from 0.", valueName: "n"))
  var item: Int?

  @Flag(help: "Go on with what comes until the attempt has ended.")
  var follow = false

  @Flag(help: "The standard error of the program instead of its standard output.")
  var stderr = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    var options = LogOptions(
      stream: stderr ? .stderr : .stdout, attempt: attempt?.number, follow: follow)
    options.item = item
    let wanted = options
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      try await run.logs(of: node, options: wanted) { chunk in
        if session.json {
          session.console.json(Self.json(chunk))
        } else {
          if chunk.droppedBytes > 0 {
            session.console.note("note: \(chunk.droppedBytes) bytes were not kept")
          }
          session.console.data(chunk.data)
        }
      }
    }
  }

  /// A piece of output; what is not text is given in base64.
  private static func json(_ chunk: LogChunk) -> JSONValue {
    var object = JSONObject()
    object.add("stream", chunk.stream.rawValue)
    object.add("offset", chunk.offset)
    object.add("time", chunk.time.rfc3339)
    object.addUnlessZero("droppedBytes", chunk.droppedBytes)
    if let text = String(validating: chunk.data, as: UTF8.self) {
      object.add("text", text)
    } else {
      object.add("base64", Base64.encode(chunk.data))
    }
    return object.value
  }
}
