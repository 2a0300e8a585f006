public import BatonCore
internal import BatonWire

/// What a run is to be started with.
public struct TriggerOptions: Sendable, Hashable {
  /// The version to run; nil for the newest.
  public var version: Int?
  /// Arguments over the declared defaults.
  public var arguments: [String: String]
  /// Environment over that of file and workflow.
  public var environment: [String: String]
  /// Names of the environment whose values are secret.
  public var secretEnvironment: [String]
  /// An id of the caller's own, unique per workflow for ever.
  public var externalID: String?
  /// The text of one JSON object, whose members become arguments.
  public var conf: String?
  /// Makes the call safe to repeat; nil for a fresh one.
  public var requestID: String?

  /// Options with everything absent but what is given.
  public init(
    version: Int? = nil, arguments: [String: String] = [:], environment: [String: String] = [:],
    secretEnvironment: [String] = [], externalID: String? = nil, conf: String? = nil,
    requestID: String? = nil
  ) {
    self.version = version
    self.arguments = arguments
    self.environment = environment
    self.secretEnvironment = secretEnvironment
    self.externalID = externalID
    self.conf = conf
    self.requestID = requestID
  }
}

/// What the server answered to a trigger.
public struct TriggerReceipt: Sendable, Hashable {
  /// The version that the run is pinned to.
  public var version: Int
  /// PENDING, or REJECTED where the workflow had its most active runs.
  public var status: RunStatus
  /// Whether an earlier call with the same request id had made the run.
  public var isReplay: Bool
}

extension BatonClient {
  /// Starts a run of a workflow; it is durable when this returns.
  ///
  /// - Parameters:
  ///   - workflow: The workflow.
  ///   - options: Arguments, environment, version and ids.
  /// - Returns: The run.
  /// - Throws: INVALID_ARGUMENT `argument_missing`, `argument_conflict`, `conf_invalid`,
  ///   `env_name_invalid`, `run_id_invalid`; NOT_FOUND `app_not_found`, `version_not_found`,
  ///   `workflow_not_found`; ALREADY_EXISTS `run_id_taken`, `request_id_reused`;
  ///   RESOURCE_EXHAUSTED `argument_limit`, `env_limit`.
  public func trigger(
    _ workflow: WorkflowID, options: TriggerOptions = TriggerOptions()
  ) async throws -> Run {
    var request = Wire.TriggerPipelineRequest()
    request.namespace = workflow.namespace
    request.application = workflow.application
    request.workflow = workflow.workflow
    request.version = UInt32(clamping: options.version ?? 0)
    request.arguments = options.arguments
    request.env = options.environment
    request.secretEnv = options.secretEnvironment
    request.externalRunID = options.externalID ?? ""
    request.conf = options.conf ?? ""
    request.requestID = options.requestID ?? RequestID.make()
    let response = try await engine.triggerPipeline(request, options: .withRequestID)
    return Run(
      client: self,
      reference: RunReference(id: response.runID, of: workflow),
      receipt: TriggerReceipt(
        version: Int(response.version), status: RunStatus(rawValue: response.status.name),
        isReplay: response.replayed))
  }

  /// Starts a run of a workflow named as text, `APP/WORKFLOW` or `NS:APP/WORKFLOW`.
  ///
  /// - Parameters:
  ///   - workflow: The workflow.
  ///   - arguments: Arguments over the declared defaults.
  /// - Returns: The run.
  /// - Throws: INVALID_ARGUMENT `name_invalid`, and what ``trigger(_:options:)`` throws.
  public func trigger(
    _ workflow: String, arguments: [String: String] = [:]
  ) async throws -> Run {
    try await trigger(
      WorkflowID(workflow, namespace: namespace), options: TriggerOptions(arguments: arguments))
  }
}
