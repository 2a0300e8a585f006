internal import BatonCore
internal import BatonStore
internal import Logging
internal import Synchronization

/// Drives the state machine of one run: inputs in, transitions to the store, actions out.
///
/// One transition of a run is under way at a time. Inputs that arrive meanwhile wait and are
/// applied together in the next one, so that a wide run needs few commits. The machine is never
/// ahead of the store by more than that transition: when it fails, the run is read again and the
/// inputs are applied anew.
final class RunDriver: Sendable {
  /// What happens to a run from outside.
  enum Input: Sendable {
    /// The run was created.
    case begin
    /// Something that held the run up is gone.
    case wake
    /// An executor reports the end of an attempt.
    case ended(AttemptID, ProgramEnd)
    /// The time of an attempt is over.
    case timedOut(AttemptID)
    /// The program of an attempt was found never started.
    case neverStarted(AttemptID)
  }

  /// What one step leaves to be stored and done.
  private struct Step: Sendable {
    var machine: RunMachine?
    var inputs: [Input]
    var transition: RunTransition
    var guards: [ViewGuard]
    var credentials: [AttemptID: TaskCredential]
    var slotsTaken: Int
    var hasMore: Bool
  }

  private struct State {
    /// Nil while a step is made, and while the run is to be read again.
    var machine: RunMachine?
    var inputs: [Input] = []
    var isBusy = false
    /// Credentials of attempts that are not launched yet.
    var credentials: [AttemptID: TaskCredential] = [:]
    /// Attempts whose entries the token did not take.
    var refusals: [AttemptID: BatonError] = [:]
    /// How often in a row the store has refused.
    var failures = 0
    var hasEnded = false
  }

  /// Refusals in a row after which a run waits before it is tried again.
  private static let promptRetries = 3
  /// The longest such wait.
  private static let longestDelay = Duration.seconds(10)

  let id: RunID
  let engine: Engine
  private let state: Mutex<State>

  init(_ machine: RunMachine, engine: Engine) {
    id = machine.header.id
    self.engine = engine
    state = Mutex(State(machine: machine))
  }

  /// Takes an input; returns at once.
  ///
  /// - Returns: False when the run has ended, so that nothing comes of it.
  @discardableResult
  func send(_ input: Input) -> Bool {
    let (isTaken, isFirst) = state.withLock { state -> (Bool, Bool) in
      guard !state.hasEnded else { return (false, false) }
      state.inputs.append(input)
      defer { state.isBusy = true }
      return (true, !state.isBusy)
    }
    if isFirst { proceed() }
    return isTaken
  }

  // MARK: - Steps

  /// Makes steps until one must be stored, or nothing is left; by the one holder of `isBusy`.
  private func proceed() {
    while let (machine, inputs, refusals) = take() {
      var step = makeStep(machine, inputs, refusals)
      keep(&step)
      guard step.transition.isEmpty else {
        store(step)
        return
      }
      perform(step.transition.actions)
      if rests(hasMore: false) { return }
    }
  }

  /// Moves the machine out, so that it is changed in place and not copied.
  private func take() -> (RunMachine, [Input], [AttemptID: BatonError])? {
    state.withLock { state in
      guard let machine = state.machine.take() else { return nil }
      defer { state.inputs.removeAll(keepingCapacity: true) }
      return (machine, state.inputs, state.refusals)
    }
  }

  private func makeStep(
    _ machine: consuming RunMachine, _ inputs: [Input], _ refusals: [AttemptID: BatonError]
  ) -> Step {
    var stepper = RunStepper(
      machine: machine, engine: engine, refusals: refusals,
      retry: { [weak self] in self?.send(.wake) ?? false })
    stepper.apply(inputs)
    let transition = stepper.machine.takeTransition()
    return Step(
      machine: stepper.machine, inputs: inputs, transition: transition, guards: stepper.guards,
      credentials: stepper.credentials, slotsTaken: stepper.slotsTaken, hasMore: stepper.hasMore)
  }

  private func keep(_ step: inout Step) {
    let machine = step.machine.take()
    state.withLock { state in
      state.machine = machine
      state.credentials.merge(step.credentials) { _, new in new }
    }
  }

  private func store(_ step: Step) {
    let id = id
    let limits = engine.options.tokenLimits
    engine.store.submit { writer in
      try step.transition.store(id, step.guards, writer, limits)
    } completion: { [self] result in
      switch result {
      case .success:
        state.withLock { state in
          state.failures = 0
          state.refusals.removeAll()
        }
        perform(step.transition.actions)
        if !rests(hasMore: step.hasMore) { proceed() }
      case .failure(let error): refused(error, step)
      }
    }
  }

  /// Whether nothing waits; then somebody else may become the holder of `isBusy`.
  private func rests(hasMore: Bool) -> Bool {
    state.withLock { state in
      if state.hasEnded { return true }
      if hasMore || !state.inputs.isEmpty { return false }
      state.isBusy = false
      return true
    }
  }

  // MARK: - Refusals

  /// Takes back a step that was not stored; the run is read again, now or later.
  private func refused(_ error: any Error, _ step: Step) {
    let failures = state.withLock { state in
      state.machine = nil
      state.credentials.removeAll()
      state.inputs.insert(contentsOf: step.inputs, at: 0)
      if case .puts(let attempt, let cause)? = error as? TransitionRefused {
        state.refusals[attempt] = cause
      }
      if error is TransitionRefused { return 0 }
      state.failures += 1
      return state.failures
    }
    for _ in 0..<step.slotsTaken { engine.slots.release() }
    if error is TransitionRefused {
      readAgain()
    } else {
      wait(error, failures)
    }
  }

  /// Tries the run again after the store has refused it or could not be read.
  func readAgain() {
    do {
      let machine = try engine.readMachine(id)
      state.withLock { $0.machine = machine }
      proceed()
    } catch {
      let failures = state.withLock { state in
        state.failures += 1
        return state.failures
      }
      wait(error, failures)
    }
  }

  /// Parks the run while the store does not work; it goes on by itself (reliability R4).
  private func wait(_ error: any Error, _ failures: Int) {
    let metadata: Logger.Metadata = ["run": "\(id)", "error": "\(error)"]
    switch error as? StoreError {
    case .failed, .closed:
      // The store has stopped for good: what is durable stays true, and the run goes on from
      // there at the next start.
      engine.logger.critical("run is parked until the next start", metadata: metadata)
    case .statusChanged where failures <= Self.promptRetries:
      engine.logger.notice("transition refused, applied anew", metadata: metadata)
      readAgain()
    default:
      if failures == 1 { engine.logger.error("run waits for the store", metadata: metadata) }
      let delay = min(.milliseconds(100 << min(failures, 10)), Self.longestDelay)
      engine.deadlines.set(.retry(id), engine.clock.now().advanced(by: delay))
    }
  }

  // MARK: - Actions

  private func perform(_ actions: [RunAction]) {
    for action in actions {
      switch action {
      case .launch(let attempt): launch(attempt)
      case .kill(let attempt, let graceMS, let reason):
        engine.programs.kill(attempt, grace: .milliseconds(graceMS), reason: reason)
      case .setDeadline(let attempt, let time): engine.deadlines.set(.attempt(attempt), time)
      case .removeFiles(let attempt):
        engine.deadlines.remove(.attempt(attempt))
        engine.programs.removeFiles(attempt)
        engine.slots.release()
      case .ended: end()
      }
    }
  }

  private func launch(_ id: AttemptID) {
    let start = state.withLock { state -> ProgramStart? in
      guard let credential = state.credentials.removeValue(forKey: id),
        let plan = state.machine?.plan, let position = plan.graph.index(of: id.node),
        let header = state.machine?.header, let attempt = state.machine?.running[position],
        attempt.id == id
      else { return nil }
      return ProgramStart(
        attempt: attempt, header: header, plan: plan, position: position, credential: credential)
    }
    if let start { engine.programs.launch(start) }
  }

  private func end() {
    state.withLock { state in
      state.hasEnded = true
      state.inputs.removeAll()
    }
    engine.runEnded(id)
  }
}
