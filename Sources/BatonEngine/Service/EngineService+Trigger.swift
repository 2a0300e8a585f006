internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// Creates a run; it is durable before the answer, and begins right after it.
  package func triggerPipeline(
    _ request: Wire.TriggerPipelineRequest, _ call: UnaryCall<Wire.TriggerPipelineResponse>
  ) {
    do {
      let context = call.context
      let trigger = try RunTrigger(request, principal: context.identity.name, engine)
      engine.store.submit { [engine] in
        try trigger.create($0, engine)
      } completion: { [self] result in
        switch result {
        case .success(let created):
          call.reply(created.response)
          if let (record, nodes, plan) = created.new {
            engine.catalog.keep(plan, of: record.header.workflow)
            engine.begin(record, nodes: nodes, plan: plan)
          }
        case .failure(let error): call.fail(answer(to: error, context))
        }
      }
    } catch {
      call.fail(error)
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
  private let externalID: String?
  private let conf: String?
  private let principal: String
  private let requestKey: RequestKey?
  private let bodyHash: [UInt8]

  /// What became of the request.
  struct Created: Sendable {
    var response: Wire.TriggerPipelineResponse
    /// Nil when the answer is that of an earlier request with the same id.
    var new: (RunRecord, [NodeRecord], RunPlan)?
  }

  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `request_id_invalid`,
  ///   `run_id_invalid`, `env_name_invalid`, `not_permitted` for what later versions bring.
  init(
    _ request: Wire.TriggerPipelineRequest, principal: String, _ engine: Engine
  ) throws(BatonError) {
    self.principal = principal
    workflow = WorkflowID(
      namespace: try RequestChecks.namespace(request.namespace),
      application: try RequestChecks.required(request.application, "application"),
      workflow: try RequestChecks.required(request.workflow, "workflow"))
    version = request.version == 0 ? nil : Int(request.version)
    arguments = request.arguments
    env = request.env
    guard request.token.isEmpty, request.launch == nil, request.secretEnv.isEmpty else {
      throw BatonError(
        .unimplemented, "unknown_method",
        "signed triggers, launches by schedules and secret_env are not available in this version")
    }
    try RunInputs.checkEnvironment(request.env)
    try RunInputs.checkArguments(request.arguments)
    externalID = try RunInputs.externalID(request.externalRunID)
    conf = request.conf.isEmpty ? nil : request.conf
    if conf != nil {
      throw BatonError(
        .unimplemented, "unknown_method", "conf is not available in this version",
        hint: "give arguments instead")
    }
    requestKey = try RequestID.key(
      request.requestID, workflow.namespace, "TriggerPipeline")
    bodyHash =
      requestKey == nil
      ? []
      : RequestID.hash([
        Array(workflow.description.utf8), Array("\(request.version)".utf8),
        RequestID.bytes(arguments), RequestID.bytes(env), Array(request.externalRunID.utf8),
        Array(request.conf.utf8),
      ])
    id = engine.ids.next(at: engine.clock.now())
  }

  /// Creates the run within a unit of work.
  ///
  /// - Throws: NOT_FOUND `app_not_found`, `version_not_found`, `workflow_not_found`;
  ///   INVALID_ARGUMENT `argument_missing`; ALREADY_EXISTS `run_id_taken`, `request_id_reused`;
  ///   RESOURCE_EXHAUSTED `argument_limit`, `env_limit`.
  func create(_ writer: any StoreWriter, _ engine: Engine) throws -> Created {
    if let requestKey, let answer = try writer.answer(of: requestKey, bodyHash: bodyHash),
      let known = RunID(String(decoding: answer, as: UTF8.self)),
      let record = try writer.run(known)
    {
      return Created(response: response(record, replayed: true), new: nil)
    }
    let version = try writer.requireVersion(workflow.namespace, workflow.application, version)
    guard let plan = try engine.catalog.plan(workflow, version: version, writer) else {
      throw ApplicationErrors.workflowNotFound(workflow)
    }
    let arguments = try RunInputs.arguments(arguments, plan.workflow)
    let env = try RunInputs.environment(env, plan)
    try RunInputs.checkTogether(arguments, env)
    let header = RunHeader(
      id: id, workflow: workflow, version: version, created: writer.now, externalID: externalID,
      principal: principal, arguments: arguments, env: env, conf: conf)
    var state = RunState(status: .pending)
    state.lastEvent = 1
    let record = RunRecord(header: header, state: state)
    let nodes = RunMachine.pendingNodes(plan, id)
    try writer.insertRun(record, nodes: nodes)
    try writer.appendEvents([
      EventRecord(
        event: 1, time: header.created, run: id, workflow: workflow, version: version,
        change: .run(from: nil, to: .pending, reason: nil))
    ])
    if let requestKey {
      try writer.remember(
        requestKey, bodyHash: bodyHash, answer: Array(id.description.utf8))
    }
    return Created(response: response(record, replayed: false), new: (record, nodes, plan))
  }

  private func response(_ record: RunRecord, replayed: Bool) -> Wire.TriggerPipelineResponse {
    Wire.TriggerPipelineResponse(
      runID: record.header.id.description, version: UInt32(clamping: record.header.version),
      status: replayed ? Wire.RunStatus(record.state.status) : .pending, replayed: replayed)
  }
}
