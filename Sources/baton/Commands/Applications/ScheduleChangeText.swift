internal import BatonClient

/// Changes of schedules as JSON and as lines.
enum ScheduleChangeText {
  /// One change.
  static func json(_ change: ScheduleChange) -> JSONValue {
    var object = JSONObject()
    object.add("namespace", change.namespace)
    object.add("appId", change.application)
    object.add("name", change.name)
    object.add("change", change.change)
    object.add("text", change.text)
    return object.value
  }

  /// One change as a line; nil for one that changed nothing.
  static func line(_ change: ScheduleChange) -> String? {
    guard change.change != "UNCHANGED" else { return nil }
    let text = change.text.map { ": \($0)" } ?? ""
    return TextWidth.printable("schedule \(change.name) \(change.change.lowercased())\(text)")
  }
}
