internal import ArgumentParser
internal import BatonClient

/// The command `baton deploy`.
struct DeployCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "deploy", abstract: "Validate and deploy an application file.",
    discussion: """
      A file that means the same as the newest version changes nothing.
      Example: baton deploy campaign.yaml --dry-run
      """)

  @Argument(help: "The application file, YAML or JSON; - for standard input.")
  var file: String

  @Flag(help: "Check everything, store nothing.")
  var dryRun = false

  @Option(
    help: ArgumentHelp(
      "Make schedules equal to those of the file, or leave them alone: sync, keep.",
      valueName: "option"),
    transform: { try Choice.value($0) })
  var schedules = ScheduleHandling.sync

  @Option(
    help: ArgumentHelp(
      "What to do with schedules that listen to what goes away: rewrite, refuse, keep.",
      valueName: "option"),
    transform: { try Choice.value($0) })
  var listeners = ListenerHandling.rewrite

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    let content = try InputFile.read(file)
    try await Session.run(global) { session in
      let deployment = try await session.client.deploy(
        content, dryRun: dryRun, schedules: schedules, listeners: listeners)
      if session.json {
        session.console.json(Self.json(deployment, dryRun: dryRun))
      } else {
        print(deployment, session)
      }
      // Errors in the file are what a deployment would have been refused with.
      if !deployment.problems.isEmpty { throw CommandEnd(status: .refused) }
    }
  }

  private func print(_ deployment: Deployment, _ session: Session) {
    for warning in deployment.warnings { session.console.note("warning: \(line(warning))") }
    for line in deployment.schedules.compactMap(ScheduleChangeText.line) {
      session.console.note(line)
    }
    if !deployment.problems.isEmpty {
      session.console.lines(deployment.problems.map(line))
      session.console.note("error: app_invalid: \(deployment.problemsTotal) problems")
      return
    }
    let change = deployment.created ? "changed" : "unchanged"
    let note = dryRun ? ", dry run" : ""
    session.console.line(
      "\(deployment.application) version \(deployment.version) (\(change)\(note))")
  }

  /// A finding in the form that editors understand, `FILE:LINE:COLUMN: path: reason: sentence`.
  private func line(_ problem: Problem) -> String {
    let name = InputFile.name(file)
    let place = problem.line == 0 ? "" : "\(name):\(problem.line):\(problem.column): "
    let path = problem.path.isEmpty ? "" : "\(problem.path): "
    return TextWidth.printable("\(place)\(path)\(problem.reason): \(problem.text)")
  }

  private static func json(_ deployment: Deployment, dryRun: Bool) -> JSONValue {
    var object = JSONObject()
    object.add("application", deployment.application)
    object.add("version", deployment.version)
    object.add("created", .bool(deployment.created))
    object.add("warnings", .array(deployment.warnings.map(RunJSON.problem)))
    object.add("schedules", .array(deployment.schedules.map(ScheduleChangeText.json)))
    if dryRun {
      object.add("problems", .array(deployment.problems.map(RunJSON.problem)))
      object.add("problemsTotal", deployment.problemsTotal)
    }
    return object.value
  }
}
