package import BatonClient

/// What a stop did, as lines and as JSON.
package enum StopText {
  /// A sentence, a row for each attempt, and whether anything survived.
  ///
  /// - Parameters:
  ///   - run: The run's id; empty where there is none.
  ///   - answer: What the server said.
  ///   - terminal: Where the lines go.
  /// - Returns: The lines without line ends.
  package static func lines(
    _ run: String, _ answer: StopAnswer, on terminal: Terminal
  ) -> [String] {
    switch answer.outcome {
    case .notFound: return ["there is no such run; nothing was done"]
    case .alreadyFinished:
      let status = answer.status.map { " \($0.rawValue)" } ?? ""
      return ["run \(run) had ended\(status); nothing was done"]
    default: break
    }
    let status = answer.status?.rawValue ?? answer.outcome.rawValue
    let time = answer.report.map { " in \(TimeText.duration($0.duration))" } ?? ""
    let how = answer.outcome == .forced ? "given up waiting" : "stopped"
    let styled = Style.status(status).apply(status, on: terminal)
    var lines = ["run \(run) \(styled): \(how)\(time)"]
    if let report = answer.report { lines += self.lines(report, run, on: terminal) }
    return lines
  }

  /// A row for each attempt, and whether anything survived.
  package static func lines(
    _ report: StopReport, _ run: String, on terminal: Terminal
  ) -> [String] {
    var lines: [String] = []
    if !report.attempts.isEmpty {
      lines += table(report, run).lines(on: terminal)
    }
    let hidden = report.attemptsTotal - report.attempts.count
    if hidden > 0 { lines.append("and \(hidden) more attempts") }
    return lines + [verdict(report)]
  }

  private static func verdict(_ report: StopReport) -> String {
    if report.survivorsTotal > 0 { return "\(count(report.survivorsTotal, "process")) survived" }
    let ended = "\(count(report.processesEnded, "process")) ended, none survived"
    return report.isProven ? ended : "\(ended) as far as is known: not every end is proven"
  }

  private static func count(_ number: Int, _ word: String) -> String {
    number == 1 ? "1 \(word)" : "\(number) \(word)es"
  }

  private static func table(_ report: StopReport, _ run: String) -> Table {
    var table = Table([
      .init("RUN"), .init("NODE", shrinksTo: 10), .init("ATTEMPT", isNumber: true),
      .init("ENDED BY"), .init("PROCESSES", isNumber: true), .init("TIME", isNumber: true),
      .init("PROOF"), .init("SURVIVORS", shrinksTo: 12),
    ])
    for attempt in report.attempts {
      let survivors = attempt.survivors.map { "\($0.pid) \($0.command)" }
      table.add([
        .init(attempt.runID == run ? "" : String(attempt.runID.prefix(RunTable.idLength))),
        .init(attempt.item.map { "\(attempt.node)[\($0)]" } ?? attempt.node),
        .init((attempt.itemAttempt ?? attempt.number).map(String.init) ?? ""),
        .init(attempt.endedBy.map(means) ?? "not yet"), .init(String(attempt.processesEnded)),
        .init(TimeText.duration(attempt.duration)), .init(attempt.proof ?? ""),
        .init(survivors.joined(separator: ", "), .bad),
      ])
    }
    return table
  }

  private static func means(_ word: String) -> String {
    switch word {
    case "ITSELF": "itself"
    case "NEVER_STARTED": "never started"
    case "WORKER": "worker"
    default: word
    }
  }

  /// The answer as JSON; absent members are left out.
  package static func json(_ run: String, _ answer: StopAnswer) -> JSONValue {
    var object = JSONObject()
    if !run.isEmpty { object.add("runId", run) }
    object.add("outcome", answer.outcome.rawValue)
    object.add("status", answer.status?.rawValue)
    object.add("proven", .bool(answer.isProven))
    if let report = answer.report { object.add("report", json(report)) }
    return object.value
  }

  /// The report as JSON, in the words of the contract.
  package static func json(_ report: StopReport) -> JSONValue {
    var object = JSONObject()
    object.add("attempts", .array(report.attempts.map(json)))
    object.add("attemptsTotal", report.attemptsTotal)
    object.add("processesEnded", report.processesEnded)
    object.add("survivorsTotal", report.survivorsTotal)
    object.add("proven", .bool(report.isProven))
    object.add("began", report.began?.rfc3339)
    object.add("durationMs", report.duration.milliseconds)
    object.add("principal", report.principal)
    object.add("reason", report.reason)
    if report.isForced { object.add("forced", .bool(true)) }
    return object.value
  }

  private static func json(_ attempt: StopReport.Attempt) -> JSONValue {
    var object = JSONObject()
    object.add("runId", attempt.runID)
    object.add("node", attempt.node)
    object.add("attempt", attempt.number)
    object.add("item", attempt.item)
    object.add("itemAttempt", attempt.itemAttempt)
    object.add("endedBy", attempt.endedBy)
    object.add("processesEnded", attempt.processesEnded)
    object.add("survivors", .array(attempt.survivors.map(survivor)))
    object.add("durationMs", attempt.duration.milliseconds)
    object.add("proof", attempt.proof)
    return object.value
  }

  /// A process that outlived KILL.
  package static func survivor(_ survivor: Survivor) -> JSONValue {
    var object = JSONObject()
    object.add("pid", survivor.pid)
    object.add("command", survivor.command)
    return object.value
  }
}
