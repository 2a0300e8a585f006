internal import ArgumentParser
internal import BatonClient

/// The command `baton run`.
struct RunCommand: ServerCommand {
  static let configuration = CommandConfiguration(
    commandName: "run", abstract: "Show a run with its nodes.",
    discussion: """
      Example: baton run campaign/PurchaseWorkflow@latest --json
      """)

  @Argument(help: ArgumentHelp("The run.", valueName: "run"))
  var runName: RunArgument

  @OptionGroup var global: GlobalOptions

  func run() async throws {
    try await Session.run(global) { session in
      let run = try await runName.find(session.client)
      let details = try await run.details()
      // A program run is an attempt: it has no nodes of its own.
      let isProgramRun = details.record.programID != nil
      let nodes = isProgramRun ? [] : try await run.nodes(withAttempts: true)
      let workflow = isProgramRun ? nil : details.record.workflow
      var hooks: [Attempt] = []
      if let workflow { hooks = try await run.hookAttempts(of: workflow) }
      if session.json {
        session.console.json(RunJSON.value(details, nodes: nodes, hooks: hooks))
        return
      }
      let now = TimeText.now()
      session.console.lines(Self.lines(details, session, now))
      if !nodes.isEmpty {
        session.console.line("")
        let table = NodeTable.table(
          nodes, session.times, now: now, hooks: hooks)
        session.console.lines(table.lines(on: session.console.output))
      }
      if let report = details.stopReport {
        session.console.lines(["", Self.stopTitle(report, session)])
        session.console.lines(
          StopText.lines(report, details.record.id, on: session.console.output))
      }
    }
  }

  private static func lines(
    _ details: RunDetails, _ session: Session, _ now: Timestamp
  ) -> [String] {
    let run = details.record
    let name = run.workflow ?? run.programID ?? ""
    var rows: [(String, String)] = [
      ("run", run.id), ("id", run.externalID ?? ""),
      ("workflow", "\(run.namespace ?? ""):\(run.application ?? "")/\(name)"),
      ("version", String(run.version)),
      (
        "status",
        Style.status(run.status.rawValue).apply(run.status.rawValue, on: session.console.output)
      ),
      ("reason", run.reason ?? ""), ("created", session.times.text(run.created)),
      ("started", session.times.text(run.started)), ("ended", session.times.text(run.ended)),
      ("time", run.duration(now: now).map(TimeText.duration) ?? ""),
      ("trigger", run.schedule.map { "\(run.trigger) \($0)" } ?? run.trigger),
      ("parent", parent(run)), ("started by", run.principal ?? ""),
    ]
    rows += pairs("argument", details.arguments) + pairs("env", details.environment)
    if let conf = details.conf { rows.append(("conf", conf)) }
    rows += FailureText.lines(details).map { ("failure", $0) }
    if let error = details.finishError {
      rows.append(("finish hook", FailureText.line(error)))
    }
    for warning in details.warnings {
      rows.append(("warning", "\(warning.reason): \(warning.text)"))
    }
    if let outputs = details.outputs { rows.append(("outputs", outputs)) }
    return rows.filter { !$0.1.isEmpty }.map { title, text in
      let shown = title == "status" ? text : TextWidth.printable(text)
      return "\(title):" + String(repeating: " ", count: max(1, 13 - title.count)) + shown
    }
  }

  /// Who stopped the run, when and why.
  private static func stopTitle(_ report: StopReport, _ session: Session) -> String {
    var text = "stopped"
    if let principal = report.principal { text += " by \(principal)" }
    if let began = report.began { text += " \(session.times.text(began))" }
    if report.isForced { text += ", given up waiting" }
    if let reason = report.reason { text += ": \(reason)" }
    return TextWidth.printable(text)
  }

  private static func parent(_ run: RunRecord) -> String {
    guard let parent = run.parentRunID else { return "" }
    return run.node.map { "\(parent), node \($0) #\(run.attempt ?? 0)" } ?? parent
  }

  private static func pairs(_ title: String, _ map: [String: String]) -> [(String, String)] {
    map.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      .map { (title, "\($0.key)=\($0.value)") }
  }
}
