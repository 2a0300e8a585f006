internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Holds a run: nothing starts until it is resumed (G44); or nodes of it (RE75).
  package func suspendRun(
    _ request: Wire.SuspendRunRequest, _ call: UnaryCall<Wire.SuspendRunResponse>
  ) {
    respond(to: call) {
      let locator = try Self.locator(request.run)
      try RequestChecks.note(request.note, "note")
      guard request.nodes.isEmpty else {
        try RerunOrder.checkForm(of: request.nodes)
        return try await change(
          request, request.run, call.context
        ) { (tree, run, _) throws(BatonError) in
          try tree[run].hold(request.nodes)
          return OrderAnswer(state: tree[run].state)
        } answer: {
          Wire.SuspendRunResponse(status: Wire.RunStatus($0.state.status))
        }
      }
      return try await order(.suspend, locator, request, call.context) {
        Wire.SuspendRunResponse(status: Wire.RunStatus($0.state.status))
      }
    }
  }

  /// Lets a suspended run go on, and those below it, with a change of the environment (G44, RE72,
  /// RE73); or held nodes (RE75).
  package func resumeRun(
    _ request: Wire.ResumeRunRequest, _ call: UnaryCall<Wire.ResumeRunResponse>
  ) {
    respond(to: call) {
      try RequestChecks.note(request.note, "note")
      let change = EnvChange(request.change)
      try change.checkForm()
      guard request.nodes.isEmpty else { return try await release(request, change, call.context) }
      let origin = try Self.origin(of: request, request.note, call.context)
      return try await self.change(
        request, request.run, isDryRun: request.dryRun, call.context
      ) { (tree, run, now) throws(BatonError) in
        var origin = origin
        origin.time = now
        return OrderAnswer(tree, run, try tree.resume(run, change, by: origin, now: now))
      } answer: { answer in
        let plan = Wire.Plan(answer, isDryRun: request.dryRun)
        // The call makes it RESUMING (G46); it may have gone on from there in the same moment.
        let isResumed = plan.runs.contains { $0.from == .suspended }
        return Wire.ResumeRunResponse(
          status: isResumed ? .resuming : Wire.RunStatus(answer.state.status), plan: plan)
      }
    }
  }

  /// Lets held nodes go on (RE75).
  private func release(
    _ request: Wire.ResumeRunRequest, _ change: EnvChange, _ context: any ServerContext
  ) async throws -> Wire.ResumeRunResponse {
    guard change.isEmpty, change.expectedRevision == 0 else {
      throw BatonError(
        .invalidArgument, "filter_invalid", "nodes and change cannot be given together",
        hint: "change the environment with UpdateEnv first")
    }
    try RerunOrder.checkForm(of: request.nodes)
    return try await self.change(
      request, request.run, isDryRun: request.dryRun, context
    ) { (tree, run, now) throws(BatonError) in
      try tree[run].release(request.nodes, now: now)
      return OrderAnswer(tree, run, CallPlan(envRevision: tree.environment.revision))
    } answer: {
      Wire.ResumeRunResponse(
        status: Wire.RunStatus($0.state.status),
        plan: Wire.Plan($0, isDryRun: request.dryRun))
    }
  }

  /// Carries out an order whose answer tells the state after it.
  private func order<Request: RepeatableRequest, Response: Message>(
    _ order: RunOrder, _ locator: RunLocator, _ request: Request, _ context: any ServerContext,
    _ answer: @escaping @Sendable (OrderAnswer) -> Response
  ) async throws -> Response {
    let header = try await engine.store.readAsync { try $0.run(locator) }.header
    let repeatable = try RepeatableCall(request, in: header.workflow.namespace, context)
    switch try await engine.order(
      order, to: header.id, remembering: repeatable?.remembered(answer))
    {
    case .done(let done): return answer(done)
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
    let outcome = { @Sendable (answer: OrderAnswer) in
      // A run that ended between the look and the order was not stopped by anybody, unless another
      // call had stopped it: that has one effect with this one (SR125).
      let status = answer.state.status
      let isStopped = wasActive && (status.isActive || status == .killed)
      return Wire.StopRunResponse(outcome: isStopped ? .stopped : .alreadyFinished)
    }
    let deadline = ContinuousClock.now.advanced(by: try await timeout(of: stop, known))
    let answer: Wire.StopRunResponse
    switch try await engine.order(
      .stop(stop.order), to: id, remembering: repeatable?.remembered(outcome))
    {
    case .done(let done): answer = outcome(done)
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
