package import BatonClient

/// The environment of a run, its changes and its revisions, as lines and as JSON.
package enum EnvText {
  // MARK: - The environment

  static func show(_ record: RunEnvironmentRecord, _ session: Session) {
    if session.json { return session.console.json(json(record)) }
    session.console.lines(lines(record))
  }

  /// `NAME=VALUE` for each entry; a comment line with the revision goes before.
  package static func lines(_ record: RunEnvironmentRecord) -> [String] {
    ["# revision \(record.revision)"]
      + record.entries.map { TextWidth.printable("\($0.name)=\($0.value)") }
  }

  /// The environment as JSON.
  package static func json(_ record: RunEnvironmentRecord) -> JSONValue {
    var object = JSONObject()
    object.add("revision", record.revision)
    object.add(
      "entries",
      .array(
        record.entries.map { entry in
          var object = JSONObject()
          object.add("name", entry.name)
          object.add("value", entry.value)
          if entry.isSecret { object.add("secret", .bool(true)) }
          object.add("setIn", entry.setIn)
          return object.value
        }))
    return object.value
  }

  // MARK: - Changes

  static func show(_ revision: Int, _ edits: [EnvironmentEdit], _ session: Session) {
    if session.json {
      var object = JSONObject()
      object.add("envRevision", revision)
      object.add("changes", .array(edits.map(json)))
      return session.console.json(object.value)
    }
    if edits.isEmpty {
      session.console.line("nothing changed: the environment is at revision \(revision)")
    } else {
      session.console.line("environment is now at revision \(revision)")
      session.console.lines(edits.map { "  " + line($0) })
    }
  }

  /// `set API_URL: https://old → https://new`, `unset K: 1`.
  package static func line(_ edit: EnvironmentEdit) -> String {
    let values: String
    switch (edit.old, edit.new) {
    case (let old?, let new?): values = "\(old) → \(new)"
    case (nil, let new?): values = new
    case (let old?, nil): values = old
    case (nil, nil): values = ""
    }
    let verb = edit.new == nil ? "unset" : "set"
    return TextWidth.printable("\(verb) \(edit.name): \(values)")
  }

  /// A change as JSON, in the words of the contract.
  package static func json(_ edit: EnvironmentEdit) -> JSONValue {
    var object = JSONObject()
    object.add("name", edit.name)
    object.add("op", edit.new == nil ? "UNSET" : "SET")
    object.add("old", edit.old)
    object.add("new", edit.new)
    if edit.isSecret { object.add("secret", .bool(true)) }
    return object.value
  }

  // MARK: - Revisions

  static func show(_ revisions: [EnvironmentRevision], _ session: Session) {
    if session.json { return session.console.json(.array(revisions.map(json))) }
    for revision in revisions {
      session.console.lines(lines(revision, session.times.text(revision.time)))
    }
  }

  /// A line for the revision, and one for each change.
  package static func lines(_ revision: EnvironmentRevision, _ time: String) -> [String] {
    let principal = revision.principal.isEmpty ? "" : " by \(revision.principal)"
    let note = revision.note.map { ": \($0)" } ?? ""
    let head = "revision \(revision.number)  \(time)  \(revision.call)\(principal)\(note)"
    return [TextWidth.printable(head)] + revision.edits.map { "  " + line($0) }
  }

  private static func json(_ revision: EnvironmentRevision) -> JSONValue {
    var object = JSONObject()
    object.add("number", revision.number)
    object.add("time", revision.time?.rfc3339)
    object.add("principal", revision.principal)
    object.add("requestId", revision.requestID)
    object.add("call", revision.call)
    object.add("runId", revision.runID)
    object.add("note", revision.note)
    object.add("changes", .array(revision.edits.map(json)))
    return object.value
  }
}
