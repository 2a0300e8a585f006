internal import BatonCore
internal import BatonStore
package import BatonWire

extension Wire.RerunTaskRequest: RepeatableRequest {}
extension Wire.SkipNodeRequest: RepeatableRequest {}
extension Wire.UpdateEnvRequest: RepeatableRequest {}

extension EngineService {
  /// Runs nodes again, in place or from what failed on (RE30–RE65).
  package func rerunTask(
    _ request: Wire.RerunTaskRequest, _ call: UnaryCall<Wire.RerunTaskResponse>
  ) {
    respond(to: call) { [engine] in
      let order = try RerunOrder(request, try Self.origin(of: request, request.note, call.context))
      try order.checkForm()
      return try await change(
        request, request.run, isDryRun: request.dryRun, readsChildren: order.keepsFinished,
        call.context
      ) { (tree, run, now) throws(BatonError) in
        var order = order
        order.call.time = now
        let plan = try tree.rerun(order, in: run, now: now) { engine.full($0) }
        return OrderAnswer(tree, run, plan)
      } answer: {
        Wire.RerunTaskResponse(plan: Wire.Plan($0, isDryRun: request.dryRun))
      }
    }
  }

  /// Settles a failed node as if it had succeeded (RE80–RE83).
  package func skipNode(
    _ request: Wire.SkipNodeRequest, _ call: UnaryCall<Wire.SkipNodeResponse>
  ) {
    respond(to: call) { [engine] in
      let order = try SkipOrder(request, try Self.origin(of: request, request.note, call.context))
      try order.checkForm()
      return try await change(
        request, request.run, isDryRun: request.dryRun, call.context
      ) { (tree, run, now) throws(BatonError) in
        var order = order
        order.call.time = now
        order.outputs =
          try engine.entriesOfSkip(order.node.node, tree[run], now: now) + order.outputs
        let plan = try tree.skip(order, in: run, now: now) { engine.full($0) }
        return OrderAnswer(tree, run, plan)
      } answer: {
        Wire.SkipNodeResponse(plan: Wire.Plan($0, isDryRun: request.dryRun))
      }
    }
  }

  // MARK: - All changes

  /// Who calls; the time is that of the step.
  static func origin<Request: RepeatableRequest>(
    of request: Request, _ note: String, _ context: any ServerContext
  ) throws(BatonError) -> RerunCall {
    RerunCall(
      principal: context.identity.name, time: Timestamp(milliseconds: 0),
      requestID: try RepeatableCall.checkedID(of: request, context), note: note)
  }

  /// Carries out a call that changes a run, or says what it would do.
  ///
  /// - Parameters:
  ///   - request: The call, whose form is checked.
  ///   - reference: The run it names.
  ///   - isDryRun: Whether nothing is changed (RE85); then no request id is used (RE86).
  ///   - readsChildren: Whether child runs of the run's nodes must be there (RE65).
  ///   - context: Who calls.
  ///   - carryOut: The change; gets the run's id and the time.
  ///   - answer: The answer to it, which is kept with the request id.
  /// - Returns: The answer, or that of the first call with the same request id.
  /// - Throws: what `carryOut` throws; NOT_FOUND `run_not_found`, ALREADY_EXISTS
  ///   `request_id_reused`, and what the store throws.
  func change<Request: RepeatableRequest, Response: Message>(
    _ request: Request, _ reference: Wire.RunRef?, isDryRun: Bool = false,
    readsChildren: Bool = false, _ context: any ServerContext,
    carryOut:
      @escaping @Sendable (
        inout RunTree, RunID, Timestamp
      ) throws(BatonError) -> OrderAnswer,
    answer: @escaping @Sendable (OrderAnswer) -> Response
  ) async throws -> Response {
    let locator = try Self.locator(reference)
    let header = try await engine.store.readAsync { try $0.run(locator) }.header
    let run = header.id
    let repeatable =
      isDryRun
      ? nil : try RepeatableCall(request, in: header.workflow.namespace, context)
    let result = try await withCheckedThrowingContinuation { continuation in
      engine.give(
        OrderCall(
          run: run, isDryRun: isDryRun, readsChildren: readsChildren,
          remembering: repeatable?.remembered(answer),
          carryOut: { (tree, now) throws(BatonError) in try carryOut(&tree, run, now) },
          completion: { continuation.resume(with: $0) }))
    }
    switch result {
    case .done(let done): return answer(done)
    case .remembered(let bytes): return try Response(encoded: bytes)
    }
  }
}

extension OrderAnswer {
  init(_ tree: RunTree, _ run: RunID, _ plan: CallPlan) {
    self.init(state: tree[run].state)
    self.plan = plan
    environment = tree.environment
  }
}

extension Engine {
  /// Active runs of the workflow of a run that is to be opened again, when there are as many as may
  /// be (RE30); that it is still so is checked when the call is stored.
  func full(_ machine: RunMachine) -> [RunID] {
    guard let bound = ActiveRunGuard(machine) else { return [] }
    return (try? store.read { try bound.full($0) }) ?? []
  }

  /// What a node puts by its own policy when an operator skips it (RE96).
  ///
  /// - Throws: the reason why it cannot be made.
  func entriesOfSkip(
    _ node: String, _ machine: RunMachine, now: Timestamp
  ) throws(BatonError) -> [TokenPutBatch.Entry] {
    guard let position = machine.plan.graph.index(of: node) else { return [] }
    let step = machine.plan.steps[position]
    let templates = step.declared.publish(on: .skip)
    guard !templates.isEmpty else { return [] }
    do {
      let tokens =
        templates.contains(where: \.value.readsToken)
        ? try NodeTokenReader(
          startOf: machine.nextAttempt(of: position), hook: nil, machine, host: nil, now: now, store
        )
        : .none
      return try InputRenderer(machine, step, tokens).puts(templates, outcome: nil)
    } catch let error as PreparationError {
      throw BatonError(
        .failedPrecondition, "node_upstream_failed", "on_skip of node \(node): \(error.message)")
    } catch {
      throw (error as? StoreError)?.answer ?? BatonError(anyError: error)
    }
  }
}

extension RerunOrder {
  init(_ request: Wire.RerunTaskRequest, _ call: RerunCall) throws(BatonError) {
    var call = call
    switch request.downstream {
    case .unspecified, .keep: break
    case .rerun: call.rerunsDownstream = true
    default:
      throw BatonError(
        .invalidArgument, "filter_invalid", "downstream \(request.downstream.rawValue) is unknown")
    }
    self.init(
      nodes: request.nodes.map { NamedNode($0.node, expectedAttempt: Int($0.expectedAttempt)) },
      allFailed: request.allFailed, change: EnvChange(request.change),
      keepsFinished: request.noReset, resumes: request.resume,
      allowsCompleted: request.allowCompleted, call: call)
  }
}

extension SkipOrder {
  init(_ request: Wire.SkipNodeRequest, _ call: RerunCall) throws(BatonError) {
    var outcome: Bool?
    switch request.outcome {
    case .unspecified: break
    case .true: outcome = true
    case .false: outcome = false
    default:
      throw BatonError(
        .invalidArgument, "filter_invalid", "outcome \(request.outcome.rawValue) is unknown")
    }
    self.init(
      node: NamedNode(request.node, expectedAttempt: Int(request.expectedAttempt)),
      outputs: request.outputs.map { TokenPutBatch.Entry(key: $0.key, value: $0.value) },
      outcome: outcome, change: EnvChange(request.change), resumes: request.resume, call: call)
  }
}

extension EnvChange {
  init(_ change: Wire.EnvChange?) {
    guard let change else {
      self.init()
      return
    }
    self.init(
      values: change.env, unset: change.unsetEnv, secret: change.secretEnv,
      expectedRevision: Int(change.expectedEnvRevision))
  }
}
