public import BatonCore
package import BatonWire

/// A program whose newest runs are asked for.
public struct BatchProgram: Sendable, Hashable {
  /// Its namespace; nil for that of the query.
  public var namespace: String?
  /// Its application.
  public var application: String
  /// Its type, such as `WORKFLOW` or `COMMAND`, in any letter case.
  public var programType: String
  /// Its name.
  public var program: String
  /// At most this many runs, 1..100; nil for 1.
  public var limit: Int32?
  /// Only runs of this version; nil for all.
  public var version: UInt32?
  /// Goes on after an earlier answer.
  public var cursor: String?

  /// A program to ask about.
  public init(
    namespace: String? = nil, application: String, programType: String = "WORKFLOW",
    program: String, limit: Int32? = nil, version: UInt32? = nil, cursor: String? = nil
  ) {
    self.namespace = namespace
    self.application = application
    self.programType = programType
    self.program = program
    self.limit = limit
    self.version = version
    self.cursor = cursor
  }
}

/// Asks for the newest runs of many programs in one snapshot.
public struct BatchQuery: Sendable, Hashable {
  /// At most 1000; the sum of their limits at most 5,000.
  public var programs: [BatchProgram]
  /// For programs that name none; nil for the client's.
  public var namespace: String?
  /// Only runs with one of these statuses; empty for all.
  public var statuses: [RunStatus]
  /// Only runs created at or after this moment.
  public var since: Timestamp?
  /// Only runs created before this moment.
  public var until: Timestamp?
  /// Whether active runs come before the others.
  public var activeFirst: Bool

  /// A query without filters.
  public init(programs: [BatchProgram], namespace: String? = nil) {
    self.programs = programs
    self.namespace = namespace
    statuses = []
    activeFirst = false
  }
}

/// The answer for one program.
public struct BatchElement: Sendable, Hashable {
  /// The namespace asked for.
  public var namespace: String
  /// The application asked for.
  public var application: String
  /// The type, in capitals when it is known.
  public var programType: String
  /// The program asked for.
  public var program: String
  /// 200, or the code of the error, as in HTTP.
  public var statusCode: Int
  /// The reason of the error.
  public var reason: String?
  /// One sentence about the error.
  public var message: String?
  /// The runs, newest first.
  public var runs: [RunRecord]
  /// Asks for older runs; nil when there are none.
  public var nextCursor: String?

  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.BatchRunsResult) {
    namespace = wire.namespace
    application = wire.appID
    programType = wire.programType
    program = wire.programID
    statusCode = Int(wire.statusCode)
    reason = wire.reason.nonEmpty
    message = wire.message.nonEmpty
    runs = wire.runs.map(RunRecord.init)
    nextCursor = wire.nextCursor.nonEmpty
  }
}

/// The answers to a query over many programs.
public struct BatchAnswer: Sendable, Hashable {
  /// One per program, in the order asked.
  public var elements: [BatchElement]
  /// The time of the state that was read.
  public var snapshotTime: Timestamp
  /// The newest event in that state.
  public var eventNumber: UInt64
}

extension BatonClient {
  /// Reads the newest runs of many programs in one snapshot, with an answer for every one.
  ///
  /// - Parameter query: The programs and filters.
  /// - Returns: An answer for every program, in the order asked.
  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `status_invalid`, `time_range_invalid`,
  ///   `name_invalid`; what is wrong with one program is in its answer.
  public func batchRuns(_ query: BatchQuery) async throws -> BatchAnswer {
    let request = Wire.BatchRunsRequest(
      programs: query.programs.map(\.wire), namespace: query.namespace ?? namespace,
      statuses: query.statuses.map(\.rawValue), since: query.since?.milliseconds ?? 0,
      until: query.until?.milliseconds ?? 0, activeFirst: query.activeFirst)
    let response = try await engine.batchRuns(request)
    try checkAnswers(response.results.count, to: query.programs.count)
    return BatchAnswer(
      elements: response.results.map(BatchElement.init),
      snapshotTime: Timestamp(milliseconds: response.snapshotTime),
      eventNumber: response.eventNumber)
  }

  /// The same, answer by answer, without a bound on the sum of the limits; all of one snapshot.
  ///
  /// A lost connection ends it with an error: another call would read another snapshot.
  ///
  /// - Parameters:
  ///   - query: The programs and filters.
  ///   - body: Takes the answer for one program, in the order asked; the next is not read before it
  ///     returns.
  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `status_invalid`, `time_range_invalid`,
  ///   `name_invalid`; what `body` throws.
  public func streamBatchRuns(
    _ query: BatchQuery, _ body: (BatchElement) async throws -> Void
  ) async throws {
    let request = Wire.StreamBatchRunsRequest(
      programs: query.programs.map(\.wire), namespace: query.namespace ?? namespace,
      statuses: query.statuses.map(\.rawValue), since: query.since?.milliseconds ?? 0,
      until: query.until?.milliseconds ?? 0, activeFirst: query.activeFirst)
    try await engine.streamBatchRuns(request) { results in
      for try await result in results { try await body(BatchElement(result)) }
    }
  }
}

extension BatchProgram {
  fileprivate var wire: Wire.BatchRunsProgram {
    var wire = Wire.BatchRunsProgram()
    wire.namespace = namespace ?? ""
    wire.appID = application
    wire.programType = programType
    wire.programID = program
    wire.limit = limit
    wire.version = version ?? 0
    wire.cursor = cursor ?? ""
    return wire
  }
}
