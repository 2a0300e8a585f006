internal import ArgumentParser
internal import BatonClient

/// The command `baton batch-runs`.
struct BatchRunsCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "batch-runs",
    abstract: "Show the newest runs of many programs, read in one snapshot.",
    discussion: """
      A file holds a JSON array of {"appId", "programType", "programId", "namespace", "limit", \
      "version", "cursor"}, or an object with such an array as "programs" and the members \
      "namespace", "statuses", "since", "until" (milliseconds), "activeFirst"; options win.
      """)

  private static let mostPrograms = 1000

  @Argument(
    help: ArgumentHelp(
      "Programs; the type is WORKFLOW by default.", valueName: "app/[type/]program"))
  var programs: [BatchProgramArgument] = []

  @Option(help: ArgumentHelp("A file with the programs; - for standard input.", valueName: "file"))
  var file: String?

  @Option(help: ArgumentHelp("At most this many runs of each, 1 to 100; else 1.", valueName: "n"))
  var limit: Int32?

  @Option(
    help: ArgumentHelp(
      "Only runs with this status, ACTIVE or ENDED; may be repeated.", valueName: "s"))
  var status: [String] = []

  @Option(
    help: ArgumentHelp("Only runs created since then: a time, or 2h for ago.", valueName: "t"))
  var since: TimeArgument?

  @Option(help: ArgumentHelp("Only runs created before then.", valueName: "t"))
  var until: TimeArgument?

  @Flag(help: "Active runs before the others.")
  var activeFirst = false

  @Flag(help: "Exit 4 when some program is not answered with 200.")
  var strict = false

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    guard programs.isEmpty || file == nil else {
      throw ValidationError("give programs or --file, not both")
    }
    guard !programs.isEmpty || file != nil else {
      throw ValidationError("give programs, or --file with them")
    }
  }

  func run() async throws {
    let request = try request()
    guard request.items.count <= Self.mostPrograms else {
      throw BatonError(
        .invalidArgument, "batch_too_large",
        "\(request.items.count) programs, at most \(Self.mostPrograms) are allowed",
        hint: "ask in several calls")
    }
    try await Session.run(global) { session in
      let answers = try await answers(request, session.client)
      if session.json {
        session.console.json(
          .array(zip(request.items, answers).map { Self.json($0, $1) }))
      } else {
        let table = BatchTable.table(
          Array(zip(request.items, answers)), session.times, now: TimeText.now())
        session.console.lines(table.lines(on: session.console.output))
      }
      let isComplete = answers.allSatisfy { $0?.statusCode == 200 }
      if strict && !isComplete { throw CommandEnd(status: .notFound) }
    }
  }

  private func request() throws -> BatchFile {
    var request: BatchFile
    if let file {
      request = try BatchFile(try InputFile.read(file), name: InputFile.name(file))
    } else {
      request = BatchFile(items: programs.map { .program($0.program) })
    }
    if let limit {
      request.items = request.items.map { item in
        guard case .program(var program) = item else { return item }
        program.limit = limit
        return .program(program)
      }
    }
    return request
  }

  /// The answers in the order asked; nil for elements that are wrong in themselves.
  private func answers(
    _ request: BatchFile, _ client: BatonClient
  ) async throws -> [BatchElement?] {
    let now = TimeText.now()
    var query = BatchQuery(
      programs: request.items.compactMap { item in
        if case .program(let program) = item { return program }
        return nil
      })
    query.namespace = global.namespace ?? request.namespace
    let words = status.isEmpty ? request.statuses ?? [] : status
    query.statuses = words.flatMap(Self.statuses)
    query.since = since?.timestamp(now: now) ?? request.since
    query.until = until?.timestamp(now: now) ?? request.until
    query.activeFirst = activeFirst || (request.activeFirst ?? false)
    var elements = try await client.batchRuns(query).elements[...]
    return request.items.map { item in
      if case .program = item { return elements.popFirst() }
      return nil
    }
  }

  /// The statuses that a word stands for: itself, or those of ACTIVE or ENDED.
  private static func statuses(_ word: String) -> [RunStatus] {
    switch word.uppercased() {
    case "ACTIVE": [.pending, .starting, .running, .suspended, .resuming, .stopping]
    case "ENDED": [.completed, .failed, .killed, .rejected]
    default: [RunStatus(rawValue: word.uppercased())]
    }
  }

  private static func json(_ item: BatchFile.Item, _ answer: BatchElement?) -> JSONValue {
    switch (item, answer) {
    case (.program(let program), let answer?):
      BatchJSON.value(answer, namespace: program.namespace)
    case (.wrong(let refusal), _): BatchJSON.value(refusal)
    case (.program, nil): .null
    }
  }
}
