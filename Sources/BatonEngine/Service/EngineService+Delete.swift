internal import BatonCore
internal import BatonExec
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Removes an application with all versions, runs, tokens and logs (G64).
  package func deleteApplication(
    _ request: Wire.DeleteApplicationRequest, _ call: UnaryCall<Wire.DeleteApplicationResponse>
  ) {
    respond(to: call) {
      let namespace = try RequestChecks.namespace(request.namespace)
      let name = try RequestChecks.required(request.application, "application")
      let repeatable = try RepeatableCall(request, in: namespace, call.context)
      return try await delete(namespace, name, repeatable)
    }
  }

  private func delete(
    _ namespace: String, _ name: String, _ repeatable: RepeatableCall?
  ) async throws -> Wire.DeleteApplicationResponse {
    let store = engine.store
    let listed = try await store.readAsync { try RunList($0, namespace, name) }
    let (answer, runs) = try await store.commit { writer in
      if let first = try repeatable?.firstAnswer(Wire.DeleteApplicationResponse.self, writer) {
        return (first, [RunID]())
      }
      let version = try writer.requireVersion(namespace, name, nil)
      // Those that came after the look; it is only a moment ago.
      let runs = try listed.ids + listed.newer(writer)
      try writer.deleteApplication(namespace: namespace, name: name)
      try writer.appendEvents([
        EventRecord(
          event: 0, time: writer.now, run: nil,
          workflow: WorkflowID(namespace: namespace, application: name, workflow: ""),
          version: version, change: .applicationDeleted)
      ])
      let response = Wire.DeleteApplicationResponse()
      try repeatable?.remember(response, writer)
      return (response, runs)
    }
    // From here on the work is done to its end, whoever waits for the answer.
    for run in runs { logs.removeRun(run) }
    try await store.purge()
    return answer
  }
}

/// The runs of an application, of which files are to be removed.
private struct RunList: Sendable {
  private(set) var ids: [RunID] = []
  private var query: RunQuery

  init(_ reader: any RunReads, _ namespace: String, _ application: String) throws {
    query = RunQuery(namespace: namespace, limit: 1000)
    query.application = application
    ids = try Self.ids(query, reader)
    // The newest is seen again; what came in its millisecond is not missed.
    query.since = try ids.first.flatMap { try reader.run($0)?.header.created }
  }

  /// Runs created since.
  func newer(_ reader: any RunReads) throws -> [RunID] {
    let known = Set(ids)
    return try Self.ids(query, reader).filter { !known.contains($0) }
  }

  private static func ids(_ query: RunQuery, _ reader: any RunReads) throws -> [RunID] {
    var ids: [RunID] = []
    var query = query
    repeat {
      let page = try reader.runPage(query)
      ids += page.runs.map(\.header.id)
      query.before = page.next
    } while query.before != nil
    return ids
  }
}
