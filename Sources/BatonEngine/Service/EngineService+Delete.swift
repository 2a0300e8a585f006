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
    while true {
      let listed = try await engine.store.readAsync { try RunList($0, namespace, name) }
      do {
        return try await delete(namespace, name, listed, repeatable)
      } catch is RunsHaveEnded {}
    }
  }

  /// The runs that were active at the look have ended since.
  private struct RunsHaveEnded: Error {}

  // `listed` has the runs as they were; nil: some were active.
  private func delete(
    _ namespace: String, _ name: String, _ listed: RunList?, _ repeatable: RepeatableCall?
  ) async throws -> Wire.DeleteApplicationResponse {
    let store = engine.store
    let (answer, runs) = try await store.commit { writer in
      if let first = try repeatable?.firstAnswer(Wire.DeleteApplicationResponse.self, writer) {
        return (first, [RunID]())
      }
      let version = try writer.requireVersion(namespace, name, nil)
      try writer.deleteApplication(namespace: namespace, name: name)
      guard let listed else { throw RunsHaveEnded() }
      // Those that came after the look; it is only a moment ago.
      let runs = try listed.ids + listed.newer(writer)
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

  /// Nil: some are active, so that the application cannot be deleted.
  init?(_ reader: any RunReads, _ namespace: String, _ application: String) throws {
    query = RunQuery(namespace: namespace, limit: 1)
    query.application = application
    query.statuses = Set(RunStatus.allCases.filter(\.isActive))
    guard try reader.runPage(query).runs.isEmpty else { return nil }
    query.statuses = []
    query.limit = 1000
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
