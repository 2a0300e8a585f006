internal import BatonCore
internal import BatonWire

/// A program whose runs are to be stopped.
public struct BatchStopProgram: Sendable, Hashable {
  /// Its namespace; nil for that of the call.
  public var namespace: String?
  /// Its application.
  public var application: String
  /// Its type, in any letter case.
  public var programType: String
  /// Its name.
  public var program: String
  /// Only this run; nil for all active runs of the program.
  public var runID: String?
  /// Only runs of this version; nil for all.
  public var version: Int?

  /// A program with everything at its default but what is given.
  public init(
    namespace: String? = nil, application: String, programType: String = "WORKFLOW",
    program: String, runID: String? = nil, version: Int? = nil
  ) {
    self.namespace = namespace
    self.application = application
    self.programType = programType
    self.program = program
    self.runID = runID
    self.version = version
  }
}

/// What became of one program that was to be stopped.
public struct BatchStopElement: Sendable, Hashable {
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
  /// The runs that are STOPPING or KILLED now, oldest first; none when none was active.
  public var runIDs: [String]

  init(_ wire: Wire.BatchStopResult) {
    namespace = wire.namespace
    application = wire.appID
    programType = wire.programType
    program = wire.programID
    statusCode = Int(wire.statusCode)
    reason = wire.reason.nonEmpty
    message = wire.message.nonEmpty
    runIDs = wire.runIDs
  }
}

extension BatonClient {
  /// Begins to stop runs of many programs; does not wait for their ends (B6.3).
  ///
  /// - Parameters:
  ///   - programs: At most 1,000.
  ///   - namespace: For programs that name none; nil for the client's.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: An answer for every program, in the order asked.
  /// - Throws: INVALID_ARGUMENT `batch_too_large`; what is wrong with one program is in its answer.
  public func batchStop(
    _ programs: [BatchStopProgram], namespace: String? = nil, requestID: String? = nil
  ) async throws -> [BatchStopElement] {
    let request = Wire.BatchStopRequest(
      programs: programs.map { program in
        Wire.BatchStopProgram(
          namespace: program.namespace ?? "", appID: program.application,
          programType: program.programType, programID: program.program,
          runID: program.runID ?? "", version: UInt32(clamping: program.version ?? 0))
      }, namespace: namespace ?? self.namespace, requestID: requestID ?? RequestID.make())
    let response = try await engine.batchStop(request, options: .withRequestID)
    try checkAnswers(response.results.count, to: programs.count)
    return response.results.map(BatchStopElement.init)
  }
}
