internal import ArgumentParser
internal import BatonClient

/// The options that every command has.
struct GlobalOptions: ParsableArguments {
  static let defaultAddress = "127.0.0.1:7600"

  @Option(
    help: ArgumentHelp(
      "Where the server listens: HOST:PORT or unix:PATH.",
      discussion: "Else BATON_ADDRESS, else \(defaultAddress).", valueName: "addr"))
  var address: String?

  @Option(help: ArgumentHelp("The namespace; else BATON_NAMESPACE, else default.", valueName: "ns"))
  var namespace: String?

  @Flag(help: "Print JSON: one document, of streams one per line.")
  var json = false

  @Flag(help: "Print times in UTC instead of local time.")
  var utc = false

  @Option(
    help: ArgumentHelp(
      "The time one call may take, and the wait for a lost server, such as 500ms or 30s.",
      valueName: "duration"))
  var timeout: DurationArgument?

  @Option(help: ArgumentHelp("A file with a bearer token; else BATON_BEARER.", valueName: "file"))
  var bearerFile: String?

  /// The names of the options above that take a value, and of the flags; they may also stand in
  /// front of the command.
  static let valueNames: Set<String> = ["--address", "--namespace", "--timeout", "--bearer-file"]
  static let flagNames: Set<String> = ["--json", "--utc"]

  var chosenAddress: String {
    address ?? Environment.value("BATON_ADDRESS") ?? Self.defaultAddress
  }

  var chosenNamespace: String {
    namespace ?? Environment.value("BATON_NAMESPACE") ?? "default"
  }

  /// The options of a client of a user.
  func clientOptions(connections: Int = 1) throws -> ClientOptions {
    var options = ClientOptions(
      namespace: chosenNamespace, connections: connections, name: "baton/\(BatonClient.version)")
    if let timeout { options.limit(timeout.duration) }
    if let bearerFile {
      let text = try ValueSource.text(of: bearerFile)
      options.credential = .bearer(text.filter { !$0.isWhitespace })
    } else if let token = Environment.value("BATON_BEARER") {
      options.credential = .bearer(token)
    }
    return options
  }
}

extension ClientOptions {
  /// Bounds calls, and by less than usual the wait for a server that is lost.
  mutating func limit(_ timeout: Duration) {
    self.timeout = timeout
    recoveryTime = min(recoveryTime, timeout)
  }
}
