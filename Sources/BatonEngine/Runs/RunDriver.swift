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

  private struct State {
    var machine: RunMachine?
    var inputs: [Input] = []
    var isBusy = false
    /// Credentials of attempts that are not launched yet.
    var credentials: [AttemptID: TaskCredential] = [:]
    var hasEnded = false
  }

  let id: RunID
  let engine: Engine
  private let state: Mutex<State>

  init(_ machine: RunMachine, engine: Engine) {
    id = machine.header.id
    self.engine = engine
    state = Mutex(State(machine: machine))
  }

  /// Takes an input; returns at once.
  func send(_ input: Input) {
    let isFirst = state.withLock { state -> Bool in
      guard !state.hasEnded else { return false }
      state.inputs.append(input)
      guard !state.isBusy else { return false }
      state.isBusy = true
      return true
    }
    if isFirst { step() }
  }

  // MARK: - Steps

  /// Applies what waits and submits the transition; called by the one holder of `isBusy`.
  private func step() {
    var taken: (machine: RunMachine, inputs: [Input])?
    state.withLock { state in
      guard let machine = state.machine else { return }
      taken = (machine, state.inputs)
      // The machine is moved out, so that it is changed in place and not copied.
      state.machine = nil
      state.inputs.removeAll(keepingCapacity: true)
    }
    guard let (machine, inputs) = taken else { return }
    var stepper = RunStepper(machine: machine, engine: engine) { [weak self] in
      self?.send(.wake)
    }
    taken = nil
    stepper.apply(inputs)
    let transition = stepper.machine.takeTransition()
    let hasMore = stepper.hasMore
    state.withLock { state in
      state.machine = stepper.machine
      state.credentials.merge(stepper.credentials) { _, new in new }
    }
    guard !transition.isEmpty else {
      perform(transition.actions)
      proceed(hasMore: false)
      return
    }
    store(transition, inputs, hasMore: hasMore)
  }

  private func store(_ transition: RunTransition, _ inputs: [Input], hasMore: Bool) {
    let id = id
    let limits = engine.options.tokenLimits
    engine.store.submit { writer in
      try transition.store(id, writer, limits)
    } completion: { [self] result in
      switch result {
      case .success:
        perform(transition.actions)
        proceed(hasMore: hasMore)
      case .failure(let error):
        recover(from: error, inputs)
      }
    }
  }

  /// Goes on with what arrived meanwhile, or rests.
  private func proceed(hasMore: Bool) {
    let goesOn = state.withLock { state -> Bool in
      if state.hasEnded { return false }
      if hasMore || !state.inputs.isEmpty { return true }
      state.isBusy = false
      return false
    }
    if goesOn { step() }
  }

  /// Reads the run again after a transition that was refused, and applies its inputs anew.
  private func recover(from error: any Error, _ inputs: [Input]) {
    guard error is BatonError else {
      // The store has stopped or has no room: what is durable stays true, and the run goes on
      // from there at the next start.
      engine.logger.critical(
        "run is parked until the next start", metadata: ["run": "\(id)", "error": "\(error)"])
      return
    }
    engine.logger.notice(
      "transition refused, applied anew", metadata: ["run": "\(id)", "error": "\(error)"])
    do {
      let machine = try engine.readMachine(id)
      state.withLock { state in
        state.machine = machine
        state.inputs.insert(contentsOf: inputs, at: 0)
      }
      step()
    } catch {
      engine.logger.critical(
        "run cannot be read", metadata: ["run": "\(id)", "error": "\(error)"])
    }
  }

  // MARK: - Actions

  private func perform(_ actions: [RunAction]) {
    for action in actions {
      switch action {
      case .launch(let attempt): launch(attempt)
      case .kill(let attempt, let graceMS, let reason):
        engine.programs.kill(attempt, grace: .milliseconds(graceMS), reason: reason)
      case .setDeadline(let attempt, let time): engine.deadlines.set(attempt, time)
      case .removeFiles(let attempt):
        engine.deadlines.remove(attempt)
        engine.slots.release()
        engine.programs.removeFiles(attempt)
      case .ended: end()
      }
    }
  }

  private func launch(_ id: AttemptID) {
    let start = state.withLock { state -> (RunMachine, TaskCredential)? in
      guard let machine = state.machine,
        let credential = state.credentials.removeValue(forKey: id)
      else { return nil }
      return (machine, credential)
    }
    guard let (machine, credential) = start, let position = machine.plan.graph.index(of: id.node),
      let attempt = machine.running[position], attempt.id == id
    else { return }
    engine.programs.launch(
      ProgramStart(
        attempt: attempt, header: machine.header, plan: machine.plan, position: position,
        credential: credential))
  }

  private func end() {
    state.withLock { state in
      state.hasEnded = true
      state.inputs.removeAll()
    }
    engine.runEnded(id)
  }
}
