package import BatonClient

/// What a re-run, skip or resume does, or would do, as lines and as JSON (RE130, RE137).
package enum PlanText {
  static func show(_ plan: RerunPlan, of run: Run, _ session: Session) {
    if session.json { return session.console.json(json(plan)) }
    session.console.lines(lines(plan, of: run.id, on: session.console.output))
  }

  /// The plan for people.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - run: The run asked about; nodes of other runs are shown with theirs.
  ///   - terminal: Where the lines go.
  /// - Returns: The lines without line ends.
  package static func lines(
    _ plan: RerunPlan, of run: String, on terminal: Terminal
  ) -> [String] {
    var lines: [String] = []
    if plan.isDryRun { lines.append("dry run: nothing was changed") }
    for change in plan.runs { lines.append(line(change, on: terminal)) }
    lines += more(plan.runsTotal - plan.runs.count, "run", "runs")
    if plan.attempts.isEmpty {
      lines.append("nothing runs again")
    } else {
      lines.append(plan.isDryRun ? "would run:" : "runs:")
      lines += table(plan, run).lines(on: terminal).map { "  " + $0 }
      lines += more(plan.attemptsTotal - plan.attempts.count, "attempt", "attempts")
    }
    lines += names("judged again", plan.reevaluated, plan.reevaluatedTotal, run)
    lines += names("stays as it is", plan.untouched, plan.untouchedTotal, run)
    lines.append(
      plan.edits.isEmpty
        ? "environment: revision \(plan.environmentRevision), unchanged"
        : "environment: revision \(plan.environmentRevision)")
    lines += plan.edits.map { "  " + EnvText.line($0) }
    return lines
  }

  private static func line(_ change: RerunPlan.RunChange, on terminal: Terminal) -> String {
    func styled(_ status: RunStatus) -> String {
      Style.status(status.rawValue).apply(status.rawValue, on: terminal)
    }
    let name = TextWidth.printable("\(change.runID) \(change.workflow)")
    return "run \(name): \(styled(change.from)) → \(styled(change.to))"
  }

  private static func table(_ plan: RerunPlan, _ run: String) -> Table {
    var table = Table([
      .init("RUN"), .init("NODE", shrinksTo: 10), .init("ATTEMPT", isNumber: true),
      .init("CAUSE"), .init("STARTS"), .init("ITEMS", shrinksTo: 8),
    ])
    for attempt in plan.attempts {
      table.add([
        .init(attempt.runID == run ? "" : String(attempt.runID.prefix(RunTable.idLength))),
        .init(attempt.node), .init(String(attempt.number)), .init(attempt.cause),
        .init(words(attempt.starts)), .init(ranges(attempt.items)),
      ])
    }
    return table
  }

  private static func words(_ start: String) -> String {
    switch start {
    case "NOW": "now"
    case "AFTER_UPSTREAM": "after the nodes before it"
    case "ON_RESUME": "when the run is resumed"
    default: start
    }
  }

  /// Indexes in the least space: `0-3, 7`.
  package static func ranges(_ indexes: [Int]) -> String {
    var parts: [String] = []
    var rest = indexes[...]
    while let first = rest.popFirst() {
      var last = first
      while rest.first == last + 1 { last = rest.removeFirst() }
      parts.append(first == last ? "\(first)" : "\(first)-\(last)")
    }
    return parts.joined(separator: ", ")
  }

  private static func names(
    _ title: String, _ nodes: [RerunPlan.Node], _ total: Int, _ run: String
  ) -> [String] {
    guard !nodes.isEmpty else { return [] }
    let shown = nodes.map { node in
      node.runID == run ? node.node : "\(node.runID.prefix(RunTable.idLength)):\(node.node)"
    }
    let hidden = total > nodes.count ? ", and \(total - nodes.count) more" : ""
    return [TextWidth.printable("\(title): \(shown.joined(separator: ", "))\(hidden)")]
  }

  private static func more(_ hidden: Int, _ one: String, _ many: String) -> [String] {
    hidden > 0 ? ["and \(hidden) more \(hidden == 1 ? one : many)"] : []
  }

  // MARK: - JSON

  /// The plan as JSON; with the run's end where it was waited for.
  package static func json(_ plan: RerunPlan, end: RunDetails? = nil) -> JSONValue {
    var object = JSONObject()
    object.add("runs", .array(plan.runs.map(json)))
    object.add("runsTotal", plan.runsTotal)
    object.add("attempts", .array(plan.attempts.map(json)))
    object.add("attemptsTotal", plan.attemptsTotal)
    object.add("itemsTotal", plan.itemsTotal)
    object.add("reevaluated", .array(plan.reevaluated.map(json)))
    object.add("reevaluatedTotal", plan.reevaluatedTotal)
    object.add("untouched", .array(plan.untouched.map(json)))
    object.add("untouchedTotal", plan.untouchedTotal)
    object.add("envRevision", plan.environmentRevision)
    object.add("changes", .array(plan.edits.map(EnvText.json)))
    object.add("reruns", plan.reruns)
    object.add("skips", plan.skips)
    object.add("dryRun", .bool(plan.isDryRun))
    if let end {
      object.add("status", end.record.status.rawValue)
      object.add("reason", end.record.reason)
    }
    return object.value
  }

  private static func json(_ change: RerunPlan.RunChange) -> JSONValue {
    var object = JSONObject()
    object.add("runId", change.runID)
    object.add("workflow", change.workflow)
    object.add("from", change.from.rawValue)
    object.add("to", change.to.rawValue)
    return object.value
  }

  private static func json(_ attempt: RerunPlan.Attempt) -> JSONValue {
    var object = JSONObject()
    object.add("runId", attempt.runID)
    object.add("node", attempt.node)
    object.add("number", attempt.number)
    object.add("cause", attempt.cause)
    object.add("starts", attempt.starts)
    if !attempt.items.isEmpty {
      object.add("items", .array(attempt.items.map { .integer(Int64($0)) }))
    }
    return object.value
  }

  private static func json(_ node: RerunPlan.Node) -> JSONValue {
    var object = JSONObject()
    object.add("runId", node.runID)
    object.add("node", node.node)
    return object.value
  }
}
