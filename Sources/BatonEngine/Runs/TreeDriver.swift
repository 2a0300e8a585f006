internal import BatonCore
internal import BatonStore
internal import Logging
internal import Synchronization

/// Drives a tree of runs: inputs in, transitions to the store, actions out.
///
/// One transition of a tree is under way at a time (RE6). Inputs that arrive meanwhile wait and
/// are applied together in the next one, so that a wide run needs few commits. The tree is never
/// ahead of the store by more than that transition: when it fails, the tree is read again and the
/// inputs are applied anew.
///
/// A driver goes away when no run of its tree is active and nothing is asked of it; an order to a
/// run that has ended makes one that reads the tree first.
final class TreeDriver: Sendable {
  /// What happens to the runs of a tree from outside.
  enum Input: Sendable {
    /// The run was created, or its turn has come (G36).
    case begin(RunID)
    /// Something that held the run up is gone.
    case wake(RunID)
    /// Something is due that the step before could not start.
    case goOn(RunID)
    /// An executor reports the end of an attempt.
    case ended(AttemptID, ProgramEnd)
    /// A child run has ended, which settles the attempt that it carried out (RE62).
    case childEnded(RunID)
    /// The time of an attempt is over.
    case timedOut(AttemptID)
    /// The program of an attempt was found never started.
    case neverStarted(AttemptID)
    /// The delay of a node is over.
    case delayOver(RunID, String)
    /// A worker has room for a node that waited for one.
    case workerFound(Workers.Offer)
    /// A worker reports the end of an attempt, and waits for the answer.
    case reported(WorkerReport)
    /// The lease of an attempt has run out.
    case lost(WorkerLeases.Lease)
    /// Somebody gives an order and waits for its answer.
    case order(OrderCall)

    var order: OrderCall? {
      if case .order(let call) = self { call } else { nil }
    }

    /// Whether somebody waits for an answer.
    var isAwaited: Bool {
      switch self {
      case .order, .reported: true
      default: false
      }
    }

    /// Answers with an error, if somebody waits for an answer.
    func fail(_ error: any Error) {
      switch self {
      case .order(let call): call.completion(.failure(error))
      case .reported(let report): report.completion(.failure(error))
      default: break
      }
    }
  }

  /// What one step leaves to be stored and done.
  struct Step: Sendable {
    var tree: RunTree?
    var inputs: [Input]
    var transition: TreeTransition
    /// What the starts and beginnings of the step took for granted.
    var guards: StepGuards
    /// PENDING runs that may not begin now, because a run above is suspended (RE70).
    var heldBack: [RunID]
    var order: (call: OrderCall, result: Result<OrderAnswer, BatonError>)?
    var credentials: [AttemptID: TaskCredential]
    var slotsTaken: Int
    var workers: WorkerPart
    var unfinished: [RunID]
    var trouble: (any Error)?
    var deferred: [Input]
    /// Whether the next step is for a thread that may wait, and the inputs left to it.
    var needsThread: Bool
    var postponed: [Input]

    /// The attempt that the order of the step records as skipped; nil: it is no skip (RE81).
    var skipped: AttemptID? {
      guard order != nil else { return nil }
      let changes = transition.root.changes + transition.below.flatMap(\.transition.changes)
      return changes.lazy.compactMap { change in
        if case .insertAttempt(let attempt) = change, attempt.cause == .skip {
          attempt.id
        } else {
          nil
        }
      }.first
    }

    /// An order that was carried out, or may have been before, is looked up and remembered.
    var needsStore: Bool {
      !transition.isEmpty || order?.call.remembering != nil || workers.remembersReports
    }
  }

  struct State {
    /// Nil while a step is made, and while the tree is to be read.
    var tree: RunTree?
    /// Whether the tree was read from the store and not taken up yet.
    var isRead: Bool
    /// Whether the driver was made for an order, and has not read its tree yet: it takes over only
    /// one that nobody else drives.
    var isUnread = false
    var inputs: [Input] = []
    /// Inputs that wait until what they need can be read.
    var deferred: [Input] = []
    var isBusy = false
    /// Credentials of attempts that are not launched yet.
    var credentials: [AttemptID: TaskCredential] = [:]
    /// Attempts whose entries the token did not take.
    var refusals = Refusals()
    /// How often in a row the store has refused.
    var failures = 0
    /// How often in a row something could not be prepared.
    var troubles = 0
    /// Whether the tree waits for the store; whoever ends that is the holder of `isBusy`.
    var isParked = false
    /// Whether the driver has gone away.
    var isOver = false
  }

  /// The root of the tree.
  let id: RunID
  let engine: Engine
  let state: Mutex<State>

  /// - Parameters:
  ///   - tree: The tree as it is stored.
  ///   - isRead: Whether it was read from the store after others had driven it.
  ///   - engine: Whose tree it is.
  init(_ tree: RunTree, isRead: Bool = false, engine: Engine) {
    id = tree.id
    self.engine = engine
    state = Mutex(State(tree: tree, isRead: isRead))
  }

  /// A driver that reads its tree when the first input comes.
  init(unread root: RunID, engine: Engine) {
    id = root
    self.engine = engine
    state = Mutex(State(tree: nil, isRead: true, isUnread: true))
  }

  /// Takes an input; returns at once.
  ///
  /// - Returns: False when the driver has gone away, so that nothing comes of it.
  @discardableResult
  func send(_ input: Input) -> Bool {
    let (isTaken, isFirst, isUnread) = state.withLock { state -> (Bool, Bool, Bool) in
      guard !state.isOver else { return (false, false, false) }
      state.inputs.append(input)
      defer { state.isBusy = true }
      return (true, !state.isBusy, state.isUnread)
    }
    if isFirst { isUnread ? readAgain() : proceed() }
    // Who gives an order is told at once whether the store works again (reliability R4).
    if input.order != nil { leaveParking() }
    return isTaken
  }

  /// Tries a tree again that waits for the store; one that does not goes on as it is.
  func leaveParking() {
    let wasParked = state.withLock { state in
      defer { state.isParked = false }
      return state.isParked
    }
    if wasParked { readAgain() }
  }

  /// Tries again what could not be prepared.
  func prepareAgain() {
    let members = state.withLock { state in
      state.inputs.insert(contentsOf: state.deferred, at: 0)
      state.deferred.removeAll()
      return state.tree?.members ?? []
    }
    for run in members { send(.wake(run)) }
  }

  // MARK: - Steps

  /// Makes steps until one must be stored, or nothing is left; by the one holder of `isBusy`.
  ///
  /// - Parameter mayBlock: Whether it is called on a thread for what takes its time.
  func proceed(mayBlock: Bool = false) {
    while let taken = take() {
      var step = makeStep(taken, mayBlock: mayBlock)
      keep(&step)
      guard !step.needsStore else {
        store(step)
        return
      }
      if finish(step) { return }
      if step.needsThread { return proceedOnThread() }
    }
  }

  private func proceedOnThread() {
    engine.threads.perform { [self] in proceed(mayBlock: true) }
  }

  /// What one step is made of.
  private struct Taken: ~Copyable {
    var tree: RunTree
    let isRead: Bool
    let inputs: [Input]
    let refusals: Refusals
  }

  /// Moves the tree out, so that it is changed in place and not copied.
  ///
  /// A step carries out one order at most, so that an order is durable before the next is judged.
  private func take() -> Taken? {
    state.withLock { state -> Taken? in
      guard let tree = state.tree.take() else { return nil }
      defer { state.isRead = false }
      var inputs = state.inputs
      if let order = inputs.firstIndex(where: { $0.order != nil }) {
        inputs = Array(state.inputs[...order])
        state.inputs.removeFirst(inputs.count)
      } else {
        state.inputs.removeAll(keepingCapacity: true)
      }
      return Taken(tree: tree, isRead: state.isRead, inputs: inputs, refusals: state.refusals)
    }
  }

  private func makeStep(_ taken: consuming Taken, mayBlock: Bool) -> Step {
    let (isRead, inputs, refusals) = (taken.isRead, taken.inputs, taken.refusals)
    var stepper = RunStepper(
      tree: taken.tree, engine: engine, refusals: refusals, mayBlock: mayBlock,
      retry: { [weak self] run in self?.send(.wake(run)) ?? false })
    if isRead { stepper.takeUp() }
    stepper.apply(inputs)
    let transition = stepper.takeTransition()
    return Step(
      tree: stepper.tree, inputs: inputs, transition: transition, guards: stepper.guards,
      heldBack: stepper.heldBack, order: stepper.order, credentials: stepper.credentials,
      slotsTaken: stepper.slotsTaken,
      workers: WorkerPart(
        places: stepper.places, reports: stepper.reports, again: stepper.reportedAgain),
      unfinished: stepper.unfinished, trouble: stepper.trouble, deferred: stepper.deferred,
      needsThread: stepper.needsThread, postponed: stepper.postponed)
  }

  private func keep(_ step: inout Step) {
    let tree = step.tree.take()
    state.withLock { state in
      state.tree = tree
      state.credentials.merge(step.credentials) { _, new in new }
    }
  }

  private func store(_ step: Step) {
    let id = id
    let limits = engine.options.tokenLimits
    engine.store.submit { writer in
      try step.checkOrder(writer)
      try step.guards.check(writer)
      try step.transition.store(id, writer, limits)
      try step.rememberOrder(writer)
      try step.rememberReports(writer)
    } completion: { [self] result in
      switch result {
      case .success:
        state.withLock { $0.failures = 0 }
        if finish(step) { return }
        if step.needsThread { proceedOnThread() } else { proceed() }
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
    answer(step)
    // What the token did not take has been answered for.
    state.withLock { $0.refusals = Refusals() }
    for beginning in step.guards.beginnings {
      engine.leaveQueue(beginning.run, of: beginning.workflow)
    }
    perform(step)
    note(step.trouble, step.deferred)
    if step.needsThread {
      state.withLock { $0.inputs.insert(contentsOf: step.postponed, at: 0) }
    }
    return rests(hasMore: step.needsThread)
  }

  /// Has what could not be prepared tried again later; the tree goes on with the rest.
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
    let isOver = state.withLock { state -> Bool? in
      if hasMore || !state.inputs.isEmpty { return nil }
      state.isBusy = false
      state.isOver = state.deferred.isEmpty && state.tree?.isIdle == true
      return state.isOver
    }
    if isOver == true {
      engine.remove(self)
      engine.deadlines.remove(.prepare(id))
    }
    return isOver != nil
  }
}

extension TreeDriver.Step {
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
    guard let (call, result) = order, case .success(let answer) = result else { return }
    try call.remembering?.remember(answer, writer)
  }
}
