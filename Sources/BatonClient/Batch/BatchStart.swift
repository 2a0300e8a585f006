internal import BatonCore
internal import BatonWire

/// A workflow to be started among others.
public struct BatchStartProgram: Sendable, Hashable {
  /// Its namespace; nil for that of the call.
  public var namespace: String?
  /// Its application.
  public var application: String
  /// `WORKFLOW`, in any letter case; another known type is answered 400 `not_a_workflow`.
  public var programType: String
  /// Its name.
  public var program: String
  /// Arguments over the declared defaults.
  public var arguments: [String: String]
  /// Environment over that of file and workflow.
  public var environment: [String: String]
  /// The version to run; nil for the newest.
  public var version: Int?

  /// A workflow with everything at its default but what is given.
  public init(
    namespace: String? = nil, application: String, programType: String = "WORKFLOW",
    program: String, arguments: [String: String] = [:], environment: [String: String] = [:],
    version: Int? = nil
  ) {
    self.namespace = namespace
    self.application = application
    self.programType = programType
    self.program = program
    self.arguments = arguments
    self.environment = environment
    self.version = version
  }
}

/// What became of one workflow that was to be started.
public struct BatchStartElement: Sendable, Hashable {
  /// The namespace asked for.
  public var namespace: String
  /// The application asked for.
  public var application: String
  /// The type, in capitals when it is known.
  public var programType: String
  /// The workflow asked for.
  public var program: String
  /// 200, or the code of the error, as in HTTP.
  public var statusCode: Int
  /// The reason of the error.
  public var reason: String?
  /// One sentence about the error.
  public var message: String?
  /// Baton's id of the new run; nil with an error.
  public var runID: String?
  /// PENDING or REJECTED; nil with an error.
  public var status: RunStatus?

  init(_ wire: Wire.BatchStartResult) {
    namespace = wire.namespace
    application = wire.appID
    programType = wire.programType
    program = wire.programID
    statusCode = Int(wire.statusCode)
    reason = wire.reason.nonEmpty
    message = wire.message.nonEmpty
    runID = wire.runID.nonEmpty
    status = wire.status.wordIfGiven.map(RunStatus.init(rawValue:))
  }
}

extension BatonClient {
  /// Starts many workflows, each on its own (B6.2).
  ///
  /// - Parameters:
  ///   - programs: At most 1,000.
  ///   - namespace: For workflows that name none; nil for the client's.
  ///   - requestID: Makes the call safe to repeat, together with the place of each element; nil for
  ///     a fresh one.
  /// - Returns: An answer for every workflow, in the order asked.
  /// - Throws: INVALID_ARGUMENT `batch_too_large`; what is wrong with one workflow is in its
  ///   answer.
  public func batchStart(
    _ programs: [BatchStartProgram], namespace: String? = nil, requestID: String? = nil
  ) async throws -> [BatchStartElement] {
    let request = Wire.BatchStartRequest(
      programs: programs.map { program in
        Wire.BatchStartProgram(
          namespace: program.namespace ?? "", appID: program.application,
          programType: program.programType, programID: program.program,
          arguments: program.arguments, env: program.environment,
          version: UInt32(clamping: program.version ?? 0))
      }, namespace: namespace ?? self.namespace, requestID: requestID ?? RequestID.make())
    let response = try await engine.batchStart(request, options: .withRequestID)
    try checkAnswers(response.results.count, to: programs.count)
    return response.results.map(BatchStartElement.init)
  }
}
