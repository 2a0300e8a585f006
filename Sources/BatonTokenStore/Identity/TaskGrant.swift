internal import BatonCore
internal import BatonStore
internal import BatonWire

/// What a task credential allows: to put and read as one attempt of one run (T36).
final class TaskGrant: Sendable {
  /// The attempt to which the credential was given.
  let attempt: AttemptID
  /// The run's workflow.
  let workflow: WorkflowID
  /// The id that the run's trigger brought; nil: none.
  let externalID: String?

  init(attempt: AttemptID, run: RunHeader) {
    self.attempt = attempt
    workflow = run.workflow
    externalID = run.externalID
  }

  /// Whether the attempt is one of a hook, which bears the workflow's name (T6).
  var isHook: Bool { attempt.node == workflow.workflow }

  /// Checks that the run named in a request, if any, is the credential's (T37, T38).
  ///
  /// A run id that is none at all is not another run; it is left to the check of form.
  ///
  /// - Throws: PERMISSION_DENIED `not_permitted`.
  func checkRun(_ run: Wire.RunRef?) throws(BatonError) {
    guard let run else { return }
    guard RunLocator(run).matches(workflow) else { throw Self.otherRun }
    guard !run.runID.isEmpty else { return }
    if let id = RunID(run.runID) {
      guard id == attempt.run else { throw Self.otherRun }
    } else if !run.application.isEmpty, !run.workflow.isEmpty {
      guard let externalID, TokenBytes.areEqual(run.runID, externalID) else {
        throw Self.otherRun
      }
    }
  }

  /// Checks the form of the run id named in a request, if any.
  ///
  /// - Throws: INVALID_ARGUMENT `run_id_invalid`.
  func checkRunID(_ run: Wire.RunRef?) throws(BatonError) {
    guard let run, !run.runID.isEmpty else { return }
    _ = try RunLocator(run).baseID()
  }

  /// Checks that a node and attempt named in a request, if any, are the credential's (T37).
  ///
  /// - Throws: PERMISSION_DENIED `not_permitted`.
  func checkAttempt(node: String, attempt number: UInt32) throws(BatonError) {
    guard node.isEmpty || TokenBytes.areEqual(node, attempt.node),
      number == 0 || Int(number) == attempt.attempt
    else {
      throw BatonError(
        .permissionDenied, "not_permitted",
        "the task credential is for attempt \(attempt.attempt) of node \(attempt.node) only")
    }
  }

  /// The answer when the attempt has ended, or its run is being stopped (T22).
  var ended: BatonError {
    BatonError(
      .permissionDenied, "attempt_ended",
      "attempt \(attempt.attempt) of node \(attempt.node) has ended, and its credential with it")
  }

  private static var otherRun: BatonError {
    BatonError(
      .permissionDenied, "not_permitted", "the task credential is for its own run only")
  }
}

extension TaskGrant {
  /// Whether the credential still counts, as far as memory knows (T22).
  ///
  /// - Returns: Nil when the store must be asked (``isAlive(_:)``).
  func isAlive(_ token: TokenSnapshot) -> Bool? {
    guard let known = token.attempt(attempt.attempt, of: attempt.node) else { return false }
    guard known.status == .running else { return false }
    // A token knows the passes of `for_each`, and not the attempts of their items.
    guard token.status == .stopping else { return attempt.item == nil ? true : nil }
    return isHook ? nil : false
  }

  /// Whether the credential still counts, once run and attempt are found to exist (check 4).
  ///
  /// In a STOPPING run it counts only for a finish hook started after the stop (T22).
  ///
  /// - Throws: NOT_FOUND `run_not_found`, `attempt_not_found`.
  func isAlive(_ reader: any StoreReader) throws -> Bool {
    guard let run = try reader.runStatus(attempt.run) else { throw runNotFound }
    guard let status = try reader.attemptStatus(attempt) else {
      throw BatonError(
        .notFound, "attempt_not_found",
        "node \(attempt.node) of run \(attempt.run) has no attempt \(attempt.attempt)")
    }
    guard status == .running else { return false }
    return try run != .stopping || isStartedByStop(reader)
  }

  /// Whether the attempt is the finish hook of the stop (T22): all that ran before is being killed
  /// because of the stop.
  private func isStartedByStop(_ reader: any StoreReader) throws -> Bool {
    guard isHook, let record = try reader.attempt(attempt) else { return false }
    return record.hook == .finish && record.killReason != "run_stopped"
  }

  /// From where the attempt reads (T37, RE109).
  var viewpoint: TokenViewpoint { TokenViewpoint(of: attempt) }

  /// The answer when the run does not exist any more.
  var runNotFound: BatonError {
    BatonError(.notFound, "run_not_found", "no run \(attempt.run)")
  }
}

extension RunLocator {
  /// The run that a request names.
  init(_ run: Wire.RunRef) {
    self.init(
      namespace: run.namespace, application: run.application, workflow: run.workflow,
      runID: run.runID)
  }
}
