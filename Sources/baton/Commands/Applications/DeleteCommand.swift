internal import ArgumentParser
internal import BatonClient

/// The command `baton delete`.
struct DeleteCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "delete",
    abstract: "Remove an application with its versions, runs, tokens and logs.",
    discussion: """
      It is refused while a run of the application is active. Run ids that triggers brought stay \
      taken. Asks on a terminal; elsewhere --yes is needed.
      Example: baton delete campaign --yes
      """)

  @Argument(help: ArgumentHelp("The application.", valueName: "app"))
  var application: String

  @Option(
    help: ArgumentHelp(
      "What to do with schedules that listen to it: rewrite, refuse, keep.", valueName: "option"),
    transform: { try Choice.value($0) })
  var listeners = ListenerHandling.rewrite

  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let name = "\(session.client.namespace):\(application)"
      try Confirmation.require(
        "delete \(name) with all its runs and logs", isGiven: yes, session.console)
      let schedules = try await session.client.deleteApplication(
        application, listeners: listeners)
      if session.json {
        var object = JSONObject()
        object.add("application", application)
        object.add("schedules", .array(schedules.map(ScheduleChangeText.json)))
        session.console.json(object.value)
      } else {
        session.console.lines(schedules.compactMap(ScheduleChangeText.line))
        session.console.line("\(name) deleted")
      }
    }
  }
}
