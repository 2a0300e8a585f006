internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Holds a run: nothing starts until it is resumed (G44).
  package func suspendRun(
    _ request: Wire.SuspendRunRequest, _ call: UnaryCall<Wire.SuspendRunResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      try RequestChecks.note(request.note, "note")
      guard request.nodes.isEmpty else {
        throw RequestChecks.unavailable("nodes")
      }
      return try await order(.suspend, locator, request, call.context) {
        Wire.SuspendRunResponse(status: Wire.RunStatus($0.status))
      }
    }
  }

  /// Lets a suspended run go on (G44).
  package func resumeRun(
    _ request: Wire.ResumeRunRequest, _ call: UnaryCall<Wire.ResumeRunResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      try RequestChecks.note(request.note, "note")
      guard request.nodes.isEmpty, request.change == nil, !request.dryRun else {
        throw RequestChecks.unavailable("nodes, change or dry_run")
      }
      // The order makes it RESUMING (G46); it may have gone on from there in the same moment.
      return try await order(.resume, locator, request, call.context) { _ in
        Wire.ResumeRunResponse(status: .resuming)
      }
    }
  }

  /// Carries out an order whose answer tells the state after it.
  private func order<Request: RepeatableRequest, Response: Message>(
    _ order: RunOrder, _ locator: RunLocator, _ request: Request, _ context: any ServerContext,
    _ answer: @escaping @Sendable (RunState) -> Response
  ) async throws -> Response {
    let header = try await engine.store.readAsync { try $0.run(locator) }.header
    let repeatable = try RepeatableCall(request, in: header.workflow.namespace, context)
    switch try await engine.order(
      order, to: header.id, remembering: repeatable?.remembered(answer))
    {
    case .done(let state): return answer(state)
    case .remembered(let bytes): return try Response(encoded: bytes)
    }
  }

  /// Stops a run and answers when nothing of it is left (SR120–SR125).
  package func stopRun(
    _ request: Wire.StopRunRequest, _ call: UnaryCall<Wire.StopRunResponse>
  ) {
    respond(to: call) {
      let stop = try RunStop(request, call.context)
      let known: RunRecord
      do {
        known = try await engine.store.readAsync { try $0.run(stop.locator) }
      } catch let error as BatonError where error.reason == "run_not_found" && stop.isMissingOK {
        return Wire.StopRunResponse(outcome: .notFound)
      }
      do {
        return try await self.stop(known, stop, try stop.repeatable(known, call.context))
      } catch let error as BatonError where error.reason == "run_not_found" && stop.isMissingOK {
        // It was removed between the look and the order.
        return Wire.StopRunResponse(outcome: .notFound)
      }
    }
  }

  private func stop(
    _ known: RunRecord, _ stop: RunStop, _ repeatable: RepeatableCall?
  ) async throws -> Wire.StopRunResponse {
    let id = known.header.id
    let wasActive = known.state.status.isActive
    let outcome = { @Sendable (state: RunState) in
      // A run that ended between the look and the order was not stopped by anybody, unless another
      // call had stopped it: that has one effect with this one (SR125).
      let isStopped = wasActive && (state.status.isActive || state.status == .killed)
      return Wire.StopRunResponse(outcome: isStopped ? .stopped : .alreadyFinished)
    }
    let deadline = ContinuousClock.now.advanced(by: try await timeout(of: stop, known))
    let answer: Wire.StopRunResponse
    switch try await engine.order(
      .stop(stop.order), to: id, remembering: repeatable?.remembered(outcome))
    {
    case .done(let state): answer = outcome(state)
    case .remembered(let bytes): answer = try Wire.StopRunResponse(encoded: bytes)
    }
    if try await waitForEnd(of: id, until: deadline) { return try await report(id, answer) }
    guard stop.isForced else { throw try await timeoutError(id) }
    var forced = stop.order
    forced.isForced = true
    let left = try await engine.remains(of: id)
    _ = try await engine.order(.stop(forced), to: id, left: left, remembering: nil)
    return try await report(id, Wire.StopRunResponse(outcome: .forced))
  }

  /// How long a stop waits: as the call says, else twice the longest grace and 10 s.
  private func timeout(of stop: RunStop, _ run: RunRecord) async throws -> Duration {
    if let timeout = stop.timeout { return timeout }
    if let grace = stop.order.graceMS { return .milliseconds(2 * grace) + RunStop.spareTime }
    let catalog = engine.catalog
    let plan = try await engine.store.readAsync { try catalog.requirePlan(run, $0) }
    return .milliseconds(2 * plan.longestGraceMS) + RunStop.spareTime
  }

  /// The answer with the state and the report of the stop as they are now.
  private func report(
    _ id: RunID, _ answer: Wire.StopRunResponse
  ) async throws -> Wire.StopRunResponse {
    try await engine.store.readAsync { reader in
      // A run that was deleted meanwhile has left nothing to report.
      guard let run = try reader.run(id) else { return answer }
      var answer = answer
      answer.status = Wire.RunStatus(run.state.status)
      // Whoever forced the end, everybody is told (SR125).
      if answer.outcome != .alreadyFinished {
        answer.outcome = run.state.stop?.isForced == true ? .forced : .stopped
      }
      answer.report = try Wire.StopReport(run, reader)
      answer.proven = answer.report?.proven ?? true
      return answer
    }
  }

  /// The answer when the time of the call is over and something is left.
  private func timeoutError(_ id: RunID) async throws -> BatonError {
    let left = try await engine.store.readAsync { reader in
      try reader.attempts(of: id, node: nil).filter { $0.status == .running }.map(\.id)
    }
    let names = left.prefix(10).map { "\($0.node) attempt \($0.attempt)" }
    let what =
      names.isEmpty
      ? "its end is not recorded yet"
      : names.joined(separator: ", ") + (left.count > 10 ? " and \(left.count - 10) more" : "")
    return BatonError(
      .deadlineExceeded, "stop_timeout", "run \(id) is not gone: \(what)",
      hint: "killing goes on; repeat the call to join it")
  }
}

/// A request to stop a run, checked in its form (SR120).
private struct RunStop: Sendable {
  /// What a stop takes beside the graces; it covers a finish hook.
  static let spareTime = Duration.seconds(10)
  private static let maximumGraceMS: Int64 = 3_600_000
  private static let maximumTimeoutMS: Int64 = 365 * 86_400_000

  let locator: RunLocator
  let order: StopOrder
  /// Nil: as long as the graces need.
  let timeout: Duration?
  let isMissingOK: Bool
  let isForced: Bool
  private let request: Wire.StopRunRequest

  /// - Throws: INVALID_ARGUMENT `run_id_invalid`, `limit_invalid`, `note_too_long`,
  ///   `request_id_invalid`.
  init(_ request: Wire.StopRunRequest, _ context: any ServerContext) throws(BatonError) {
    self.request = request
    locator = try EngineService.locator(request.run)
    try RequestChecks.note(request.reason, "reason")
    try RepeatableCall.check(request, context)
    isMissingOK = request.missingOk
    isForced = request.force
    if let milliseconds = request.graceMs {
      guard (0...Self.maximumGraceMS).contains(milliseconds) else {
        throw Self.outOfBounds("grace_ms", milliseconds, "0 to \(Self.maximumGraceMS)")
      }
    }
    if let milliseconds = request.timeoutMs {
      guard milliseconds >= 0 else {
        throw Self.outOfBounds("timeout_ms", milliseconds, "0 or more")
      }
      // Beyond any patience; also what no clock can be advanced by.
      timeout = .milliseconds(min(milliseconds, Self.maximumTimeoutMS))
    } else {
      timeout = nil
    }
    order = StopOrder(
      graceMS: request.graceMs, reason: request.reason, principal: context.identity.name)
  }

  func repeatable(
    _ run: RunRecord, _ context: any ServerContext
  ) throws(BatonError) -> RepeatableCall? {
    try RepeatableCall(request, in: run.header.workflow.namespace, context)
  }

  private static func outOfBounds(
    _ field: String, _ value: Int64, _ bounds: String
  ) -> BatonError {
    BatonError(.invalidArgument, "limit_invalid", "\(field) is \(value), it must be \(bounds)")
  }
}
