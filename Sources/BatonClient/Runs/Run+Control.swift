internal import BatonCore
internal import BatonWire

extension Run {
  /// Keeps the run from starting anything more; what executes goes on (G44).
  ///
  /// - Parameters:
  ///   - nodes: Nodes to hold back instead of suspending the run; none for the run.
  ///   - note: Free text kept with the call, at most 1,024 bytes.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: The status of the run then, SUSPENDED.
  /// - Throws: NOT_FOUND `run_not_found`; FAILED_PRECONDITION `run_not_started`,
  ///   `run_already_suspended`, `run_stopping`, `run_ended` (G46).
  @discardableResult
  public func suspend(
    nodes: [String] = [], note: String = "", requestID: String? = nil
  ) async throws -> RunStatus {
    let request = Wire.SuspendRunRequest(
      run: reference.wire, nodes: nodes, note: note, requestID: requestID ?? RequestID.make())
    let response = try await client.engine.suspendRun(request, options: .withRequestID)
    return RunStatus(rawValue: response.status.name)
  }

  /// Lets a suspended run go on (G44).
  ///
  /// - Parameters:
  ///   - nodes: Held nodes to release instead of resuming the run; none for the run.
  ///   - note: Free text kept with the call, at most 1,024 bytes.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: The status of the run then: RESUMING, or already what follows it.
  /// - Throws: NOT_FOUND `run_not_found`; FAILED_PRECONDITION `run_not_suspended`,
  ///   `run_already_resuming`, `run_stopping`, `run_ended` (G46).
  @discardableResult
  public func resume(
    nodes: [String] = [], note: String = "", requestID: String? = nil
  ) async throws -> RunStatus {
    let request = Wire.ResumeRunRequest(
      run: reference.wire, nodes: nodes, note: note, requestID: requestID ?? RequestID.make())
    let response = try await client.engine.resumeRun(request, options: .withRequestID)
    return RunStatus(rawValue: response.status.name)
  }

  /// Stops the run and waits until nothing of it is left (SR120).
  ///
  /// The stop is durable from the start: it goes on when this call is cancelled or its time is
  /// over, and a second call joins it.
  ///
  /// - Parameter options: How long to wait, and what to do about what does not end.
  /// - Returns: How the stop ended, with what became of every attempt.
  /// - Throws: NOT_FOUND `run_not_found`, unless `isMissingAllowed`; INVALID_ARGUMENT
  ///   `limit_invalid`, `note_too_long`; DEADLINE_EXCEEDED `stop_timeout` when something was left
  ///   after `timeout` and `isForced` was not given: the run stays STOPPING.
  @discardableResult
  public func stop(_ options: StopOptions = StopOptions()) async throws -> StopAnswer {
    var request = Wire.StopRunRequest()
    request.run = reference.wire
    request.graceMs = options.grace?.milliseconds
    request.timeoutMs = options.timeout?.milliseconds
    request.missingOk = options.isMissingAllowed
    request.force = options.isForced
    request.reason = options.reason
    request.requestID = options.requestID ?? RequestID.make()
    var callOptions = CallOptions.withRequestID
    callOptions.timeout = options.callTimeout
    return StopAnswer(try await client.engine.stopRun(request, options: callOptions))
  }
}

/// How a run is stopped.
public struct StopOptions: Sendable, Hashable {
  /// The time between TERM and KILL for all attempts, 0 to 1 h; nil for each node's own.
  public var grace: Duration?
  /// The time that the call may take, 0 not to wait; nil for twice the longest grace and 10 s.
  public var timeout: Duration?
  /// Whether an unknown run is answered with the outcome NOT_FOUND instead of an error.
  public var isMissingAllowed: Bool
  /// Whether the run becomes KILLED when the time is over although something survives.
  public var isForced: Bool
  /// Why, for the record; at most 1,024 bytes.
  public var reason: String
  /// Makes the call safe to repeat; nil for a fresh one.
  public var requestID: String?

  /// Options with everything at its default but what is given.
  public init(
    grace: Duration? = nil, timeout: Duration? = nil, isMissingAllowed: Bool = false,
    isForced: Bool = false, reason: String = "", requestID: String? = nil
  ) {
    self.grace = grace
    self.timeout = timeout
    self.isMissingAllowed = isMissingAllowed
    self.isForced = isForced
    self.reason = reason
    self.requestID = requestID
  }

  /// The longest grace that a node may have.
  private static let longestGrace = Duration.seconds(3600)

  /// The deadline of the call: 5 s more than the server takes (SR120).
  ///
  /// Without a grace nobody here knows those of the nodes, so the longest one counts; the server
  /// answers earlier.
  var callTimeout: Duration {
    let longest: Duration = grace ?? Self.longestGrace
    let server: Duration = timeout ?? longest + longest + .seconds(10)
    return server + .seconds(5)
  }
}
