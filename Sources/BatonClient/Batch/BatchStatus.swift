public import BatonCore
internal import BatonWire

/// Whether a program runs: one of the words below, or one of a newer server (B6.1).
public struct ProgramState: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The word, `RUNNING`.
  public var rawValue: String
  /// A state by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// A run is RUNNING, SUSPENDED, RESUMING or STOPPING.
  public static let running = ProgramState(rawValue: "RUNNING")
  /// None of these, but one is PENDING or STARTING.
  public static let starting = ProgramState(rawValue: "STARTING")
  /// No run is active.
  public static let stopped = ProgramState(rawValue: "STOPPED")

  /// The word.
  public var description: String { rawValue }
}

/// Whether one program runs.
public struct BatchStatusElement: Sendable, Hashable {
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
  /// Whether it runs; nil with an error.
  public var state: ProgramState?
  /// The number of its active runs.
  public var activeRuns: Int

  init(_ wire: Wire.BatchStatusResult) {
    namespace = wire.namespace
    application = wire.appID
    programType = wire.programType
    program = wire.programID
    statusCode = Int(wire.statusCode)
    reason = wire.reason.nonEmpty
    message = wire.message.nonEmpty
    state = wire.status.wordIfGiven.map(ProgramState.init(rawValue:))
    activeRuns = Int(wire.activeRuns)
  }
}

/// Whether many programs run, as it was in one snapshot.
public struct BatchStatusAnswer: Sendable, Hashable {
  /// One per program, in the order asked.
  public var elements: [BatchStatusElement]
  /// The time of the state that was read.
  public var snapshotTime: Timestamp
  /// The newest event in that state.
  public var eventNumber: UInt64
}

extension BatonClient {
  /// Tells of many programs whether they run, read in one snapshot (B6.1).
  ///
  /// - Parameters:
  ///   - programs: At most 1,000; their limits and cursors are not used.
  ///   - namespace: For programs that name none; nil for the client's.
  /// - Returns: An answer for every program, in the order asked.
  /// - Throws: INVALID_ARGUMENT `batch_too_large`; what is wrong with one program is in its answer.
  public func batchStatus(
    of programs: [BatchProgram], namespace: String? = nil
  ) async throws -> BatchStatusAnswer {
    let response = try await engine.batchStatus(
      Wire.BatchStatusRequest(
        programs: programs.map { program in
          Wire.BatchStatusProgram(
            namespace: program.namespace ?? "", appID: program.application,
            programType: program.programType, programID: program.program,
            version: program.version ?? 0)
        }, namespace: namespace ?? self.namespace))
    try checkAnswers(response.results.count, to: programs.count)
    return BatchStatusAnswer(
      elements: response.results.map(BatchStatusElement.init),
      snapshotTime: Timestamp(milliseconds: response.snapshotTime),
      eventNumber: response.eventNumber)
  }

  /// A batch has an answer for each element (B1.5).
  func checkAnswers(_ answers: Int, to elements: Int) throws(BatonError) {
    guard answers == elements else {
      throw BatonError(
        .internal, "internal", "the server gave \(answers) answers to \(elements) elements")
    }
  }
}
