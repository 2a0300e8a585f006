internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// The whole record of a run (contract: run record).
  package func getRun(
    _ request: Wire.GetRunRequest, _ call: UnaryCall<Wire.GetRunResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      return try await engine.store.readAsync { reader in
        let run = try reader.run(locator)
        return Wire.GetRunResponse(
          run: Wire.RunRecord(listed: run), details: Wire.RunDetails(run))
      }
    }
  }

  /// Runs newest first (G62).
  package func listRuns(
    _ request: Wire.ListRunsRequest, _ call: UnaryCall<Wire.ListRunsResponse>
  ) {
    respond(to: call) {
      let size = try PageSize.checked(request.pageSize)
      var query = try RunFilters.query(request)
      let fingerprint = RunFilters.fingerprint(request, query)
      if let place = try PageToken.decode(request.pageToken, kind: "runs", fingerprint) {
        guard let cursor = RunCursor(place) else { throw PlaceToken.invalid }
        query.before = cursor
      }
      query.limit = size
      let finalQuery = query
      let catalog = engine.catalog
      let page = try await engine.store.readAsync { reader in
        let page = try reader.runPage(finalQuery)
        if page.runs.isEmpty { try catalog.checkExists(finalQuery, reader) }
        return page
      }
      var response = Wire.ListRunsResponse(runs: page.runs.map(Wire.RunRecord.init(listed:)))
      if let next = page.next {
        response.nextPageToken = PageToken.encode(next.text, kind: "runs", fingerprint)
      }
      return response
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
        if events.isEmpty, await wakes.next() == nil {
          throw BatonError(.unavailable, "draining", "the server is stopping")
        }
      }
    }
  }
}

/// The filters of ListRuns (G62).
enum RunFilters {
  /// - Throws: INVALID_ARGUMENT `name_invalid`, `status_invalid`, `filter_invalid`,
  ///   `time_range_invalid`, `run_id_invalid`.
  static func query(_ request: Wire.ListRunsRequest) throws(BatonError) -> RunQuery {
    var query = RunQuery(namespace: try RequestChecks.namespace(request.namespace), limit: 0)
    query.application = try optionalName(request.application, "application")
    query.workflow = try optionalName(request.workflow, "workflow")
    query.version = request.version == 0 ? nil : Int(request.version)
    query.statuses = try statuses(request.statuses)
    (query.since, query.until) = try timeRange(request.since, request.until)
    query.trigger = try trigger(request.trigger)
    query.parent = try runID(request.parentRunID)
    query.externalID = request.externalRunID.isEmpty ? nil : request.externalRunID
    query.idPrefix = try idPrefix(request.runIDPrefix)
    guard request.triggeringRunID.isEmpty else {
      throw BatonError(
        .invalidArgument, "filter_invalid",
        "triggering_run_id is not available in this version")
    }
    return query
  }

  /// Run statuses by their words, with ACTIVE and ENDED.
  ///
  /// - Throws: INVALID_ARGUMENT `status_invalid`.
  static func statuses(_ words: [String]) throws(BatonError) -> Set<RunStatus> {
    let isActive = words.contains { $0.uppercased() == "ACTIVE" }
    let isEnded = words.contains { $0.uppercased() == "ENDED" }
    let others = words.filter { !["ACTIVE", "ENDED"].contains($0.uppercased()) }
    do {
      let named = try runStatuses(others)
      return named.union(RunStatus.allCases.filter { $0.isActive ? isActive : isEnded })
    } catch {
      var error = error
      error.hint? += ", ACTIVE, ENDED"
      throw error
    }
  }

  /// Run statuses by their words alone.
  ///
  /// - Throws: INVALID_ARGUMENT `status_invalid`.
  static func runStatuses(_ words: [String]) throws(BatonError) -> Set<RunStatus> {
    var statuses: Set<RunStatus> = []
    for word in words {
      guard let status = RunStatus(word: word) else {
        throw BatonError(
          .invalidArgument, "status_invalid", "`\(word.prefix(64))` is no run status",
          hint: "statuses: " + RunStatus.allCases.map(\.word).joined(separator: ", "))
      }
      statuses.insert(status)
    }
    return statuses
  }

  /// A half-open range of creation times; 0 is open.
  ///
  /// - Throws: INVALID_ARGUMENT `time_range_invalid`.
  static func timeRange(
    _ since: Int64, _ until: Int64
  ) throws(BatonError) -> (Timestamp?, Timestamp?) {
    guard since == 0 || until == 0 || since <= until else {
      throw BatonError(
        .invalidArgument, "time_range_invalid", "since \(since) is later than until \(until)")
    }
    return (
      since == 0 ? nil : Timestamp(milliseconds: since),
      until == 0 ? nil : Timestamp(milliseconds: until)
    )
  }

  /// The filters as text, to which a page token is bound.
  static func fingerprint(_ request: Wire.ListRunsRequest, _ query: RunQuery) -> String {
    var bare = request
    bare.pageSize = 0
    bare.pageToken = ""
    bare.statuses = query.statuses.map(\.word).sorted()
    return "\(bare)"
  }

  private static func optionalName(
    _ text: String, _ field: String
  ) throws(BatonError) -> String? {
    text.isEmpty ? nil : try RequestChecks.required(text, field)
  }

  private static func trigger(_ trigger: Wire.RunTrigger) throws(BatonError) -> TriggerKind? {
    switch trigger {
    case .unspecified: nil
    case .manual: .manual
    case .schedule: .schedule
    case .parent: .parent
    default:
      throw BatonError(
        .invalidArgument, "filter_invalid", "trigger \(trigger.rawValue) is unknown")
    }
  }

  private static func runID(_ text: String) throws(BatonError) -> RunID? {
    guard !text.isEmpty else { return nil }
    guard let id = RunID(text) else {
      throw BatonError(.invalidArgument, "run_id_invalid", "`\(text.prefix(64))` is not a run id")
    }
    return id
  }

  private static func idPrefix(_ text: String) throws(BatonError) -> String? {
    guard !text.isEmpty else { return nil }
    let isLegal =
      (8...36).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "f"),
          UInt8(ascii: "A")...UInt8(ascii: "F"), UInt8(ascii: "-"):
          true
        default: false
        }
      }
    guard isLegal else {
      throw BatonError(
        .invalidArgument, "filter_invalid",
        "run_id_prefix needs 8 to 36 of the characters of a run id")
    }
    return text.lowercased()
  }
}

extension RunCursor {
  /// The place as text of page tokens and cursors.
  var text: String { "\(created.milliseconds)/\(id)" }

  /// The place written as text; nil: it is none.
  init?(_ text: String) {
    let parts = text.split(separator: "/", maxSplits: 1)
    guard parts.count == 2, let milliseconds = Int64(parts[0]), let id = RunID(String(parts[1]))
    else { return nil }
    self.init(created: Timestamp(milliseconds: milliseconds), id: id)
  }
}

extension ApplicationCatalog {
  /// Tells a list without runs from one of an application or workflow that is not there.
  ///
  /// - Throws: NOT_FOUND `app_not_found`, `workflow_not_found`.
  fileprivate func checkExists(_ query: RunQuery, _ reader: any StoreReader) throws {
    guard let application = query.application else { return }
    let version = try reader.requireVersion(query.namespace, application, nil)
    guard let workflow = query.workflow else { return }
    let id = WorkflowID(
      namespace: query.namespace, application: application, workflow: workflow)
    guard try plan(id, version: version, reader) != nil else {
      throw ApplicationErrors.workflowNotFound(id)
    }
  }
}
