internal import ArgumentParser
internal import BatonClient

/// The command `baton admin prune`.
struct AdminPruneCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "prune",
    abstract: "Remove ended runs with their tokens and logs.",
    discussion: """
      A run goes when it ended before --before, and also when it is not among the --keep-runs \
      newest ended runs of its workflow; for a bound that is not given the setting of the server \
      holds. Active runs stay. Run ids that triggers brought stay taken. Without --namespace and \
      --app all namespaces are meant. Asks on a terminal; elsewhere --yes is needed.
      Examples: baton admin prune --before 30d --dry-run
                baton admin prune --before 30d --keep-runs 100 --app campaign --yes
      """)

  @Option(
    help: ArgumentHelp("Only runs that ended before then: a time, or 30d for ago.", valueName: "t"))
  var before: TimeArgument?

  @Option(
    help: ArgumentHelp("Keep this many of the newest ended runs per workflow.", valueName: "n"))
  var keepRuns: Int?

  @Option(help: ArgumentHelp("Only this application.", valueName: "app"))
  var app: String?

  @Flag(help: "Only count what would go.")
  var dryRun = false

  @Flag(name: .shortAndLong, help: "Do not ask.")
  var yes = false

  @OptionGroup var global: GlobalOptions

  func validate() throws {
    if let keepRuns, keepRuns < 1 { throw ValidationError("--keep-runs must be at least 1") }
  }

  func run() async throws {
    let bound = before.map { $0.timestamp(now: TimeText.now()) }
    try await Session.run(global) { session in
      let options = PruneOptions(
        namespace: namespace, application: app, before: bound, keepRuns: keepRuns,
        isDryRun: dryRun)
      if !dryRun {
        try Confirmation.require(question, isGiven: yes, session.console)
      }
      let report = try await session.client.prune(options)
      if session.json {
        session.console.json(Self.json(report))
      } else {
        session.console.lines(Self.lines(report))
      }
    }
  }

  /// The namespace that is meant: without an application only one that is named in the command.
  private var namespace: String? { app == nil ? global.namespace : global.chosenNamespace }

  private var question: String {
    guard let namespace else { return "remove ended runs of all namespaces" }
    return "remove ended runs of \(app.map { "\(namespace):\($0)" } ?? "namespace \(namespace)")"
  }

  private static func lines(_ report: PruneReport) -> [String] {
    let verb = report.isDryRun ? "would be removed" : "removed"
    let others: [(UInt64, String, String)] = [
      (report.events, "event", "events"), (report.deliveries, "delivery", "deliveries"),
      (report.scheduleEvents, "schedule event", "schedule events"),
      (report.auditRows, "audit row", "audit rows"),
    ]
    return [report.runs == 1 ? "1 run \(verb)" : "\(report.runs) runs \(verb)"]
      + others.filter { $0.0 > 0 }.map { "\($0.0) \($0.0 == 1 ? $0.1 : $0.2) \(verb)" }
  }

  private static func json(_ report: PruneReport) -> JSONValue {
    var object = JSONObject()
    object.add("runs", report.runs)
    object.add("events", report.events)
    object.add("deliveries", report.deliveries)
    object.add("scheduleEvents", report.scheduleEvents)
    object.add("auditRows", report.auditRows)
    object.add("dryRun", .bool(report.isDryRun))
    return object.value
  }
}
