internal import BatonCore
internal import BatonWire

/// Which nodes are run again.
public enum RerunSelection: Sendable, Hashable {
  /// Nodes by name, 1..1,000; each with the attempt that must be its newest, nil for any.
  case nodes([String: Int?])
  /// All unhandled failures, killed nodes, and nodes skipped because the run failed or was stopped.
  case allFailed

  /// Nodes by name, whatever their newest attempts are.
  public static func nodes(_ names: String...) -> RerunSelection {
    .nodes(Dictionary(names.map { ($0, nil) }, uniquingKeysWith: { first, _ in first }))
  }
}

/// How nodes are run again (RE30, RE40).
public struct RerunOptions: Sendable, Hashable {
  /// What happens to nodes after a re-run one that have ended.
  public enum Downstream: String, Sendable, Hashable, CaseIterable {
    /// They stay as they are.
    case keep
    /// They get a further attempt.
    case rerun
  }

  /// Change of the environment, made before anything starts.
  public var change: EnvironmentChange
  /// Keep finished items of `for_each` and continue child runs in place.
  public var keepsFinished: Bool
  /// Also resume the run, and waive `pause_before` of the nodes.
  public var resumes: Bool
  /// Accept COMPLETED nodes, runs and ancestors too.
  public var allowsCompleted: Bool
  /// What happens to nodes after them.
  public var downstream: Downstream
  /// Answer what the call would do and change nothing.
  public var isDryRun: Bool
  /// Free text kept with the call, at most 1,024 bytes.
  public var note: String
  /// Makes the call safe to repeat; nil for a fresh one.
  public var requestID: String?

  /// Options with everything at its default but what is given.
  public init(
    change: EnvironmentChange = EnvironmentChange(), keepsFinished: Bool = false,
    resumes: Bool = false, allowsCompleted: Bool = false, downstream: Downstream = .keep,
    isDryRun: Bool = false, note: String = "", requestID: String? = nil
  ) {
    self.change = change
    self.keepsFinished = keepsFinished
    self.resumes = resumes
    self.allowsCompleted = allowsCompleted
    self.downstream = downstream
    self.isDryRun = isDryRun
    self.note = note
    self.requestID = requestID
  }
}

/// How a node is skipped (RE80, RE81).
public struct SkipOptions: Sendable, Hashable {
  /// A value to put for the skipped node.
  public struct Output: Sendable, Hashable {
    /// The key.
    public var key: String
    /// The value.
    public var value: String

    /// A key with its value.
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// The attempt that must be its newest; nil for any.
  public var expectedAttempt: Int?
  /// Values to put for it, in USER, in order.
  public var outputs: [Output]
  /// What a condition is taken to have decided; needed for a condition, nil for another node.
  public var outcome: Bool?
  /// Change of the environment, made before anything starts.
  public var change: EnvironmentChange
  /// Also resume the run.
  public var resumes: Bool
  /// Answer what the call would do and change nothing.
  public var isDryRun: Bool
  /// Free text kept with the call, at most 1,024 bytes.
  public var note: String
  /// Makes the call safe to repeat; nil for a fresh one.
  public var requestID: String?

  /// Options with everything at its default but what is given.
  public init(
    expectedAttempt: Int? = nil, outputs: [Output] = [], outcome: Bool? = nil,
    change: EnvironmentChange = EnvironmentChange(), resumes: Bool = false,
    isDryRun: Bool = false, note: String = "", requestID: String? = nil
  ) {
    self.expectedAttempt = expectedAttempt
    self.outputs = outputs
    self.outcome = outcome
    self.change = change
    self.resumes = resumes
    self.isDryRun = isDryRun
    self.note = note
    self.requestID = requestID
  }
}

extension Run {
  /// Gives nodes a further attempt, with a changed environment if wanted, and re-opens the run.
  ///
  /// Accepted for all nodes or for none, and durable when this returns. Nodes that completed keep
  /// what they did, unless `downstream` says otherwise.
  ///
  /// - Parameters:
  ///   - selection: Which nodes.
  ///   - options: Everything else.
  /// - Returns: What happens; with `isDryRun` what would.
  /// - Throws: FAILED_PRECONDITION, ABORTED, INVALID_ARGUMENT, NOT_FOUND or RESOURCE_EXHAUSTED with
  ///   the reasons of RE30 to RE32, such as `node_completed` or `run_stopping`; nothing has changed
  ///   then.
  @discardableResult
  public func rerun(
    _ selection: RerunSelection, options: RerunOptions = RerunOptions()
  ) async throws -> RerunPlan {
    var request = Wire.RerunTaskRequest()
    request.run = reference.wire
    switch selection {
    case .allFailed: request.allFailed = true
    case .nodes(let nodes):
      request.nodes =
        nodes.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
        .map { Wire.RerunNode(node: $0.key, expectedAttempt: UInt32(clamping: $0.value ?? 0)) }
    }
    request.change = options.change.wire
    request.noReset = options.keepsFinished
    request.resume = options.resumes
    request.allowCompleted = options.allowsCompleted
    request.downstream = options.downstream == .rerun ? .rerun : .keep
    request.dryRun = options.isDryRun
    request.note = options.note
    request.requestID = options.requestID ?? RequestID.make()
    let response = try await client.engine.rerunTask(request, options: .withRequestID)
    return try RerunPlan(answer: response.plan)
  }

  /// Settles one failed or killed node as if it had succeeded (RE80).
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - options: Its outputs, and everything else.
  /// - Returns: What happens; with `isDryRun` what would.
  /// - Throws: INVALID_ARGUMENT `outcome_required`, `outcome_not_applicable`, the reasons of a put
  ///   for outputs, and what ``rerun(_:options:)`` throws.
  @discardableResult
  public func skip(
    _ node: String, options: SkipOptions = SkipOptions()
  ) async throws -> RerunPlan {
    var request = Wire.SkipNodeRequest()
    request.run = reference.wire
    request.node = node
    request.expectedAttempt = UInt32(clamping: options.expectedAttempt ?? 0)
    request.outputs = options.outputs.map {
      Wire.TokenPut(key: $0.key, value: $0.value)
    }
    request.outcome =
      switch options.outcome {
      case true?: .true
      case false?: .false
      case nil: .unspecified
      }
    request.change = options.change.wire
    request.resume = options.resumes
    request.dryRun = options.isDryRun
    request.note = options.note
    request.requestID = options.requestID ?? RequestID.make()
    let response = try await client.engine.skipNode(request, options: .withRequestID)
    return try RerunPlan(answer: response.plan)
  }

  /// Lets a suspended run and those below it go on, with a changed environment (RE72, RE73).
  ///
  /// - Parameters:
  ///   - change: Change of the environment, made before anything starts.
  ///   - isDryRun: Answer what the call would do and change nothing.
  ///   - note: Free text kept with the call, at most 1,024 bytes.
  ///   - requestID: Makes the call safe to repeat; nil for a fresh one.
  /// - Returns: What happens; with `isDryRun` what would.
  /// - Throws: what ``resume(nodes:note:requestID:)`` throws; FAILED_PRECONDITION
  ///   `parent_suspended`; ABORTED `env_changed`; INVALID_ARGUMENT `env_name_invalid`;
  ///   RESOURCE_EXHAUSTED `env_limit`, `env_revision_limit`.
  @discardableResult
  public func resume(
    changing change: EnvironmentChange, isDryRun: Bool = false, note: String = "",
    requestID: String? = nil
  ) async throws -> RerunPlan {
    let request = Wire.ResumeRunRequest(
      run: reference.wire, change: change.wire, dryRun: isDryRun, note: note,
      requestID: requestID ?? RequestID.make())
    let response = try await client.engine.resumeRun(request, options: .withRequestID)
    return try RerunPlan(answer: response.plan)
  }
}
