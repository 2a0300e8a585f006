package import BatonClient

/// Token reads as JSON, byte for byte as in T59.
package enum TokenJSON {
  /// One entry with everything about it, for get.
  package static func entry(_ entry: TokenEntry) -> JSONValue {
    var object = JSONObject()
    object.add("key", entry.key)
    object.add("scope", entry.scope.word)
    object.add("nodeName", entry.node)
    object.add("attempt", entry.attempt)
    object.add("attemptStatus", entry.attemptStatus?.rawValue)
    object.add("value", entry.value)
    object.add("seq", entry.seq)
    object.add("time", entry.time.rfc3339)
    return object.value
  }

  /// Keys with the entries of every node, for list and all.
  package static func map(_ keys: [TokenKey], detail: Bool) -> JSONValue {
    let members = keys.map { key in
      JSONValue.Member(
        key.key,
        .array(
          key.entries.map { entry in
            var object = JSONObject()
            object.add("nodeName", entry.node)
            object.add("value", entry.value)
            if detail { addDetail(entry, to: &object) }
            return object.value
          }))
    }
    return .object([.init("tokenValueMap", .object(members))])
  }

  /// The entries of one node, in the order in which they were put.
  package static func node(_ entries: [TokenEntry], detail: Bool) -> JSONValue {
    .object(
      entries.map { entry in
        guard detail else { return .init(entry.key, .string(entry.value)) }
        var object = JSONObject()
        object.add("value", entry.value)
        addDetail(entry, to: &object)
        return .init(entry.key, object.value)
      })
  }

  /// One put, for history and watch.
  ///
  /// - Parameters:
  ///   - entry: The put.
  ///   - current: Whether it is an entry of the run's view; nil: not said.
  /// - Returns: The object of T59.
  package static func put(_ entry: TokenEntry, current: Bool?) -> JSONValue {
    var object = JSONObject()
    object.add("seq", entry.seq)
    object.add("scope", entry.scope.word)
    object.add("key", entry.key)
    object.add("nodeName", entry.node)
    object.add("attempt", entry.attempt)
    object.add("value", entry.value)
    object.add("time", entry.time.rfc3339)
    object.add("attemptStatus", entry.attemptStatus?.rawValue)
    if let current { object.add("current", .bool(current)) }
    return object.value
  }

  /// The answer of a query over runs.
  package static func query(
    _ query: TokenQuery, _ answer: TokenQueryAnswer, detail: Bool = false
  ) -> JSONValue {
    var object = JSONObject()
    object.add("key", query.key)
    object.add("scope", query.scope.word)
    object.add("runsExamined", answer.runsExamined)
    object.add("runs", .array(answer.runs.map { run($0, detail: detail) }))
    object.add(
      "byNode",
      .array(
        answer.byNode.map { node in
          var object = JSONObject()
          object.add("nodeName", node.node)
          object.add("runs", node.runs)
          object.add("lastRunId", node.lastRunID)
          return object.value
        }))
    return object.value
  }

  private static func run(
    _ run: TokenQueryAnswer.ExaminedRun, detail: Bool
  ) -> JSONValue {
    var object = JSONObject()
    object.add("runId", run.runID)
    object.add("version", run.version)
    object.add("status", run.status.rawValue)
    object.add("created", run.created.rfc3339)
    object.add(
      "entries",
      .array(
        run.entries.map { entry in
          var object = JSONObject()
          object.add("nodeName", entry.node)
          object.add("value", entry.value)
          if detail { addDetail(entry, to: &object) }
          return object.value
        }))
    return object.value
  }

  private static func addDetail(_ entry: TokenEntry, to object: inout JSONObject) {
    object.add("attempt", entry.attempt)
    object.add("attemptStatus", entry.attemptStatus?.rawValue)
    object.add("seq", entry.seq)
    object.add("time", entry.time.rfc3339)
  }
}
