internal import BatonCore
internal import BatonStore
internal import BatonWire

/// One element of a BatchRuns request whose form is right.
struct BatchElement: Sendable {
  /// The greatest limit of an element.
  private static let maximumLimit: Int32 = 100

  /// What holds for all elements of a call.
  struct Filters: Sendable {
    /// For elements that name none.
    var namespace: String
    var statuses: Set<RunStatus>
    var since: Timestamp?
    var until: Timestamp?
    var activeFirst: Bool
  }

  private enum Place: Sendable {
    case run(RunCursor)
    case programRun(ProgramRunQuery.Cursor)
  }

  /// The most runs of the answer.
  let limit: Int
  private let program: BatchProgram
  private let after: Place?
  /// What a cursor is bound to (B3.4).
  private let scope: [String]

  /// Checks the form of an element, in the order of B2.2.
  ///
  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `program_type_invalid`,
  ///   `limit_invalid`, `cursor_invalid`.
  init(_ asked: Wire.BatchRunsProgram, _ filters: Filters) throws(BatonError) {
    program = try BatchProgram(asked, namespace: filters.namespace)
    limit = try Self.limit(asked)
    scope = [
      "batch", program.namespace, program.application, program.type.rawValue, program.id,
      "\(asked.version)", filters.statuses.map(\.word).sorted().joined(separator: ","),
      "\(filters.since?.milliseconds ?? 0)", "\(filters.until?.milliseconds ?? 0)",
    ]
    after = try Self.place(asked.cursor, of: program.type, scope, filters)
  }

  /// Fills in the runs of the element from one snapshot.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `version_not_found`,
  ///   `program_not_found`, `program_retired`; what the store throws.
  func fill(
    _ result: inout Wire.BatchRunsResult, _ filters: Filters, _ reader: any StoreReader,
    _ catalog: ApplicationCatalog
  ) throws {
    try program.checkExists(reader, catalog)
    if program.type == .workflow {
      try fillWorkflowRuns(&result, filters, reader)
    } else {
      try fillProgramRuns(&result, filters, reader)
    }
  }

  // MARK: - Runs

  private func fillWorkflowRuns(
    _ result: inout Wire.BatchRunsResult, _ filters: Filters, _ reader: any StoreReader
  ) throws {
    var query = RunQuery(namespace: program.namespace, limit: limit + 1)
    query.application = program.application
    query.workflow = program.id
    query.version = program.version
    query.statuses = filters.statuses
    (query.since, query.until) = (filters.since, filters.until)
    if case .run(let cursor)? = after { query.before = cursor }
    guard filters.activeFirst else {
      let runs = try reader.runs(query)
      result.runs = runs.prefix(limit).map(Wire.RunRecord.init(short:))
      if runs.count > limit, let last = runs.prefix(limit).last {
        let cursor = RunCursor(created: last.header.created, id: last.header.id)
        result.nextCursor = PlaceToken.text(Array(cursor.text.utf8), of: scope)
      }
      return
    }
    let wanted = filters.statuses.isEmpty ? Set(RunStatus.allCases) : filters.statuses
    var runs: [RunRecord] = []
    for group in [wanted.filter(\.isActive), wanted.filter { !$0.isActive }]
    where !group.isEmpty && runs.count < limit {
      query.statuses = group
      query.limit = limit - runs.count
      runs += try reader.runs(query)
    }
    result.runs = runs.map(Wire.RunRecord.init(short:))
  }

  private func fillProgramRuns(
    _ result: inout Wire.BatchRunsResult, _ filters: Filters, _ reader: any StoreReader
  ) throws {
    var query = ProgramRunQuery(
      namespace: program.namespace, application: program.application,
      program: ProgramReference(type: program.type, id: program.id), limit: limit + 1)
    query.version = program.version
    query.statuses = Set(filters.statuses.compactMap(AttemptStatus.init(run:)))
    if !filters.statuses.isEmpty, query.statuses.isEmpty { return }
    (query.since, query.until) = (filters.since, filters.until)
    if case .programRun(let cursor)? = after { query.before = cursor }
    guard filters.activeFirst else {
      let runs = try reader.programRuns(query)
      result.runs = runs.prefix(limit).map { Wire.RunRecord($0.attempt, version: $0.version) }
      if runs.count > limit, let last = runs.prefix(limit).last {
        let cursor = ProgramRunQuery.Cursor(started: last.attempt.started, id: last.attempt.id)
        result.nextCursor = PlaceToken.text(Array(cursor.text.utf8), of: scope)
      }
      return
    }
    let wanted = query.statuses.isEmpty ? Set(AttemptStatus.allCases) : query.statuses
    var runs: [ProgramRun] = []
    for group in [wanted.filter { $0 == .running }, wanted.filter { $0 != .running }]
    where !group.isEmpty && runs.count < limit {
      query.statuses = group
      query.limit = limit - runs.count
      runs += try reader.programRuns(query)
    }
    result.runs = runs.map { Wire.RunRecord($0.attempt, version: $0.version) }
  }

  // MARK: - Checks

  private static func limit(_ program: Wire.BatchRunsProgram) throws(BatonError) -> Int {
    guard let limit = program.limit else { return 1 }
    guard (1...maximumLimit).contains(limit) else {
      throw BatonError(
        .invalidArgument, "limit_invalid", "limit is \(limit), it must be 1 to \(maximumLimit)")
    }
    return Int(limit)
  }

  private static func place(
    _ text: String, of type: ProgramType, _ scope: [String], _ filters: Filters
  ) throws(BatonError) -> Place? {
    guard !text.isEmpty else { return nil }
    if !filters.activeFirst,
      let bytes = (try? PlaceToken.place(text, of: scope)) ?? nil,
      let place = String(validating: bytes, as: UTF8.self)
    {
      if type == .workflow, let cursor = RunCursor(place) { return .run(cursor) }
      if type != .workflow, let cursor = ProgramRunQuery.Cursor(place) {
        return .programRun(cursor)
      }
    }
    throw BatonError(
      .invalidArgument, "cursor_invalid",
      "the cursor is not of this program, version, statuses, since and until")
  }
}

extension AttemptStatus {
  /// The status of program runs that a run status asks for; nil: they never have it (B4.3).
  fileprivate init?(run status: RunStatus) {
    switch status {
    case .running: self = .running
    case .completed: self = .completed
    case .failed: self = .failed
    case .killed: self = .killed
    default: return nil
    }
  }
}

extension ProgramRunQuery.Cursor {
  fileprivate var text: String { "\(started.milliseconds)/\(id.run)/\(id.node)/\(id.attempt)" }

  fileprivate init?(_ text: String) {
    let parts = text.split(separator: "/")
    guard parts.count == 4, let milliseconds = Int64(parts[0]), let run = RunID(String(parts[1])),
      let attempt = Int(parts[3])
    else { return nil }
    self.init(
      started: Timestamp(milliseconds: milliseconds),
      id: AttemptID(run: run, node: String(parts[2]), attempt: attempt))
  }
}
