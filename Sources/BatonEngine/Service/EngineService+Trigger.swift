internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Creates a run; it is durable before the answer.
  package func triggerPipeline(
    _ request: Wire.TriggerPipelineRequest, _ call: UnaryCall<Wire.TriggerPipelineResponse>
  ) {
    do {
      let namespace = try RequestChecks.namespace(request.namespace)
      let trigger = try RunTrigger(
        request, principal: call.context.identity.name,
        repeatable: try RepeatableCall(request, in: namespace, call.context), engine)
      create(trigger, plan: nil, call)
    } catch {
      call.fail(error)
    }
  }

  /// Creates the run in one unit of work; a plan that is not in memory is read before the unit is
  /// tried again, so that no model is decoded on the thread that writes.
  private func create(
    _ trigger: RunTrigger, plan: RunPlan?, _ call: UnaryCall<Wire.TriggerPipelineResponse>
  ) {
    let context = call.context
    engine.store.submit { [engine] in
      try trigger.create($0, engine, plan)
    } completion: { [self] result in
      switch result {
      case .success(let created):
        // Before the answer: who hears of the run may give it orders at once.
        if let run = created.run { engine.drive(run) }
        call.reply(created.response)
      case .failure(RunTrigger.Unresolved.plan):
        context.run { [self] in
          do {
            let plan = try await trigger.plan(engine)
            create(trigger, plan: plan, call)
          } catch {
            call.fail(answer(to: error, context))
          }
        }
      case .failure(let error): call.fail(answer(to: error, context))
      }
    }
  }
}

/// A request for a run, checked in its form; the rest is checked in the transaction (SR45).
struct RunTrigger: Sendable {
  private let id: RunID
  private let workflow: WorkflowID
  private let version: Int?
  private let arguments: [String: String]
  private let env: [String: String]
  /// Names whose values are secret (RE16).
  private let secret: Set<String>
  private let externalID: String?
  private let conf: String?
  /// What `conf` says, read once.
  private let confMembers: [TriggerConf.Member]
  private let principal: String
  private let repeatable: RepeatableCall?

  /// What became of the request.
  struct Created: Sendable {
    var response: Wire.TriggerPipelineResponse
    /// Nil when the answer is an earlier one.
    var run: RunCreation?
  }

  /// What a unit of work needs and may not read by itself.
  enum Unresolved: Error {
    case plan
  }

  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `run_id_invalid`,
  ///   `env_name_invalid`, `conf_invalid`, `argument_conflict`;
  ///   RESOURCE_EXHAUSTED `argument_limit`, `env_limit`; UNIMPLEMENTED for what later versions
  ///   bring.
  init(
    _ request: Wire.TriggerPipelineRequest, principal: String, repeatable: RepeatableCall?,
    _ engine: Engine
  ) throws(BatonError) {
    self.principal = principal
    self.repeatable = repeatable
    workflow = WorkflowID(
      namespace: try RequestChecks.namespace(request.namespace),
      application: try RequestChecks.required(request.application, "application"),
      workflow: try RequestChecks.required(request.workflow, "workflow"))
    guard request.token.isEmpty, request.launch == nil else {
      throw RequestChecks.unavailable("token or launch")
    }
    secret = Set(request.secretEnv)
    try EnvChange(secret: request.secretEnv).checkForm()
    version = request.version == 0 ? nil : Int(request.version)
    arguments = request.arguments
    env = request.env
    try RunInputs.checkEnvironment(env)
    try RunInputs.checkArguments(arguments)
    externalID = try RunInputs.externalID(request.externalRunID)
    conf = request.conf.isEmpty ? nil : request.conf
    confMembers = try RunInputs.members(of: request.conf, beside: arguments)
    id = engine.ids.next(at: engine.clock.now())
  }

  /// The plan of the workflow as it is now, read outside of units of work.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `version_not_found`,
  ///   `workflow_not_found`.
  func plan(_ engine: Engine) async throws -> RunPlan {
    try await engine.store.readAsync { reader in
      let version = try reader.requireVersion(workflow.namespace, workflow.application, version)
      guard let plan = try engine.catalog.plan(workflow, version: version, reader) else {
        throw ApplicationErrors.workflowNotFound(workflow)
      }
      return plan
    }
  }

  /// Creates the run within a unit of work.
  ///
  /// - Parameters:
  ///   - writer: The unit of work.
  ///   - engine: Whose plans in memory are used.
  ///   - plan: The plan read for the unit, if it was tried before.
  /// - Returns: The answer, and what is to be begun.
  /// - Throws: `Unresolved.plan` when the plan must be read first; NOT_FOUND
  ///   `namespace_not_found`, `app_not_found`, `version_not_found`; INVALID_ARGUMENT
  ///   `argument_missing`; ALREADY_EXISTS `run_id_taken`, `request_id_reused`;
  ///   RESOURCE_EXHAUSTED `argument_limit`, `env_limit`.
  func create(_ writer: any StoreWriter, _ engine: Engine, _ plan: RunPlan?) throws -> Created {
    if var answer = try repeatable?.firstAnswer(Wire.TriggerPipelineResponse.self, writer) {
      answer.replayed = true
      return Created(response: answer)
    }
    let version = try writer.requireVersion(workflow.namespace, workflow.application, version)
    let known = plan?.version == version ? plan : nil
    guard let plan = known ?? engine.catalog.knownPlan(workflow, version: version) else {
      throw Unresolved.plan
    }
    let created = try CreatedRun(try header(plan, writer.now), plan) {
      let active = try writer.activeRunCount(of: workflow)
      return active.pending + active.begun
    }
    let run = RunCreation(
      created, plan, engine, secret: secret, requestID: repeatable?.key.id ?? "", now: writer.now)
    try run.store(writer, engine.options.tokenLimits)
    // The run is answered as it was created, whatever has become of it in the same unit.
    let response = Wire.TriggerPipelineResponse(
      runID: id.description, version: UInt32(clamping: version),
      status: Wire.RunStatus(created.record.state.status))
    try repeatable?.remember(response, writer)
    return Created(response: response, run: run)
  }

  private func header(_ plan: RunPlan, _ now: Timestamp) throws(BatonError) -> RunHeader {
    let arguments = try RunInputs.arguments(arguments, confMembers, plan.workflow)
    let env = try RunInputs.environment(env, plan)
    try RunInputs.checkTogether(arguments, env)
    return RunHeader(
      id: id, workflow: workflow, version: plan.version, created: now, externalID: externalID,
      principal: principal, arguments: arguments, env: env, conf: conf)
  }
}
