package import BatonClient

/// Events of a run as JSON and as lines.
package enum EventText {
  /// One event, absent members left out.
  package static func json(_ event: RunEvent) -> JSONValue {
    var object = JSONObject()
    object.add("event", event.event)
    object.add("number", event.number)
    object.add("time", event.time.rfc3339)
    object.add("kind", event.kind.rawValue)
    object.add("runId", event.runID)
    object.add("node", event.node)
    object.add("attempt", event.attempt)
    object.add("item", event.item)
    object.add("itemAttempt", event.itemAttempt)
    object.add("from", event.from)
    object.add("to", event.to)
    object.add("reason", event.reason)
    object.add("cause", event.cause)
    object.add("revision", event.revision)
    if !event.names.isEmpty { object.add("names", .array(event.names.map { .string($0) })) }
    return object.value
  }

  /// One event as a line, `2026-01-31 09:00:00 CET  node parse  PENDING -> RUNNING`.
  package static func line(_ event: RunEvent, _ times: TimeText, on terminal: Terminal) -> String {
    var parts = [times.text(event.time), subject(event)]
    if let to = event.to {
      let styled = Style.status(to).apply(to, on: terminal)
      parts.append(event.from.map { "\($0) -> \(styled)" } ?? styled)
    }
    if let revision = event.revision {
      parts.append("revision \(revision): \(event.names.joined(separator: ", "))")
    }
    let causes = [event.reason, event.cause].compactMap(\.self).filter { $0 != "FIRST" }
    if !causes.isEmpty { parts.append("(\(causes.joined(separator: ", ")))") }
    return parts.joined(separator: "  ")
  }

  private static func subject(_ event: RunEvent) -> String {
    switch event.kind {
    case .run: return "run"
    case .environment: return "environment"
    default: break
    }
    let node = TextWidth.printable(event.node ?? "")
    var text = "\(event.kind == .node ? "node" : "attempt") \(node)"
    if let item = event.item { text += "[\(item)]" }
    if let attempt = event.itemAttempt ?? event.attempt { text += " #\(attempt)" }
    if event.kind == .lateAttempt { text += " late report" }
    return text
  }
}
