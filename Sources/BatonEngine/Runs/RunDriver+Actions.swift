internal import BatonCore
internal import BatonExec
internal import Synchronization

/// What a stored transition asks for.
extension RunDriver {
  func perform(_ actions: [RunAction]) {
    for action in actions {
      switch action {
      case .launch(let attempt): launch(attempt)
      case .kill(let attempt, let graceMS, let reason):
        engine.programs.kill(AttemptKey(attempt), killOrder(graceMS: graceMS, reason: reason))
      case .setDeadline(let attempt, let time): engine.deadlines.set(.attempt(attempt), time)
      case .setWake(let node, let time): engine.deadlines.set(.node(id, node), time)
      case .removeWake(let node): engine.deadlines.remove(.node(id, node))
      case .removeFiles(let attempt):
        engine.deadlines.remove(.attempt(attempt))
        engine.programs.removeFiles(AttemptKey(attempt))
        engine.slots.release()
      case .removeDeadline(let attempt): engine.deadlines.remove(.attempt(attempt))
      case .abandon(let attempt):
        engine.deadlines.remove(.attempt(attempt))
        engine.programs.abandon(AttemptKey(attempt))
        engine.slots.release()
      case .ended: end()
      }
    }
  }

  /// A run that is stopped waits until nothing is left, one that was given up does not give up
  /// killing (G57, SR124).
  private func killOrder(graceMS: Int64, reason: String) -> KillOrder {
    let status = state.withLock { $0.machine?.state.status }
    return KillOrder(
      grace: .milliseconds(graceMS), reason: reason,
      isUntilGone: status == .stopping || status == .killed)
  }

  private func launch(_ id: AttemptID) {
    let start = state.withLock { state -> ProgramStart? in
      guard let credential = state.credentials.removeValue(forKey: id),
        let attempt = state.machine?.runningAttempt(id), let header = state.machine?.header,
        let step = state.machine?.step(of: attempt), let plan = state.machine?.plan
      else { return nil }
      return ProgramStart(
        attempt: attempt, header: header, step: step, tokenGraph: plan.tokenGraph,
        runStatus: attempt.hook == .finish ? state.machine?.endToCome.status : nil,
        credential: credential)
    }
    if let start { engine.programs.launch(start) }
  }

  /// The run has ended; orders that came too late are answered by its record.
  private func end() {
    let orders = state.withLock { state in
      state.hasEnded = true
      defer {
        state.inputs.removeAll()
        state.deferred.removeAll()
      }
      return state.inputs.compactMap(\.order)
    }
    engine.deadlines.remove(.prepare(id))
    engine.runEnded(id, workflow)
    for order in orders { engine.answerFromStore(order, id) }
    // Among the inputs may have been the offer of a slot, which is another run's now.
    engine.slots.offer()
  }
}
