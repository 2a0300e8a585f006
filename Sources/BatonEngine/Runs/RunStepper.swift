internal import BatonCore
internal import BatonStore

/// One step of a run: inputs are applied, then the hooks and nodes that may start are prepared.
///
/// A node that reads the token is prepared only when what its ancestors changed is stored, because
/// a view holds what was committed before the start (T10, T43). Nodes without a process follow
/// each other within the step, up to a bound.
struct RunStepper {
  var machine: RunMachine
  private(set) var credentials: [AttemptID: TaskCredential] = [:]
  /// What the starts took for granted.
  private(set) var guards: [ViewGuard] = []
  /// Slots that the starts took.
  private(set) var slotsTaken = 0
  /// Whether something is due that the next step will start.
  private(set) var hasMore = false
  /// Whether the run has begun in this step.
  private(set) var hasBegun = false
  /// What became of the order of this step: the run's state after it, or its refusal.
  private(set) var order: (call: OrderCall, result: Result<RunState, BatonError>)?
  /// Why something could not be prepared now; nil: everything could (reliability R4).
  private(set) var trouble: (any Error)?
  /// Inputs that could not be applied for it.
  private(set) var deferred: [RunDriver.Input] = []

  private let engine: Engine
  private let now: Timestamp
  private let refusals: [AttemptID: BatonError]
  private let retry: AttemptSlots.Retry
  /// Whether the step is made within a unit of work, where nothing may wait or take long.
  private let isWithinUnit: Bool
  private var outcomes = 0
  /// Whether a hook has ended in this step.
  private var hookEnded = false

  /// - Parameters:
  ///   - machine: The run as it is stored; moved in, so that it is changed in place.
  ///   - engine: What prepares nodes.
  ///   - refusals: Attempts whose entries the token did not take when the step was tried before.
  ///   - retry: Called when a slot is free for a node that found none.
  init(
    machine: consuming RunMachine, engine: Engine, refusals: [AttemptID: BatonError],
    retry: @escaping AttemptSlots.Retry
  ) {
    self.machine = machine
    self.engine = engine
    self.refusals = refusals
    self.retry = retry
    now = engine.clock.now()
    isWithinUnit = false
  }

  /// A step within the unit of work that creates the run: what needs a slot, the token, an
  /// expression or entries of its own is left to the next.
  ///
  /// - Parameters:
  ///   - machine: The run as it is created.
  ///   - engine: What prepares nodes.
  ///   - now: The commit time of the unit.
  init(creating machine: consuming RunMachine, engine: Engine, now: Timestamp) {
    self.machine = machine
    self.engine = engine
    self.now = now
    refusals = [:]
    retry = { false }
    isWithinUnit = true
  }

  /// Goes on with a run that was read from the store (G58).
  mutating func takeUp() { machine.takeUp(now: now) }

  mutating func apply(_ inputs: [RunDriver.Input]) {
    var wasWoken = false
    for input in inputs {
      switch input {
      case .begin: begin()
      case .wake: wasWoken = true
      case .ended(let id, let end): ended(id, end, input)
      case .timedOut(let id): machine.attemptTimedOut(id)
      case .neverStarted(let id):
        if machine.attemptNeverStarted(id, now: now) { noteOutcome(of: id) }
      case .delayOver(let node): machine.delayOver(node, now: now)
      case .order(let call): carryOut(call)
      }
    }
    startDue()
    if wasWoken { engine.slots.offer() }
  }

  /// One that was stopped before its turn came has ended.
  private mutating func begin() {
    guard machine.state.status == .pending else { return }
    machine.begin(now: now)
    hasBegun = true
  }

  private mutating func ended(_ id: AttemptID, _ end: ProgramEnd, _ input: RunDriver.Input) {
    do {
      let ended = admit(try outcome(of: id, end), of: id)
      if machine.attemptEnded(id, ended, now: now) { noteOutcome(of: id) }
    } catch {
      trouble = error
      deferred.append(input)
    }
  }

  private mutating func noteOutcome(of id: AttemptID) {
    outcomes += 1
    if id.node == machine.plan.workflow.name { hookEnded = true }
  }

  private mutating func carryOut(_ call: OrderCall) {
    do throws(BatonError) {
      try machine.apply(call.order, left: call.left, now: now)
      order = (call, .success(machine.state))
    } catch {
      order = (call, .failure(error))
    }
  }

  // MARK: - Starting

  private mutating func startDue() {
    while trouble == nil {
      if let hook = machine.nextHook {
        guard start(hook) else { return }
      } else if let position = machine.nextReady() {
        guard start(position) else { return }
      } else {
        return
      }
    }
  }

  /// - Returns: Whether to go on with what is due next.
  private mutating func start(_ hook: HookKind) -> Bool {
    guard let step = machine.plan.step(of: hook) else { return false }
    // The finish hook reads what the last nodes put.
    if isWithinUnit || step.readsToken && outcomes > 0 {
      hasMore = true
      return false
    }
    // A stop is never queued behind work (SR120).
    if machine.state.status == .stopping {
      engine.slots.takeAnyway(1)
    } else if !engine.slots.take(for: machine.header.id, orRetry: retry) {
      return false
    }
    slotsTaken += 1
    do {
      let tokens =
        step.readsToken
        ? try NodeTokenReader(
          startOf: machine.nextHookAttempt, hook: hook, machine, host: engine.options.host,
          now: now, engine.store)
        : .none
      guard case .command(let argv) = step.kind else { return false }
      let inputs = try InputRenderer(header: machine.header, step: step, tokens: tokens)
        .inputs(argv: argv)
      let credential = TaskCredential()
      credentials[machine.nextHookAttempt] = credential
      machine.start(
        hook, inputs: inputs, credentialHash: credential.hash, host: engine.options.host, now: now)
    } catch {
      releaseSlot()
      guard let failure = error as? PreparationError else {
        trouble = error
        return false
      }
      machine.execute(hook, outcome: .failed(failure.reason, failure.message), now: now)
      outcomes += 1
      hookEnded = true
    }
    return true
  }

  /// - Returns: Whether to go on with what is due next.
  private mutating func start(_ position: Int) -> Bool {
    let step = machine.plan.steps[position]
    if mustWait(step) {
      hasMore = true
      return false
    }
    if !step.isInProcess {
      guard engine.slots.take(for: machine.header.id, orRetry: retry) else { return false }
      slotsTaken += 1
    }
    prepare(position, step)
    return true
  }

  private mutating func releaseSlot() {
    slotsTaken -= 1
    engine.slots.release()
  }

  /// Whether what this step has changed must be stored before the node can start.
  private func mustWait(_ step: RunPlan.Step) -> Bool {
    if outcomes >= engine.options.maximumCascade { return true }
    if isWithinUnit, !step.isPassedWithinUnit { return true }
    guard step.readsToken else { return false }
    if hookEnded { return true }
    return machine.changedNodes.contains {
      machine.plan.tokenGraph.isAncestor(machine.nodes[$0].node, step.name)
    }
  }

  private mutating func prepare(_ position: Int, _ step: RunPlan.Step) {
    do {
      let tokens = try reader(position, step)
      let renderer = InputRenderer(header: machine.header, step: step, tokens: tokens)
      switch step.kind {
      case .noop:
        let inputs = try renderer.inputs(argv: [])
        let puts = try renderer.puts(step.put, outcome: nil)
        execute(position, AttemptOutcome(status: .completed, puts: puts), inputs)
      case .expression(let text):
        execute(position, decide(position, text, renderer), nil)
      case .command(let argv), .conditionCommand(let argv):
        start(position, try renderer.inputs(argv: argv))
      case .workflow, .worker, .unavailable:
        let type = step.program?.type.rawValue ?? ""
        throw PreparationError(
          reason: "exec_failed", message: "this server does not execute type \(type)")
      }
    } catch {
      if !step.isInProcess { releaseSlot() }
      guard let failure = error as? PreparationError else {
        trouble = error
        return
      }
      execute(position, .failed(failure.reason, failure.message), nil)
    }
  }

  /// What the templates of a start read, and the guard that goes with it.
  private mutating func reader(
    _ position: Int, _ step: RunPlan.Step
  ) throws -> NodeTokenReader {
    guard step.readsToken else { return .none }
    let reader = try NodeTokenReader(
      startOf: machine.nextAttempt(of: position), hook: nil, machine,
      host: step.isInProcess ? nil : engine.options.host, now: now, engine.store)
    let sources = machine.running.values.map(\.id.node)
      .filter { machine.plan.tokenGraph.isAncestor($0, step.name) }
    if !sources.isEmpty { guards.append(ViewGuard(seq: reader.seq, sources: Set(sources))) }
    return reader
  }

  private mutating func start(_ position: Int, _ inputs: AttemptInputs) {
    let credential = TaskCredential()
    machine.start(
      position, inputs: inputs, credentialHash: credential.hash, host: engine.options.host,
      now: now)
    if let id = machine.running[position]?.id { credentials[id] = credential }
  }

  private func decide(
    _ position: Int, _ text: String, _ renderer: InputRenderer
  ) -> AttemptOutcome {
    let values = NodeExpressionValues(machine: machine, position: position, tokens: renderer.tokens)
    switch engine.evaluator.evaluate(text, values: values) {
    case .failure(let failure): return .failed(failure.reason.rawValue, failure.message)
    case .success(let decision):
      do {
        let puts = try renderer.puts(machine.plan.steps[position].put, outcome: decision)
        return AttemptOutcome(status: .completed, decision: decision, puts: puts)
      } catch {
        return .failed(error.reason, error.message)
      }
    }
  }

  private mutating func execute(
    _ position: Int, _ outcome: AttemptOutcome, _ inputs: AttemptInputs?
  ) {
    let admitted = admit(outcome, of: machine.nextAttempt(of: position))
    machine.execute(position, outcome: admitted, inputs: inputs, now: now)
    outcomes += 1
  }

  // MARK: - Ends

  /// How an attempt ended, with what a decided command condition puts (G21).
  ///
  /// - Throws: when the token cannot be read now.
  private func outcome(of id: AttemptID, _ end: ProgramEnd) throws -> AttemptOutcome {
    guard let position = machine.plan.graph.index(of: id.node) else {
      return end.outcome(isCondition: false)
    }
    let step = machine.plan.steps[position]
    var outcome = end.outcome(isCondition: step.isCondition)
    guard let decision = outcome.decision, !step.put.isEmpty,
      let attempt = machine.running[position], attempt.id == id, attempt.killReason == nil
    else { return outcome }
    do {
      let tokens =
        step.put.contains(where: \.value.readsToken)
        ? try NodeTokenReader(
          endOf: id, with: outcome.puts, machine, now: now, engine.store)
        : .none
      outcome.puts += try InputRenderer(header: machine.header, step: step, tokens: tokens)
        .puts(step.put, outcome: decision)
    } catch let failure as PreparationError {
      outcome.status = .failed
      outcome.reason = failure.reason
      outcome.message = failure.message
      outcome.decision = nil
    }
    return outcome
  }

  /// The outcome as it can be recorded: entries that the token did not take change it (T51, G21).
  private func admit(_ outcome: AttemptOutcome, of id: AttemptID) -> AttemptOutcome {
    guard !outcome.puts.isEmpty, let refusal = refusals[id] else { return outcome }
    return outcome.withoutPuts(refusal.reason.rawValue, refusal.message)
  }
}

/// Why a node could not be started; it becomes the reason of a FAILED attempt, never retried.
struct PreparationError: Error, Sendable {
  var reason: String
  var message: String

  static func tokenFileInvalid(_ message: String) -> PreparationError {
    PreparationError(reason: "token_file_invalid", message: message)
  }
}

extension RunPlan.Step {
  /// Whether the node can start and end within the unit that creates its run: nothing is executed
  /// or read, and no entries are put, which the token could refuse.
  fileprivate var isPassedWithinUnit: Bool {
    guard case .noop = kind, put.isEmpty, forEach == nil else { return false }
    return !readsToken && !endReadsToken && !hasPolicyTemplates
  }
}
