internal import BatonCore

/// What the policies of nodes ask (RE90–RE101): numbers and pauses when a chain begins,
/// expressions and publishing when an attempt ends.
extension RunStepper {
  /// Reads the policies of a chain before it begins (RE95, RE100).
  ///
  /// - Returns: Whether to go on with what is due next.
  mutating func open(_ position: Int) -> Bool {
    let step = machine.plan.steps[position]
    if isWithinUnit || mustWait(step) {
      hasMore = true
      return false
    }
    do {
      let tokens = try reader(position, step)
      if let pause = machine.pauseToDecide(position), try pauses(pause, position, tokens) {
        machine.pause(position, now: now)
        return true
      }
      let renderer = InputRenderer(machine, step, tokens)
      let reads = step.hasPolicyTemplates && machine.nodes[position].chain.policy == nil
      let policy = reads ? try step.chainPolicy { try renderer.text($0) } : nil
      machine.open(position, policy, now: now)
    } catch {
      fail(position, error)
    }
    return trouble == nil
  }

  /// Whether the run is to be suspended before the chain.
  private func pauses(
    _ pause: PausePolicy, _ position: Int, _ tokens: NodeTokenReader
  ) throws -> Bool {
    guard case .expression(let text) = pause else { return pause == .fixed(true) }
    let values = NodeExpressionValues(
      machine: machine, position: position, tokens: tokens,
      attempt: ExpressionAttempt(number: machine.nextAttempt(of: position).attempt))
    switch engine.evaluator.evaluate(text, values: values) {
    case .success(let holds): return holds
    case .failure(let failure): throw PolicyFailure("pause_before", failure)
    }
  }

  /// Ends a node at its start because something could not be prepared, or notes that it cannot be
  /// known now.
  mutating func fail(_ position: Int, _ error: any Error) {
    guard let outcome = Self.outcome(of: error) else {
      trouble = error
      return
    }
    execute(position, outcome, nil)
  }

  /// How an attempt ends that could not be prepared; nil: it may be later.
  static func outcome(of error: any Error) -> AttemptOutcome? {
    switch error {
    case let failure as PreparationError: .failed(failure.reason, failure.message)
    case let failure as PolicyFailure: .failed(PolicyFailure.reason, failure.message)
    case let failure as ForEachFailure: .failed(ForEachFailure.reason, failure.message)
    default: nil
    }
  }

  // MARK: - Outcomes

  /// Judges how a running attempt has ended.
  ///
  /// - Throws: when the token cannot be read now.
  func judge(_ id: AttemptID, _ outcome: AttemptOutcome) throws -> JudgedOutcome {
    let u = engine.chance()
    guard let position = machine.plan.graph.index(of: id.node), machine.asksAtEnd(of: position)
    else { return JudgedOutcome(outcome, u: u) }
    let answers = answers(position, of: id) { outcome in
      try NodeTokenReader(
        endOf: id, with: outcome.puts, machine, now: now, engine.store)
    }
    return try machine.judged(id, outcome, u: u, now: now, answers)
  }

  /// Judges how a node that needs no process has ended.
  ///
  /// - Throws: when the token cannot be read now.
  func judge(_ position: Int, _ outcome: AttemptOutcome) throws -> JudgedOutcome {
    let u = engine.chance()
    guard machine.asksAtEnd(of: position) else { return JudgedOutcome(outcome, u: u) }
    let id = machine.nextAttempt(of: position)
    let answers = answers(position, of: id) { outcome in
      try NodeTokenReader(
        startOf: id, hook: nil, machine, host: nil, now: now, engine.store, with: outcome.puts)
    }
    return try machine.judged(position, outcome, u: u, now: now, answers)
  }

  func answers(
    _ position: Int, of id: AttemptID,
    _ tokens: @escaping (AttemptOutcome) throws -> NodeTokenReader
  ) -> StepAnswers {
    StepAnswers(
      machine: machine, position: position, evaluator: engine.evaluator,
      refusal: refusals.published[id], tokens: tokens)
  }
}
