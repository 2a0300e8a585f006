package import BatonClient

/// Nodes and their attempts as JSON, absent members left out.
package enum NodeJSON {
  /// A node.
  package static func value(_ node: NodeState) -> JSONValue {
    var object = JSONObject()
    object.add("node", node.name)
    object.add("program", node.program)
    object.add("programType", node.programType)
    if node.isCondition { object.add("condition", true) }
    object.add("status", node.status.rawValue)
    object.add("reason", node.reason)
    if let outcome = node.outcome { object.add("outcome", .bool(outcome)) }
    object.add("attemptsTotal", node.attemptsTotal)
    if !node.attempts.isEmpty { object.add("attempts", .array(node.attempts.map(attempt))) }
    if node.isObsolete { object.add("obsolete", true) }
    if node.isHeld { object.add("held", true) }
    object.add("wakeTime", node.wakeTime?.rfc3339)
    return object.value
  }

  /// An attempt.
  package static func attempt(_ attempt: Attempt) -> JSONValue {
    var object = JSONObject()
    object.add("attempt", attempt.number)
    object.add("cause", attempt.cause)
    object.add("status", attempt.status.rawValue)
    object.add("reason", attempt.reason)
    object.add("message", attempt.message)
    object.addUnlessZero("envRevision", attempt.environmentRevision)
    object.add("started", attempt.started?.rfc3339)
    object.add("ended", attempt.ended?.rfc3339)
    switch attempt.exit {
    case .code(let code): object.add("exitCode", code)
    case .signal(let number): object.add("signal", number)
    case nil: break
    }
    object.add("host", attempt.host)
    if let outcome = attempt.outcome { object.add("outcome", .bool(outcome)) }
    object.add("childRunId", attempt.childRunID)
    object.addUnlessZero("leftoverKilled", attempt.leftoverKilled)
    if !attempt.survivors.isEmpty {
      object.add("survivors", .array(attempt.survivors.map(StopText.survivor)))
    }
    if !attempt.limitsUnenforced.isEmpty {
      object.add("limitsUnenforced", .array(attempt.limitsUnenforced.map { .string($0) }))
    }
    object.add("progress", attempt.progress)
    return object.value
  }
}
