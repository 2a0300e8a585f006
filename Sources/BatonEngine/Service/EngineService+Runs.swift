internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// The whole record of a run, or that of a program run (contract: run record).
  package func getRun(
    _ request: Wire.GetRunRequest, _ call: UnaryCall<Wire.GetRunResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      return try await engine.store.readAsync { reader in
        if let attempt = AttemptID(text: locator.runID) {
          return Wire.GetRunResponse(run: try reader.programRun(attempt, locator))
        }
        let run = try reader.run(locator)
        return Wire.GetRunResponse(
          run: Wire.RunRecord(listed: run), details: try Wire.RunDetails(run, reader))
      }
    }
  }

  /// Runs newest first (G62).
  package func listRuns(
    _ request: Wire.ListRunsRequest, _ call: UnaryCall<Wire.ListRunsResponse>
  ) {
    respond(to: call) {
      let empty = try PageFill<Wire.RunRecord>(size: request.pageSize)
      let filters = try RunFilters(request)
      let place = try PageToken.decode(request.pageToken, kind: "runs", filters.fingerprint)
      let catalog = engine.catalog
      return try await engine.store.readAsync { reader in
        let (runs, next) = try filters.runs(after: place, limit: empty.size, reader)
        if runs.isEmpty, next == nil { try catalog.checkExists(filters.query, reader) }
        var page = empty
        var response = Wire.ListRunsResponse()
        var end = next
        for (index, run) in runs.enumerated() where !page.admits(run.record) {
          end = runs[index - 1].place
          break
        }
        if let end {
          response.nextPageToken = PageToken.encode(end, kind: "runs", filters.fingerprint)
        }
        response.runs = page.elements
        return response
      }
    }
  }

  /// Events of a run in order, each once; ends OK after the end of the run.
  package func watchRun(
    _ request: Wire.WatchRunRequest, _ call: ServerStreamCall<Wire.RunEvent>
  ) {
    respond(to: call) { writer in
      let locator = try Self.locator(request.run)
      let run = try await engine.store.readAsync { try $0.run(locator) }.header.id
      // Subscribed before the first read, so that no change falls between.
      let changes = try engine.store.changes.changes(of: run)
      var wakes = changes.makeAsyncIterator()
      var last = Int(clamping: request.afterEvent)
      while true {
        let after = last
        let (events, hasEnded) = try await engine.store.readAsync { reader in
          let events = try reader.events(of: run, after: after, limit: 500)
          guard let record = try reader.run(run) else { throw locator.notFound }
          let newest = events.last?.event ?? after
          return (events, !record.state.status.isActive && newest >= record.state.lastEvent)
        }
        for event in events {
          try await writer.send(Wire.RunEvent(event))
          last = event.event
        }
        if hasEnded { return }
        if events.isEmpty, await wakes.next() == nil { throw Self.draining }
      }
    }
  }

  /// The answer to who waits when the server goes.
  static var draining: BatonError {
    BatonError(.unavailable, "draining", "the server is stopping")
  }
}

extension RunReads {
  /// The record of a program run that a call names (B4.2).
  ///
  /// - Throws: NOT_FOUND `run_not_found`.
  fileprivate func programRun(_ id: AttemptID, _ locator: RunLocator) throws -> Wire.RunRecord {
    guard let run = try run(id.run), locator.matches(run.header.workflow),
      let attempt = try attempt(id), attempt.program != nil
    else { throw locator.notFound }
    return Wire.RunRecord(attempt, listedOf: run)
  }
}

extension AttemptID {
  /// The id written as `RUN:NODE:ATTEMPT`; nil: the text is none.
  fileprivate init?(text: String) {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 3, let run = RunID(String(parts[0])), let attempt = Int(parts[2]),
      attempt > 0, "\(attempt)" == parts[2]
    else { return nil }
    self.init(run: run, node: String(parts[1]), attempt: attempt)
  }
}

extension ApplicationCatalog {
  /// Tells a list without runs from one of a namespace, application or workflow that is not there.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `workflow_not_found`.
  func checkExists(_ query: RunQuery, _ reader: any StoreReader) throws {
    guard let application = query.application else {
      return try reader.requireNamespace(query.namespace)
    }
    let version = try reader.requireVersion(query.namespace, application, nil)
    guard let workflow = query.workflow else { return }
    let id = WorkflowID(
      namespace: query.namespace, application: application, workflow: workflow)
    guard try plan(id, version: version, reader) != nil else {
      throw ApplicationErrors.workflowNotFound(id)
    }
  }
}
