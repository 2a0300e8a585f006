internal import BatonCore
internal import BatonStore
internal import BatonWire

/// Which runs ListRuns shows (G62).
struct RunFilters: Sendable {
  /// A run of a list and its place in it.
  typealias Listed = (record: Wire.RunRecord, place: String)

  private(set) var query: RunQuery
  /// The filters as text, to which a page token is bound.
  let fingerprint: String
  /// Whether only runs that some run launched through schedules are asked for.
  private let isLaunched: Bool
  /// Child runs of one run that a list goes through: attempts of one node, times items.
  private static let maximumChildren = 1_000_000

  /// - Throws: INVALID_ARGUMENT `name_invalid`, `status_invalid`, `filter_invalid`,
  ///   `time_range_invalid`, `run_id_invalid`.
  init(_ request: Wire.ListRunsRequest) throws(BatonError) {
    query = RunQuery(namespace: try RequestChecks.namespace(request.namespace), limit: 0)
    query.application = try RequestChecks.optional(request.application, "application")
    query.workflow = try RequestChecks.optional(request.workflow, "workflow")
    guard query.workflow == nil || query.application != nil else {
      throw BatonError(
        .invalidArgument, "filter_invalid", "workflow is given without its application")
    }
    query.version = request.version == 0 ? nil : Int(request.version)
    query.statuses = try Self.statuses(request.statuses)
    (query.since, query.until) = try Self.timeRange(request.since, request.until)
    query.trigger = try Self.trigger(request.trigger)
    query.parent = try Self.runID(request.parentRunID, "parent_run_id")
    query.externalID = request.externalRunID.isEmpty ? nil : request.externalRunID
    query.idPrefix = try Self.idPrefix(request.runIDPrefix)
    isLaunched = try Self.runID(request.triggeringRunID, "triggering_run_id") != nil
    var filters = request
    filters.pageSize = 0
    filters.pageToken = ""
    filters.statuses = query.statuses.map(\.word).sorted()
    fingerprint = "\(filters)"
  }

  /// The runs behind a place, newest first, and the place behind them if there may be more.
  ///
  /// - Throws: INVALID_ARGUMENT `page_token_invalid` when the place is none of this list.
  func runs(
    after place: String?, limit: Int, _ reader: any RunReads
  ) throws -> (runs: [Listed], next: String?) {
    // Nothing in this version launches runs because of others.
    if isLaunched { return ([], nil) }
    if let parent = query.parent {
      let below = try programRuns(of: parent, reader) + childRuns(reader)
      let runs = below.filter { (listed: Listed) in place.map { listed.place < $0 } ?? true }
        .sorted { $0.place > $1.place }
      return (Array(runs.prefix(limit)), runs.count > limit ? runs[limit - 1].place : nil)
    }
    var query = query
    query.limit = limit
    if let place {
      guard let cursor = RunCursor(place) else { throw PlaceToken.invalid }
      query.before = cursor
    }
    let page = try reader.runPage(query)
    let runs = page.runs.map { run in
      (
        Wire.RunRecord(listed: run),
        RunCursor(created: run.header.created, id: run.header.id).text
      )
    }
    return (runs, page.next?.text)
  }

  /// The runs that attempts of a run have made.
  private func childRuns(_ reader: any RunReads) throws -> [Listed] {
    var query = query
    query.limit = Self.maximumChildren
    return try reader.runs(query).map { run in
      (
        Wire.RunRecord(listed: run),
        Self.place(run.header.created, run.header.id.description)
      )
    }
  }

  /// A place behind which earlier runs are, and at the same time those of lesser ids: times have
  /// the same number of digits.
  private static func place(_ time: Timestamp, _ id: String) -> String {
    let digits = String(time.milliseconds)
    return String(repeating: "0", count: max(0, 19 - digits.utf8.count)) + digits + "/" + id
  }

  /// The program runs of a workflow run (B4.2); a node of type WORKFLOW has child runs instead.
  private func programRuns(of parent: RunID, _ reader: any RunReads) throws -> [Listed] {
    guard let run = try reader.run(parent), hasPlace(run) else { return [] }
    return try reader.attempts(of: parent, node: nil).filter(shows)
      .map {
        (Wire.RunRecord($0, listedOf: run), Self.place($0.started, $0.id.description))
      }
  }

  /// Whether the filters of runs leave room for program runs of a run.
  private func hasPlace(_ run: RunRecord) -> Bool {
    let workflow = run.header.workflow
    return workflow.namespace == query.namespace
      && [nil, workflow.application].contains(query.application)
      && [nil, workflow.workflow].contains(query.workflow)
      && [nil, run.header.version].contains(query.version)
      && [nil, .parent].contains(query.trigger) && query.externalID == nil
  }

  private func shows(_ attempt: AttemptRecord) -> Bool {
    attempt.program != nil && attempt.child == nil
      && (query.statuses.isEmpty || query.statuses.contains(RunStatus(attempt.status)))
      && attempt.started >= query.since ?? attempt.started
      && (query.until.map { attempt.started < $0 } ?? true)
      && (query.idPrefix.map { attempt.id.description.hasPrefix($0) } ?? true)
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

  private static func runID(_ text: String, _ field: String) throws(BatonError) -> RunID? {
    guard !text.isEmpty else { return nil }
    guard let id = RunID(text) else {
      throw BatonError(
        .invalidArgument, "run_id_invalid", "\(field) `\(text.prefix(64))` is not a run id")
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

extension RunStatus {
  /// The status of a program run, which is that of its attempt (B4.3).
  init(_ status: AttemptStatus) {
    self =
      switch status {
      case .running: .running
      case .completed: .completed
      case .failed: .failed
      case .killed: .killed
      }
  }
}
