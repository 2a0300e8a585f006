internal import BatonClient

/// What a command works with: a client of the server, and the console.
struct Session {
  let client: BatonClient
  let console: Console
  let times: TimeText
  /// Whether JSON is asked for.
  let json: Bool

  /// Connects as the global options say.
  static func run(_ global: GlobalOptions, _ body: (Session) async throws -> Void) async throws {
    try await run(global, address: global.chosenAddress, options: global.clientOptions(), body)
  }

  /// Connects as the attempt inside which the process runs, or as a user outside of one; only for
  /// the commands on tokens.
  static func runInNode(
    _ global: GlobalOptions, task: BatonTask?, _ body: (Session) async throws -> Void
  ) async throws {
    guard let task else { return try await run(global, body) }
    var options = task.clientOptions
    if let timeout = global.timeout { options.limit(timeout.duration) }
    try await run(global, address: global.address ?? task.address, options: options, body)
  }

  private static func run(
    _ global: GlobalOptions, address: String, options: ClientOptions,
    _ body: (Session) async throws -> Void
  ) async throws {
    let console = Console.ofProcess()
    var options = options
    let wait = TimeText.duration(options.recoveryTime)
    options.connectionLost = { _ in
      console.note("note: the connection to \(address) is lost; waiting up to \(wait) for it")
    }
    try await withBatonClient(address: address, options: options) { client in
      try await body(
        Session(
          client: client, console: console, times: TimeText(isUTC: global.utc), json: global.json))
    }
  }
}

extension BatonTask {
  /// The attempt inside which the process runs; nil outside of one.
  static func ifInside() throws -> BatonTask? {
    Environment.value("BATON_TASK_TOKEN") == nil ? nil : try current()
  }
}
