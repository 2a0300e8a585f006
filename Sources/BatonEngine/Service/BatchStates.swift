internal import BatonCore
internal import BatonStore
internal import BatonWire

/// A BatchStatus request, checked as a whole; its elements are judged one by one (B6.1).
struct BatchStates: Sendable {
  /// Runs that are read at a time where they have to be counted one by one.
  private static let chunk = 1000

  private let elements: [Wire.BatchStatusProgram]
  private let namespace: String

  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `name_invalid`.
  init(_ request: Wire.BatchStatusRequest) throws(BatonError) {
    namespace = try BatchCall.namespace(request.namespace, for: request.programs)
    elements = request.programs
  }

  /// The answers of all elements, in their order, from one snapshot.
  ///
  /// - Throws: `CancellationError`, UNAVAILABLE.
  func answers(
    _ reader: any StoreReader, _ engine: Engine, _ context: any ServerContext
  ) throws -> [Wire.BatchStatusResult] {
    try elements.map { element in
      if context.isCancelled { throw CancellationError() }
      return try BatchCall.answer(element, engine.logger) { answer in
        let program = try BatchProgram(element, namespace: namespace)
        try program.checkExists(reader, engine.catalog)
        let (active, runs) =
          program.type == .workflow
          ? try Self.workflowRuns(program, reader) : try Self.programRuns(program, reader)
        answer.activeRuns = UInt32(clamping: active)
        answer.status = active == 0 ? .stopped : runs ? .running : .starting
      }
    }
  }

  /// How many runs of a workflow are active, and whether one of them has begun to run.
  private static func workflowRuns(
    _ program: BatchProgram, _ reader: any StoreReader
  ) throws -> (active: Int, runs: Bool) {
    let active: Int
    if program.version == nil {
      let count = try reader.activeRunCount(of: program.workflow)
      active = count.pending + count.begun
    } else {
      active = try count(RunStatus.allCases.filter(\.isActive), of: program, reader)
    }
    guard active > 0 else { return (0, false) }
    var query = query(of: program, limit: 1)
    query.statuses = [.running, .suspended, .resuming, .stopping]
    return (active, try !reader.runs(query).isEmpty)
  }

  private static func count(
    _ statuses: [RunStatus], of program: BatchProgram, _ reader: any StoreReader
  ) throws -> Int {
    var query = query(of: program, limit: chunk)
    query.statuses = Set(statuses)
    var count = 0
    while true {
      let runs = try reader.runs(query)
      count += runs.count
      guard runs.count == chunk, let last = runs.last else { return count }
      query.before = RunCursor(created: last.header.created, id: last.header.id)
    }
  }

  private static func query(of program: BatchProgram, limit: Int) -> RunQuery {
    var query = RunQuery(namespace: program.namespace, limit: limit)
    query.application = program.application
    query.workflow = program.id
    query.version = program.version
    return query
  }

  /// How many runs of a program of another type are active: attempts that run (B4.3).
  private static func programRuns(
    _ program: BatchProgram, _ reader: any StoreReader
  ) throws -> (active: Int, runs: Bool) {
    var query = ProgramRunQuery(
      namespace: program.namespace, application: program.application,
      program: ProgramReference(type: program.type, id: program.id), limit: chunk)
    query.version = program.version
    query.statuses = [.running]
    var count = 0
    while true {
      let runs = try reader.programRuns(query)
      count += runs.count
      guard runs.count == chunk, let last = runs.last else { return (count, count > 0) }
      query.before = .init(started: last.attempt.started, id: last.attempt.id)
    }
  }
}
