package import BatonClient

/// Nodes in a table, with a row for each attempt where there were several.
package enum NodeTable {
  /// A row for each node, and one for each attempt of the workflow's hooks.
  package static func table(
    _ nodes: [NodeState], _ times: TimeText, now: Timestamp, hooks: [Attempt] = []
  ) -> Table {
    var table = Table([
      .init("NODE", shrinksTo: 10), .init("PROGRAM", shrinksTo: 8), .init("STATUS"),
      .init("ATTEMPTS", isNumber: true), .init("STARTED"), .init("TIME", isNumber: true),
      .init("REASON", shrinksTo: 10),
    ])
    for node in nodes {
      let last = node.attempts.last
      var reason = node.reason ?? ""
      if let outcome = node.outcome { reason = outcome ? "true" : "false" }
      if node.isHeld { reason = "held" }
      if reason.isEmpty || node.status == .failed {
        reason = last.map(Self.reason) ?? reason
      }
      if let wake = node.wakeTime, node.status == .waiting {
        reason = "until \(times.text(wake))" + (reason.isEmpty ? "" : " (\(reason))")
      }
      table.add([
        .init(node.name), .init(node.program ?? (node.isCondition ? "(condition)" : "")),
        .status(node.status.rawValue),
        .init(node.attemptsTotal == 0 ? "" : String(node.attemptsTotal)),
        .init(times.text(last?.started)), .init(last.flatMap { time($0, now) } ?? ""),
        .init(reason),
      ])
      guard node.attempts.count > 1 else { continue }
      for attempt in node.attempts {
        table.add([
          .init("  #\(attempt.number)", .dim), .init(attempt.cause.lowercased(), .dim),
          .status(attempt.status.rawValue), "", .init(times.text(attempt.started), .dim),
          .init(time(attempt, now) ?? "", .dim), .init(Self.reason(attempt), .dim),
        ])
      }
    }
    for hook in hooks {
      table.add([
        "(hook)", "", .status(hook.status.rawValue), .init("#\(hook.number)"),
        .init(times.text(hook.started)), .init(time(hook, now) ?? ""), .init(reason(hook)),
      ])
    }
    return table
  }

  private static func time(_ attempt: Attempt, _ now: Timestamp) -> String? {
    guard let started = attempt.started else { return nil }
    let end = attempt.ended ?? now
    return TimeText.duration(.milliseconds(max(0, end.milliseconds - started.milliseconds)))
  }

  /// The reason of an attempt with how its process ended.
  private static func reason(_ attempt: Attempt) -> String {
    guard let reason = attempt.reason else { return "" }
    switch attempt.exit {
    case .code(let code) where reason == "exit_nonzero": return "\(reason) (\(code))"
    case .signal(let number): return "\(reason) (signal \(number))"
    default: return reason
    }
  }
}
