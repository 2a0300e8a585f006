internal import ArgumentParser
internal import BatonClient

/// The command `baton trigger`.
struct TriggerCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "trigger", abstract: "Start a run of a workflow and print its id.",
    discussion: """
      A value @FILE is the content of the file as it is, with a final line end if it has one; @- \
      is standard input, @@ begins a value that begins with @.
      Examples: baton trigger campaign/PurchaseWorkflow --arg day=2026-01-31 --wait
                baton trigger campaign/PurchaseWorkflow --conf @input.json --run-id nightly-31
      """)

  @Argument(help: ArgumentHelp("The workflow.", valueName: "app/workflow"))
  var workflow: WorkflowArgument

  @Option(help: ArgumentHelp("The version to run; else the newest.", valueName: "v"))
  var version: PositiveArgument?

  @Option(
    help: ArgumentHelp("An argument; the value may be @FILE; may be repeated.", valueName: "k=v"))
  var arg: [String] = []

  @Option(
    help: ArgumentHelp(
      "A file with arguments: a JSON object or lines KEY=VALUE.", valueName: "file"))
  var argsFile: String?

  @OptionGroup(title: "Environment") var environment: TriggerEnvironmentOptions

  @Option(
    help: ArgumentHelp(
      "Text of one JSON object whose members become arguments, or @FILE.", valueName: "text"))
  var conf: String?

  @Option(
    help: ArgumentHelp("An id of your own, unique per workflow for ever.", valueName: "id"))
  var runID: String?

  @Flag(help: "Wait for the end; exit 1 unless the run is COMPLETED.")
  var wait = false

  @Flag(help: "Show what happens until the end; exit as with --wait.")
  var follow = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    // An unset variable of a script, which would lose the protection against doubles.
    guard runID != "" else { throw UsageError("--run-id is empty") }
    let options = TriggerOptions(
      version: version?.number,
      arguments: try ValueSource.map(arg, file: argsFile, option: "--arg"),
      environment: try environment.values(), secretEnvironment: environment.secretEnv,
      externalID: runID, conf: try conf.map { try ValueSource.value(of: $0) })
    try await Session.run(global) { session in
      let workflow = try workflow.workflow(in: session.client.namespace)
      let run = try await session.client.trigger(workflow, options: options)
      // A JSON document stands alone: it is printed when everything is known.
      if !session.json {
        session.console.line(run.id)
        if run.receipt?.status == .rejected { session.console.note("the run was rejected") }
      } else if follow || !wait {
        session.console.json(Self.json(run, end: nil))
      }
      if follow {
        try await RunFollower(session: session).follow(run)
      } else if wait {
        let end = try await RunFollower(session: session).end(of: run)
        if session.json { session.console.json(Self.json(run, end: end)) }
        try RunFollower(session: session).finish(end)
      } else if run.receipt?.status == .rejected {
        throw CommandEnd(status: .failed)
      }
    }
  }

  private static func json(_ run: Run, end details: RunDetails?) -> JSONValue {
    let end = details?.record
    var object = JSONObject()
    object.add("runId", run.id)
    object.add("version", run.receipt?.version)
    object.add("status", (end?.status ?? run.receipt?.status)?.rawValue)
    object.add("replayed", .bool(run.receipt?.isReplay ?? false))
    object.add("reason", end?.reason)
    object.add("started", end?.started?.rfc3339)
    object.add("ended", end?.ended?.rfc3339)
    if let failure = details?.failure { object.add("failure", RunJSON.failure(failure)) }
    return object.value
  }
}
