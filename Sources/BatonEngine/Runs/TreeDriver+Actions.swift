internal import BatonCore
internal import BatonExec
internal import Synchronization

/// What a stored step asks for.
extension TreeDriver {
  func perform(_ step: Step) {
    for created in step.transition.created { engine.join(created.record.header.id, of: id) }
    for run in step.transition.opened where run != id { engine.join(run, of: id) }
    perform(step.transition.root.actions, of: id, step.workers.places)
    for (run, transition) in step.transition.below {
      perform(transition.actions, of: run, step.workers.places)
    }
    for report in step.workers.again { add(.reported(report)) }
    for run in step.transition.ended { childEnded(run) }
    for run in step.heldBack { holdBack(run) }
    for run in step.transition.begins { begin(run) }
    for run in step.unfinished { add(.goOn(run)) }
  }

  /// Does what the transition of one run asks for.
  func perform(
    _ actions: [RunAction], of run: RunID, _ places: [AttemptID: WorkerPlace] = [:]
  ) {
    for action in actions {
      switch action {
      case .launch(let attempt): launch(attempt)
      case .kill(let attempt, let graceMS, let reason):
        engine.programs.kill(
          AttemptKey(attempt), killOrder(of: run, graceMS: graceMS, reason: reason))
      case .setDeadline(let attempt, let time): engine.deadlines.set(.attempt(attempt), time)
      case .setWake(let node, let time): engine.deadlines.set(.node(run, node), time)
      case .removeWake(let node): engine.deadlines.remove(.node(run, node))
      case .removeFiles(let attempt):
        engine.deadlines.remove(.attempt(attempt))
        engine.programs.removeFiles(AttemptKey(attempt))
        engine.slots.release()
      case .removeDeadline(let attempt): engine.deadlines.remove(.attempt(attempt))
      case .abandon(let attempt):
        engine.deadlines.remove(.attempt(attempt))
        engine.programs.abandon(AttemptKey(attempt))
        engine.slots.release()
      case .assign(let attempt): assign(attempt, places[attempt])
      case .cancelLease(let attempt, let graceMS, let reason):
        engine.workers.cancel(attempt, graceMS: graceMS, reason: reason)
      case .endLease(let attempt): endLease(attempt)
      case .ended: ended(run)
      }
    }
  }

  /// A run that is stopped waits until nothing is left, one that was given up does not give up
  /// killing (G57, SR124).
  private func killOrder(of run: RunID, graceMS: Int64, reason: String) -> KillOrder {
    let status = state.withLock { $0.tree?[run].state.status }
    return KillOrder(
      grace: .milliseconds(graceMS), reason: reason,
      isUntilGone: status == .stopping || status == .killed)
  }

  private func launch(_ id: AttemptID) {
    let start = state.withLock { state -> ProgramStart? in
      guard let credential = state.credentials.removeValue(forKey: id),
        let machine = state.tree?[id.run], let attempt = machine.runningAttempt(id),
        let step = machine.step(of: attempt)
      else { return nil }
      return ProgramStart(
        attempt: attempt, header: machine.header, environment: machine.environment, step: step,
        tokenGraph: machine.plan.tokenGraph,
        runStatus: attempt.hook == .finish ? machine.endToCome.status : nil,
        item: machine.itemText(of: id),
        credential: credential)
    }
    if let start { engine.programs.launch(start) }
  }

  /// Has a PENDING child run begin when its turn has come (G36).
  private func begin(_ run: RunID) {
    let machine = state.withLock { state -> RunMachine? in
      state.tree?.contains(run) == true ? state.tree?[run] : nil
    }
    guard let machine, machine.state.status == .pending else { return }
    if engine.enterQueue(run, of: machine) { add(.begin(run)) }
  }

  /// A run that may not begin leaves its place to others (RE70).
  private func holdBack(_ run: RunID) {
    let workflow = state.withLock { $0.tree?[run].header.workflow }
    if let workflow { engine.leaveQueue(run, of: workflow) }
  }

  /// A run has ended: others of its workflow may begin, and the attempt that it carried out ends.
  private func ended(_ run: RunID) {
    let workflow = state.withLock { $0.tree?[run].header.workflow }
    if let workflow { engine.leaveQueue(run, of: workflow) }
    if run != id { childEnded(run) }
    engine.workers.remove(run)
    // Among its inputs may have been the offer of a slot, which is another run's now.
    engine.slots.offer()
  }

  private func childEnded(_ run: RunID) {
    engine.leave(run)
    add(.childEnded(run))
  }

  /// Adds an input while a step is finished; it is taken by the next one.
  func add(_ input: Input) { state.withLock { $0.inputs.append(input) } }
}
