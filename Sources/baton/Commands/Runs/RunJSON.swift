package import BatonClient

/// Runs as JSON: the words of the contract in its order, absent members left out.
package enum RunJSON {
  /// A record, as in listings.
  package static func object(_ run: RunRecord) -> JSONObject {
    var object = JSONObject()
    object.add("runId", run.id)
    object.add("externalRunId", run.externalID)
    object.add("status", run.status.rawValue)
    object.add("version", run.version)
    object.add("created", run.created.rfc3339)
    object.add("started", run.started?.rfc3339)
    object.add("suspended", run.suspended?.rfc3339)
    object.add("resumed", run.resumed?.rfc3339)
    object.add("stopping", run.stopping?.rfc3339)
    object.add("ended", run.ended?.rfc3339)
    object.add("trigger", run.trigger)
    object.add("schedule", run.schedule)
    object.addUnlessZero("chainDepth", run.chainDepth)
    object.add("parentRunId", run.parentRunID)
    object.add("node", run.node)
    object.add("attempt", run.attempt)
    object.add("reason", run.reason)
    object.addUnlessZero("reruns", run.reruns)
    object.addUnlessZero("skips", run.skips)
    object.add("namespace", run.namespace)
    object.add("application", run.application)
    object.add("workflow", run.workflow)
    object.add("programType", run.programType)
    object.add("programId", run.programID)
    object.add("principal", run.principal)
    if !run.triggeringRunIDs.isEmpty {
      object.add("triggeringRunIds", .array(run.triggeringRunIDs.map { .string($0) }))
    }
    return object
  }

  /// Everything about a run, with its nodes and the attempts of its hooks.
  package static func value(
    _ run: RunDetails, nodes: [NodeState], hooks: [Attempt] = []
  ) -> JSONValue {
    var object = object(run.record)
    object.add("arguments", run.arguments)
    object.add("env", run.environment)
    object.add("envRevision", run.environmentRevision)
    object.add("conf", run.conf)
    if !run.confOnly.isEmpty {
      object.add("confOnly", .array(run.confOnly.map { .string($0) }))
    }
    if !run.warnings.isEmpty { object.add("warnings", .array(run.warnings.map(problem))) }
    if let failure = run.failure { object.add("failure", self.failure(failure)) }
    if !run.failures.isEmpty {
      object.add("failures", .array(run.failures.map(failure)))
      object.add("failuresTotal", run.failuresTotal)
    }
    if let error = run.finishError { object.add("finishError", failure(error)) }
    if !run.ends.isEmpty { object.add("ends", .array(run.ends.map(end))) }
    if let report = run.stopReport { object.add("stopReport", StopText.json(report)) }
    if let outputs = run.outputs {
      let bytes = Array(outputs.utf8)
      object.add("outputs", (try? JSONParser.parse(bytes)) ?? .string(outputs))
    }
    object.addUnlessZero("outputsBytes", run.outputsBytes)
    if !run.outputErrors.isEmpty {
      object.add("outputErrors", .array(run.outputErrors.map { .string($0) }))
    }
    object.add("nodes", .array(nodes.map(NodeJSON.value)))
    if !hooks.isEmpty { object.add("hooks", .array(hooks.map(NodeJSON.attempt))) }
    return object.value
  }

  private static func end(_ end: RunEnd) -> JSONValue {
    var object = JSONObject()
    object.add("number", end.number)
    object.add("status", end.status.rawValue)
    object.add("time", end.time.rfc3339)
    return object.value
  }

  /// A finding; line and column only where there is a file.
  package static func problem(_ problem: Problem) -> JSONValue {
    var object = JSONObject()
    object.add("path", problem.path)
    object.add("reason", problem.reason)
    object.add("text", problem.text)
    object.addUnlessZero("line", problem.line)
    object.addUnlessZero("column", problem.column)
    return object.value
  }

  /// A failure of a run.
  package static func failure(_ failure: RunFailure) -> JSONValue {
    var object = JSONObject()
    object.add("node", failure.node)
    object.add("attempt", failure.attempt)
    object.add("reason", failure.reason)
    object.add("message", failure.message)
    return object.value
  }
}
