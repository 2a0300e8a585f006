internal import BatonCore
internal import BatonStore

/// One step of a run: inputs are applied, then the nodes that may start are prepared.
///
/// A node that reads the token is prepared only when the outcomes before it are stored, because a
/// view holds what was committed before the start (T10, T43). Nodes without a process follow each
/// other within the step, up to a bound.
struct RunStepper {
  var machine: RunMachine
  private(set) var credentials: [AttemptID: TaskCredential] = [:]
  /// Whether nodes are ready that the next step will start.
  private(set) var hasMore = false

  private let engine: Engine
  private let now: Timestamp
  private let retry: @Sendable () -> Void
  private var outcomes = 0

  /// - Parameter retry: Called when a slot is free for a node that found none.
  init(machine: RunMachine, engine: Engine, retry: @escaping @Sendable () -> Void) {
    self.machine = machine
    self.engine = engine
    self.retry = retry
    now = engine.clock.now()
  }

  mutating func apply(_ inputs: [RunDriver.Input]) {
    var wasWoken = false
    for input in inputs {
      switch input {
      case .begin: machine.begin(now: now)
      case .wake: wasWoken = true
      case .ended(let id, let end):
        let isCondition = machine.plan.graph.index(of: id.node)
          .map { machine.plan.steps[$0].isCondition }
        let admitted = admit(end.outcome(isCondition: isCondition ?? false), of: id)
        if machine.attemptEnded(id, admitted, now: now) { outcomes += 1 }
      case .timedOut(let id): machine.attemptTimedOut(id)
      case .neverStarted(let id):
        if machine.attemptNeverStarted(id, now: now) { outcomes += 1 }
      }
    }
    startReady()
    if wasWoken { engine.slots.offer() }
  }

  // MARK: - Starting

  private mutating func startReady() {
    while let position = machine.nextReady() {
      let step = machine.plan.steps[position]
      if outcomes > 0, step.readsToken || outcomes >= engine.options.maximumCascade {
        hasMore = true
        return
      }
      if !step.isInProcess, !engine.slots.take(orRetry: retry) { return }
      prepare(position, step)
    }
  }

  private mutating func prepare(_ position: Int, _ step: RunPlan.Step) {
    do {
      let view = try engine.tokenReader(for: machine, position)
      let renderer = InputRenderer(header: machine.header, step: step, tokens: view)
      switch step.kind {
      case .noop:
        let inputs = try renderer.inputs(argv: [])
        let puts = try renderer.puts(step.put, outcome: nil)
        execute(position, AttemptOutcome(status: .completed, puts: puts), inputs)
      case .expression(let text):
        decide(position, text, renderer)
      case .command(let argv), .conditionCommand(let argv):
        start(position, try renderer.inputs(argv: argv))
      case .unavailable(let type):
        throw PreparationError(
          reason: "exec_failed", message: "this server does not execute type \(type.rawValue)")
      }
    } catch let error as PreparationError {
      if !step.isInProcess { engine.slots.release() }
      execute(position, .failed(error.reason, error.message), nil)
    } catch {
      if !step.isInProcess { engine.slots.release() }
      execute(position, .failed("exec_failed", "the node could not be prepared: \(error)"), nil)
    }
  }

  private mutating func start(_ position: Int, _ inputs: AttemptInputs) {
    let credential = TaskCredential()
    machine.start(
      position, inputs: inputs, credentialHash: credential.hash, host: engine.options.host,
      now: now)
    if let id = machine.running[position]?.id { credentials[id] = credential }
  }

  private mutating func decide(_ position: Int, _ text: String, _ renderer: InputRenderer) {
    let values = NodeExpressionValues(machine: machine, position: position, tokens: renderer.tokens)
    switch engine.evaluator.evaluate(text, values: values) {
    case .failure(let failure):
      execute(position, .failed(failure.reason.rawValue, failure.message), nil)
    case .success(let decision):
      do {
        let puts = try renderer.puts(machine.plan.steps[position].put, outcome: decision)
        execute(
          position, AttemptOutcome(status: .completed, decision: decision, puts: puts), nil)
      } catch {
        execute(position, .failed(error.reason, error.message), nil)
      }
    }
  }

  private mutating func execute(
    _ position: Int, _ outcome: AttemptOutcome, _ inputs: AttemptInputs?
  ) {
    let id = AttemptID(
      run: machine.header.id, node: machine.nodes[position].node,
      attempt: machine.nodes[position].attempts + 1)
    machine.execute(position, outcome: admit(outcome, of: id), inputs: inputs, now: now)
    outcomes += 1
  }

  // MARK: - Puts

  /// The outcome as it can be recorded: entries that the token does not take change it (T51, G21).
  private func admit(_ outcome: AttemptOutcome, of id: AttemptID) -> AttemptOutcome {
    guard !outcome.puts.isEmpty else { return outcome }
    do {
      try engine.checkPuts(TokenPutBatch(source: id, entries: outcome.puts))
      return outcome
    } catch {
      var refused = outcome
      refused.puts = []
      if outcome.status == .completed {
        refused.status = .failed
        refused.reason = error.reason.rawValue
        refused.message = error.message
        refused.decision = nil
      } else {
        let defect = "\(error.reason.rawValue): \(error.message)"
        refused.message = outcome.message.map { "\($0); \(defect)" } ?? defect
      }
      return refused
    }
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
