package import BatonClient

/// Answers of BatchRuns as JSON, byte for byte as in B7.2.
package enum BatchJSON {
  /// An answer; the namespace is shown only where the element named it.
  package static func value(_ element: BatchElement, namespace: String?) -> JSONValue {
    var object = JSONObject()
    object.add("namespace", namespace)
    object.add("appId", element.application)
    object.add("programType", element.programType)
    object.add("programId", element.program)
    object.add("statusCode", element.statusCode)
    guard element.statusCode == 200 else {
      object.add("reason", element.reason)
      object.add("message", element.message)
      return object.value
    }
    object.add("runs", .array(element.runs.map(run)))
    object.add("nextCursor", element.nextCursor)
    return object.value
  }

  /// The answer for an element that was not asked.
  package static func value(_ refusal: BatchRefusal) -> JSONValue {
    var object = JSONObject()
    object.add("namespace", refusal.namespace)
    object.add("appId", refusal.application)
    object.add("programType", refusal.programType)
    object.add("programId", refusal.program)
    object.add("statusCode", 400)
    object.add("reason", refusal.reason)
    object.add("message", refusal.message)
    return object.value
  }

  /// A run: whole seconds rounded down, and the milliseconds again (B4.1).
  private static func run(_ run: RunRecord) -> JSONValue {
    var object = JSONObject()
    object.add("runid", run.id)
    object.add("externalRunId", run.externalID)
    object.add("starting", seconds(run.created))
    object.add("start", run.started.map(seconds))
    object.add("suspend", run.suspended.map(seconds))
    object.add("resume", run.resumed.map(seconds))
    object.add("stopping", run.stopping.map(seconds))
    object.add("end", run.ended.map(seconds))
    object.add("startingMs", run.created.milliseconds)
    object.add("startMs", run.started?.milliseconds)
    object.add("endMs", run.ended?.milliseconds)
    object.add("status", run.status.rawValue)
    object.add("version", run.version)
    object.add("trigger", run.trigger)
    object.add("schedule", run.schedule)
    object.addUnlessZero("chainDepth", run.chainDepth)
    object.add("parentRunId", run.parentRunID)
    object.add("node", run.node)
    object.add("attempt", run.attempt)
    object.addUnlessZero("reruns", run.reruns)
    object.addUnlessZero("skips", run.skips)
    object.add("reason", run.reason)
    return object.value
  }

  private static func seconds(_ time: Timestamp) -> Int64 {
    let milliseconds = time.milliseconds
    return milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
  }
}
