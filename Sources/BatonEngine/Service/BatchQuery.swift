internal import BatonCore
internal import BatonStore
internal import BatonWire
internal import Logging

/// A BatchRuns request, checked as a whole (B1.4); its elements are judged one by one (B2.2).
struct BatchQuery: Sendable {
  /// Elements of one call.
  private static let maximumPrograms = 1000
  /// The sum of the limits of a unary call (B1.3).
  private static let maximumTotal = 5000
  /// The greatest limit of an element.
  private static let maximumLimit: Int32 = 100

  let programs: [Wire.BatchRunsProgram]
  private let namespace: String
  private let namespaceIsLegal: Bool
  private let statuses: Set<RunStatus>
  private let since: Timestamp?
  private let until: Timestamp?
  private let activeFirst: Bool

  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `status_invalid`, `time_range_invalid`,
  ///   `name_invalid`.
  init(_ request: Wire.BatchRunsRequest) throws(BatonError) {
    guard request.programs.count <= Self.maximumPrograms else {
      throw BatonError(
        .invalidArgument, "batch_too_large",
        "\(request.programs.count) programs, a call takes \(Self.maximumPrograms)",
        hint: "split the call")
    }
    programs = request.programs
    statuses = try RunFilters.statuses(request.statuses)
    (since, until) = try RunFilters.timeRange(request.since, request.until)
    activeFirst = request.activeFirst
    namespace = request.namespace.isEmpty ? "default" : request.namespace
    namespaceIsLegal = Name.isLegal(namespace)
    if !namespaceIsLegal, request.programs.contains(where: { $0.namespace.isEmpty }) {
      _ = try RequestChecks.namespace(request.namespace)
    }
  }

  /// - Throws: INVALID_ARGUMENT `batch_too_large` when a unary answer could pass a frame (B1.3).
  func checkTotal() throws(BatonError) {
    let total = programs.reduce(0) { sum, program in
      guard let limit = try? Self.limit(program) else { return sum }
      return sum + limit
    }
    guard total <= Self.maximumTotal else {
      throw BatonError(
        .invalidArgument, "batch_too_large",
        "the limits of the elements add up to \(total), a call answers \(Self.maximumTotal) runs",
        hint: "use StreamBatchRuns, or split the call")
    }
  }

  /// The answer of one element; what is wrong with it is said in it.
  func answer(
    _ program: Wire.BatchRunsProgram, _ reader: any StoreReader, _ engine: Engine
  ) -> Wire.BatchRunsResult {
    var result = Wire.BatchRunsResult()
    result.namespace = Self.clipped(program.namespace)
    result.appID = Self.clipped(program.appID)
    result.programID = Self.clipped(program.programID)
    let type = ProgramType(rawValue: program.programType.uppercased())
    result.programType = type?.rawValue ?? Self.clipped(program.programType)
    do {
      try fill(&result, program, type, reader, engine)
      result.statusCode = 200
    } catch let error as BatonError {
      result.statusCode = Self.statusCode(error.code)
      result.reason = error.reason.rawValue
      result.message = error.message
    } catch {
      engine.logger.error("batch element failed", metadata: ["error": "\(error)"])
      result.statusCode = 500
      result.reason = "internal"
      result.message = "this element could not be read; the server's log says why"
    }
    return result
  }

  private func fill(
    _ result: inout Wire.BatchRunsResult, _ program: Wire.BatchRunsProgram, _ type: ProgramType?,
    _ reader: any StoreReader, _ engine: Engine
  ) throws {
    let application = try RequestChecks.required(program.appID, "appId")
    let id = try RequestChecks.required(program.programID, "programId")
    let namespace =
      program.namespace.isEmpty
      ? namespace : try RequestChecks.required(program.namespace, "namespace")
    guard let type else {
      throw BatonError(
        .invalidArgument, "program_type_invalid",
        "programType `\(program.programType.prefix(64))` is unknown; known are "
          + ProgramType.allCases.map(\.rawValue).joined(separator: ", "))
    }
    let limit = try Self.limit(program)
    let cursorScope = [
      namespace, application, type.rawValue, id, "\(program.version)",
      statuses.map(\.word).sorted().joined(separator: ","), "\(since?.milliseconds ?? 0)",
      "\(until?.milliseconds ?? 0)",
    ].joined(separator: "/")
    let place = try cursor(program.cursor, cursorScope)
    let version = program.version == 0 ? nil : Int(program.version)
    try checkExists(namespace, application, type, id, version, reader, engine.catalog)
    if type == .workflow {
      try workflowRuns(
        &result, WorkflowID(namespace: namespace, application: application, workflow: id),
        version, limit, place, cursorScope, reader)
    } else {
      try programRuns(
        &result, namespace, application, ProgramReference(type: type, id: id), version, limit,
        place, cursorScope, reader)
    }
  }

  // MARK: - Runs

  private func workflowRuns(
    _ result: inout Wire.BatchRunsResult, _ workflow: WorkflowID, _ version: Int?, _ limit: Int,
    _ place: String?, _ scope: String, _ reader: any StoreReader
  ) throws {
    var query = RunQuery(namespace: workflow.namespace, limit: limit + 1)
    query.application = workflow.application
    query.workflow = workflow.workflow
    query.version = version
    query.statuses = statuses
    (query.since, query.until) = (since, until)
    if let place {
      guard let cursor = RunCursor(place) else { throw Self.cursorInvalid() }
      query.before = cursor
    }
    guard activeFirst else {
      let runs = try reader.runs(query)
      result.runs = runs.prefix(limit).map(Wire.RunRecord.init(short:))
      if runs.count > limit, let last = runs.prefix(limit).last {
        result.nextCursor = PageToken.encode(
          RunCursor(created: last.header.created, id: last.header.id).text, kind: "batch", scope)
      }
      return
    }
    let wanted = statuses.isEmpty ? Set(RunStatus.allCases) : statuses
    var runs: [RunRecord] = []
    for group in [wanted.filter(\.isActive), wanted.filter { !$0.isActive }]
    where !group.isEmpty && runs.count < limit {
      query.statuses = group
      query.limit = limit - runs.count
      runs += try reader.runs(query)
    }
    result.runs = runs.map(Wire.RunRecord.init(short:))
  }

  private func programRuns(
    _ result: inout Wire.BatchRunsResult, _ namespace: String, _ application: String,
    _ program: ProgramReference, _ version: Int?, _ limit: Int, _ place: String?, _ scope: String,
    _ reader: any StoreReader
  ) throws {
    var query = ProgramRunQuery(
      namespace: namespace, application: application, program: program, limit: limit + 1)
    query.version = version
    query.statuses = Set(statuses.compactMap(AttemptStatus.init(run:)))
    if !statuses.isEmpty, query.statuses.isEmpty { return }
    (query.since, query.until) = (since, until)
    if let place {
      guard let cursor = ProgramRunQuery.Cursor(place) else { throw Self.cursorInvalid() }
      query.before = cursor
    }
    if activeFirst {
      var runs: [ProgramRun] = []
      let wanted = query.statuses.isEmpty ? Set(AttemptStatus.allCases) : query.statuses
      for group in [wanted.filter { $0 == .running }, wanted.filter { $0 != .running }]
      where !group.isEmpty && runs.count < limit {
        query.statuses = group
        query.limit = limit - runs.count
        runs += try reader.programRuns(query)
      }
      result.runs = runs.map { Wire.RunRecord($0.attempt, version: $0.version) }
      return
    }
    let runs = try reader.programRuns(query)
    result.runs = runs.prefix(limit).map { Wire.RunRecord($0.attempt, version: $0.version) }
    if runs.count > limit, let last = runs.prefix(limit).last {
      let cursor = ProgramRunQuery.Cursor(started: last.attempt.started, id: last.attempt.id)
      result.nextCursor = PageToken.encode(cursor.text, kind: "batch", scope)
    }
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

  private func cursor(_ text: String, _ scope: String) throws(BatonError) -> String? {
    guard !text.isEmpty else { return nil }
    guard !activeFirst else { throw Self.cursorInvalid() }
    do {
      return try PageToken.decode(text, kind: "batch", scope)
    } catch {
      throw Self.cursorInvalid()
    }
  }

  private static func cursorInvalid() -> BatonError {
    BatonError(
      .invalidArgument, "cursor_invalid",
      "the cursor is not of this program, version, statuses, since and until")
  }

  /// A program exists when the version asked for, or the newest one, has it (B2.4).
  private func checkExists(
    _ namespace: String, _ application: String, _ type: ProgramType, _ id: String,
    _ version: Int?, _ reader: any StoreReader, _ catalog: ApplicationCatalog
  ) throws {
    guard try reader.newestVersion(namespace: namespace, name: application) != nil else {
      if try namespace != "default" && !reader.namespaceExists(namespace) {
        throw BatonError(.notFound, "namespace_not_found", "no namespace \(namespace)")
      }
      throw BatonError(
        .notFound, "app_not_found", "no application \(application) in \(namespace)")
    }
    let newest = try reader.requireVersion(namespace, application, version)
    for candidate in stride(from: newest, through: 1, by: -1) {
      let key = ApplicationVersionID(
        namespace: namespace, application: application, version: candidate)
      guard let model = try catalog.application(key, reader) else { continue }
      if model.has(type, id) {
        if candidate == newest { return }
        throw BatonError(
          .notFound, "program_retired",
          "version \(newest) of \(application) has no \(type.rawValue) \(id); version "
            + "\(candidate) had it: ask with version")
      }
      if version != nil { break }
    }
    throw BatonError(
      .notFound, "program_not_found", "\(application) has no \(type.rawValue) \(id)")
  }

  private static func clipped(_ text: String) -> String {
    guard text.utf8.count > 256 else { return text }
    var clipped = text
    while clipped.utf8.count > 256 { clipped.removeLast() }
    return clipped
  }

  /// The status of an element for a code (CT9).
  private static func statusCode(_ code: BatonError.Code) -> Int32 {
    switch code {
    case .invalidArgument: 400
    case .unauthenticated: 401
    case .permissionDenied: 403
    case .notFound: 404
    case .alreadyExists, .aborted, .failedPrecondition: 409
    case .resourceExhausted: 429
    case .unavailable: 503
    case .deadlineExceeded: 504
    default: 500
    }
  }
}

extension Application {
  /// Whether the version has a workflow, or a program of that type, under the id (B2.5).
  fileprivate func has(_ type: ProgramType, _ id: String) -> Bool {
    type == .workflow ? workflows[id] != nil : programs[id]?.type == type
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
