/// The hooks of a run: attempts of the workflow's name (G49–G51, T6).
extension RunMachine {
  /// The hook that may start now; it stays due until it is reported.
  ///
  /// `initialize` runs before any node, `finish` once after every node has ended: also in a
  /// suspended run, which ends without a resume (G44), and in one that is being stopped (G45).
  package var nextHook: HookKind? {
    guard runningHook == nil else { return nil }
    if !hooks.isInitialized {
      return state.status == .starting && !hooks.hasFailed ? .initialize : nil
    }
    guard !hooks.isFinished, open == 0 else { return nil }
    switch state.status {
    case .running, .suspended, .stopping: return .finish
    default: return nil
    }
  }

  /// The id that the next attempt of a hook will have.
  package var nextHookAttempt: AttemptID {
    AttemptID(run: header.id, node: plan.workflow.name, attempt: hooks.attempts + 1)
  }

  /// How the run ends if nothing else happens: the status to come, and its reason (G19, G50).
  package var endToCome: (status: RunStatus, reason: String?) {
    if state.status == .stopping { return (.killed, Self.stoppedReason) }
    if let failure = state.failures.first { return (.failed, failure.reason) }
    // G19: one that was killed by itself, or by an earlier stop, counts as a failure.
    if let killed = plan.graph.order.first(where: { nodes[$0].status == .killed }) {
      return (.failed, nodes[killed].reason)
    }
    return (.completed, nil)
  }

  /// Records the start of a hook whose program a driver will launch.
  ///
  /// - Parameters:
  ///   - hook: The one that `nextHook` gave.
  ///   - inputs: What the attempt will use.
  ///   - credentialHash: SHA-256 of its credential.
  ///   - host: The host that will execute it.
  ///   - now: The time of the start.
  package mutating func start(
    _ hook: HookKind, inputs: AttemptInputs, credentialHash: [UInt8], host: String, now: Timestamp
  ) {
    var attempt = makeAttempt(hook, now: now)
    attempt.used = inputs
    attempt.credentialHash = credentialHash
    attempt.host = host
    begin(attempt)
    recordStart(attempt, now: now)
    launch(attempt)
  }

  /// Records start and outcome of a hook that could not be started at all.
  package mutating func execute(_ hook: HookKind, outcome: AttemptOutcome, now: Timestamp) {
    let attempt = makeAttempt(hook, now: now)
    let place = pending.changes.count
    begin(attempt)
    recordStart(attempt, now: now)
    conclude(attempt, JudgedOutcome(outcome), insertedAt: place, now: now)
  }

  private func makeAttempt(_ hook: HookKind, now: Timestamp) -> AttemptRecord {
    let id = nextHookAttempt
    let cause: AttemptCause = hooks.executed.contains(hook) ? .rerun : .first
    var attempt = AttemptRecord(
      id: id, cause: hooks.wasNeverStarted ? .recovery : cause,
      chain: hooks.wasNeverStarted ? hooks.first : id.attempt, started: now)
    attempt.hook = hook
    attempt.envRevision = environment.revision
    return attempt
  }

  private mutating func begin(_ attempt: AttemptRecord) {
    precondition(attempt.hook == nextHook, "\(attempt.id) was not the next hook")
    hooks.attempts = attempt.id.attempt
    hooks.first = attempt.chain
    hooks.wasNeverStarted = false
    runningHook = attempt
  }

  /// A hook has ended: the run goes on, or ends.
  mutating func hookEnded(_ attempt: AttemptRecord, now: Timestamp) {
    if let hook = attempt.hook { hooks.executed.insert(hook) }
    switch (attempt.hook, attempt.status) {
    case (.initialize, .completed):
      hooks.isInitialized = true
      startNodes(now: now)
      return
    case (.initialize, let status):
      hooks.hasFailed = true
      ending = ending ?? Self.failedReason
      if status == .failed || state.status != .stopping {
        state.failures.append(
          RunFailure(
            node: "", attempt: 0, reason: attempt.reason ?? "",
            message: Self.sentence("initialize hook", attempt)))
        stateChanged = true
      }
    case (_, .completed): hooks.isFinished = true
    default:
      hooks.isFinished = true
      state.finishError = "\(attempt.reason ?? ""): \(Self.sentence("finish hook", attempt))"
      stateChanged = true
    }
    endIfDone(now: now)
  }

  private static func sentence(_ hook: String, _ attempt: AttemptRecord) -> String {
    attempt.message.map { "\(hook): \($0)" } ?? "the \(hook) ended \(attempt.status.word)"
  }

  /// Goes from STARTING to RUNNING, and lets the roots start, once `initialize` has succeeded.
  ///
  /// A run that was suspended meanwhile stays so (G44).
  mutating func startNodes(now: Timestamp) {
    guard hooks.isInitialized else { return }
    if state.status == .starting { setStatus(.running, now: now) }
    guard ending == nil else { return endIfDone(now: now) }
    for position in plan.graph.order where nodes[position].status == .pending {
      if case .start = verdict(on: position) { makeReady(position, now: now) }
    }
    endIfDone(now: now)
  }
}
