/// Suspend, resume and stop (G44–G46, SR121, SR125).
extension RunMachine {
  /// The reasons of the nodes that never start, and of the attempts that a stop kills (G41).
  static let failedReason = "run_failed"
  static let stoppedReason = "run_stopped"
  /// The reason of attempts that are killed because another node failed (G42).
  static let siblingReason = "sibling_failed"
  /// The reason of a node that an operator skipped (RE81).
  static let skippedReason = "operator_skip"
  /// The reason of a node whose edges settled without leading to it (G17).
  static let notTakenReason = "no_edge_satisfied"
  /// The reason of a handler whose failure is no more (RE56).
  static let obsoleteReason = "handler_obsolete"

  /// Carries out an order.
  ///
  /// - Parameters:
  ///   - order: The order; a stop of a run that is STOPPING joins the one under way.
  ///   - left: What is known of processes that a forced stop leaves behind.
  ///   - now: The time.
  /// - Throws: FAILED_PRECONDITION with the reason of G46; nothing has changed then.
  package mutating func apply(
    _ order: RunOrder, left: [AttemptID: AttemptEnding] = [:], now: Timestamp
  ) throws(BatonError) {
    if let refusal = order.refusal(of: header.id, in: state.status) { throw refusal }
    switch order {
    case .suspend:
      setStatus(.suspended, now: now)
      state.suspended = now
    case .resume:
      setStatus(.resuming, now: now)
      state.resumed = now
      goOn(now: now)
    case .stop(let order): stop(order, left, now: now)
    }
  }

  /// Goes from RESUMING to where the run was (G44).
  mutating func goOn(now: Timestamp) {
    setStatus(hooks.isInitialized ? .running : .starting, now: now)
  }

  private mutating func stop(
    _ order: StopOrder, _ left: [AttemptID: AttemptEnding], now: Timestamp
  ) {
    switch state.status {
    case .completed, .failed, .killed, .rejected: return
    case .pending:
      state.stop = order
      ending = Self.stoppedReason
      endUnstarted(Self.stoppedReason, now: now)
      end(now: now)
      return
    case .stopping: join(order)
    case .starting, .running, .suspended, .resuming: beginStop(order, now: now)
    }
    if order.isForced { abandon(left, now: now) }
    endIfDone(now: now)
  }

  private mutating func beginStop(_ order: StopOrder, now: Timestamp) {
    state.stop = order
    state.stopping = now
    setStatus(.stopping, now: now)
    ending = Self.stoppedReason
    clearReady()
    endDelays(skip: Self.stoppedReason, kill: Self.stoppedReason, now: now)
    for attempt in runningAttempts {
      guard let reason = attempt.killReason else {
        kill(attempt, reason: Self.stoppedReason)
        continue
      }
      // From now on it is killed until nothing of it is left (G57), sooner where the stop says so.
      let own = ownGraceMS(of: attempt)
      endWork(of: attempt, reason: reason, graceMS: min(own, order.graceMS ?? own))
    }
    killPasses(Self.stoppedReason)
  }

  /// A repeated stop: a smaller grace shortens the wait, a greater one changes nothing (SR125).
  private mutating func join(_ order: StopOrder) {
    if order.isForced {
      state.stop?.isForced = true
      stateChanged = true
    }
    guard let grace = order.graceMS, grace < state.stop?.graceMS ?? plan.longestGraceMS
    else { return }
    let attempts = runningAttempts
    for attempt in attempts where attempt.killReason != nil {
      shorten(attempt, from: killGraceMS(of: attempt), to: grace)
    }
    state.stop?.graceMS = grace
    stateChanged = true
    // The finish hook may last no longer than the grace (G50).
    for attempt in attempts where attempt.killReason == nil { setDeadline(of: attempt) }
  }

  /// Kills anew with a shorter grace what is being killed.
  private mutating func shorten(_ attempt: AttemptRecord, from old: Int64, to new: Int64) {
    guard let reason = attempt.killReason, new < old else { return }
    endWork(of: attempt, reason: reason, graceMS: new)
  }

  /// Ends the run although something may be left; killing goes on (SR124).
  private mutating func abandon(_ left: [AttemptID: AttemptEnding], now: Timestamp) {
    hooks.isFinished = true
    for attempt in runningAttempts {
      kill(attempt, reason: Self.stoppedReason)
      guard let killed = runningAttempt(attempt.id) else { continue }
      pending.actions.append(attempt.hasFiles ? .abandon(attempt.id) : attempt.cleaning)
      let ending = left[attempt.id] ?? AttemptEnding(means: .kill, proof: .none)
      conclude(
        killed,
        JudgedOutcome(
          AttemptOutcome(status: .killed, reason: Self.stoppedReason, ending: ending)), now: now)
    }
    while let position = endedPass {
      endPass(position, JudgedOutcome(passOutcome(position)), now: now)
    }
  }

  // MARK: - Grace

  /// The time between TERM and KILL with which an attempt is killed now (G57, SR120).
  ///
  /// A finish hook that has used up the grace of the stop gets no more of it (G50).
  package func killGraceMS(of attempt: AttemptRecord) -> Int64 {
    guard state.status == .stopping else { return ownGraceMS(of: attempt) }
    if attempt.hook == .finish, attempt.killReason != Self.stoppedReason { return 0 }
    return state.stop?.graceMS ?? ownGraceMS(of: attempt)
  }

  private func ownGraceMS(of attempt: AttemptRecord) -> Int64 {
    guard attempt.hook == nil, let position = plan.graph.index(of: attempt.id.node) else {
      return step(of: attempt)?.graceMS ?? RunPlan.Step.defaultGraceMS
    }
    return policy(of: position).stopGraceMS
  }
}
