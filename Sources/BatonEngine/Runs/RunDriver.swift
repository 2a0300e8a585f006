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
    /// The run was created, or its turn has come (G36).
    case begin
    /// Something that held the run up is gone.
    case wake
    /// An executor reports the end of an attempt.
    case ended(AttemptID, ProgramEnd)
    /// The time of an attempt is over.
    case timedOut(AttemptID)
    /// The program of an attempt was found never started.
    case neverStarted(AttemptID)
    /// The delay of a node is over.
    case delayOver(String)
    /// Somebody gives an order and waits for its answer.
    case order(OrderCall)

    var order: OrderCall? {
      if case .order(let call) = self { call } else { nil }
    }
  }

  /// What one step leaves to be stored and done.
  struct Step: Sendable {
    var machine: RunMachine?
    var inputs: [Input]
    var transition: RunTransition
    var guards: [ViewGuard]
    /// The bound under which the run begins in this step; nil: it does not, or has none.
    var bound: ActiveRunGuard?
    var order: (call: OrderCall, result: Result<RunState, BatonError>)?
    var credentials: [AttemptID: TaskCredential]
    var slotsTaken: Int
    var hasMore: Bool
    var trouble: (any Error)?
    var deferred: [Input]

    /// An order that was carried out, or may have been before, is looked up and remembered.
    var needsStore: Bool { !transition.isEmpty || order?.call.remembering != nil }
  }

  struct State {
    /// Nil while a step is made, and while the run is to be read again.
    var machine: RunMachine?
    /// Whether the machine was read from the store and not taken up yet.
    var isRead: Bool
    var inputs: [Input] = []
    /// Inputs that wait until what they need can be read.
    var deferred: [Input] = []
    var isBusy = false
    /// Credentials of attempts that are not launched yet.
    var credentials: [AttemptID: TaskCredential] = [:]
    /// Attempts whose entries the token did not take.
    var refusals: [AttemptID: BatonError] = [:]
    /// How often in a row the store has refused.
    var failures = 0
    /// How often in a row something could not be prepared.
    var troubles = 0
    /// Whether the run waits for the store; whoever ends that is the holder of `isBusy`.
    var isParked = false
    var hasEnded = false
  }

  let id: RunID
  let workflow: WorkflowID
  let engine: Engine
  let state: Mutex<State>

  /// - Parameters:
  ///   - machine: The run as it is stored.
  ///   - isRead: Whether it was read from the store after others had driven it.
  ///   - engine: Whose run it is.
  init(_ machine: RunMachine, isRead: Bool = false, engine: Engine) {
    id = machine.header.id
    workflow = machine.header.workflow
    self.engine = engine
    state = Mutex(State(machine: machine, isRead: isRead))
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
    // Who gives an order is told at once whether the store works again (reliability R4).
    if input.order != nil { leaveParking() }
    return isTaken
  }

  /// Tries a run again that waits for the store; one that does not goes on as it is.
  func leaveParking() {
    let wasParked = state.withLock { state in
      defer { state.isParked = false }
      return state.isParked
    }
    if wasParked { readAgain() }
  }

  /// Tries again what could not be prepared.
  func prepareAgain() {
    state.withLock { state in
      state.inputs.insert(contentsOf: state.deferred, at: 0)
      state.deferred.removeAll()
    }
    send(.wake)
  }

  // MARK: - Steps

  /// Makes steps until one must be stored, or nothing is left; by the one holder of `isBusy`.
  func proceed() {
    while let taken = take() {
      var step = makeStep(taken)
      keep(&step)
      guard !step.needsStore else {
        store(step)
        return
      }
      if finish(step) { return }
    }
  }

  /// What one step is made of.
  private struct Taken: ~Copyable {
    var machine: RunMachine
    let isRead: Bool
    let inputs: [Input]
    let refusals: [AttemptID: BatonError]
  }

  /// Moves the machine out, so that it is changed in place and not copied.
  ///
  /// A step carries out one order at most, so that an order is durable before the next is judged.
  private func take() -> Taken? {
    state.withLock { state -> Taken? in
      guard let machine = state.machine.take() else { return nil }
      defer { state.isRead = false }
      var inputs = state.inputs
      if let order = inputs.firstIndex(where: { $0.order != nil }) {
        inputs = Array(state.inputs[...order])
        state.inputs.removeFirst(inputs.count)
      } else {
        state.inputs.removeAll(keepingCapacity: true)
      }
      return Taken(
        machine: machine, isRead: state.isRead, inputs: inputs, refusals: state.refusals)
    }
  }

  private func makeStep(_ taken: consuming Taken) -> Step {
    let (isRead, inputs, refusals) = (taken.isRead, taken.inputs, taken.refusals)
    var stepper = RunStepper(
      machine: taken.machine, engine: engine, refusals: refusals,
      retry: { [weak self] in self?.send(.wake) ?? false })
    if isRead { stepper.takeUp() }
    stepper.apply(inputs)
    let transition = stepper.machine.takeTransition()
    var bound: ActiveRunGuard?
    if stepper.hasBegun {
      bound = ActiveRunBound(stepper.machine.plan.workflow)
        .map { ActiveRunGuard(workflow: workflow, bound: $0) }
    }
    return Step(
      machine: stepper.machine, inputs: inputs, transition: transition, guards: stepper.guards,
      bound: bound, order: stepper.order, credentials: stepper.credentials,
      slotsTaken: stepper.slotsTaken, hasMore: stepper.hasMore, trouble: stepper.trouble,
      deferred: stepper.deferred)
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
      try step.checkOrder(writer)
      if let bound = step.bound, try bound.isFull(writer) { throw TransitionRefused.full }
      try step.transition.store(id, step.guards, writer, limits)
      try step.rememberOrder(writer)
    } completion: { [self] result in
      switch result {
      case .success:
        state.withLock { state in
          state.failures = 0
          state.refusals.removeAll()
        }
        if !finish(step) { proceed() }
      case .failure(let error): refused(error, step)
      }
    }
  }

  /// Does what a step implies, now that it is durable.
  ///
  /// - Returns: Whether nothing waits; then somebody else may become the holder of `isBusy`.
  private func finish(_ step: Step) -> Bool {
    if let (call, result) = step.order {
      call.completion(result.map { .done($0) }.mapError { $0 })
    }
    if step.bound != nil { engine.hasBegun(id, workflow) }
    perform(step.transition.actions)
    note(step.trouble, step.deferred)
    return rests(hasMore: step.hasMore)
  }

  /// Has what could not be prepared tried again later; the run goes on with the rest.
  private func note(_ trouble: (any Error)?, _ deferred: [Input]) {
    let troubles = state.withLock { state -> Int in
      state.deferred += deferred
      state.troubles = trouble == nil ? 0 : state.troubles + 1
      return state.troubles
    }
    guard let trouble else { return }
    if troubles == 1 {
      engine.logger.error(
        "run waits for the store", metadata: ["run": "\(id)", "error": "\(trouble)"])
    }
    engine.deadlines.set(.prepare(id), after: troubles)
  }

  private func rests(hasMore: Bool) -> Bool {
    state.withLock { state in
      if state.hasEnded { return true }
      if hasMore || !state.inputs.isEmpty { return false }
      state.isBusy = false
      return true
    }
  }
}

extension RunDriver.Step {
  /// Whether the order is one that was given before; asked within the unit of the step.
  fileprivate func checkOrder(_ writer: any StoreWriter) throws {
    guard let remembering = order?.call.remembering else { return }
    do {
      guard let answer = try remembering.firstAnswer(writer) else { return }
      throw TransitionRefused.known(.success(answer))
    } catch let error as BatonError {
      throw TransitionRefused.known(.failure(error))
    }
  }

  /// Only accepted orders are remembered (CT7).
  fileprivate func rememberOrder(_ writer: any StoreWriter) throws {
    guard let (call, result) = order, case .success(let state) = result else { return }
    try call.remembering?.remember(state, writer)
  }
}
