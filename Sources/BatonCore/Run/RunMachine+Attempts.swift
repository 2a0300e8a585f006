internal import HeapModule

extension RunMachine {
  /// The reason of a kill that makes the attempt FAILED instead of KILLED.
  static let timeoutReason = "node_timeout"
  /// The reason of an attempt whose program was never started; another attempt follows (G60).
  static let neverStartedReason = "not_started"

  /// Records the start of an attempt whose program a driver will launch (G59).
  ///
  /// - Parameters:
  ///   - position: The node that `nextReady` gave.
  ///   - inputs: What the attempt will use.
  ///   - credentialHash: SHA-256 of its credential.
  ///   - host: The host that will execute it.
  ///   - now: The time of the start.
  package mutating func start(
    _ position: Int, inputs: AttemptInputs, credentialHash: [UInt8], host: String, now: Timestamp
  ) {
    var attempt = makeAttempt(position, now: now)
    attempt.used = inputs
    attempt.credentialHash = credentialHash
    attempt.host = host
    begin(attempt, at: position, now: now)
    launch(attempt)
  }

  /// Records the start of an attempt that a child run carries out (RE110).
  ///
  /// - Parameters:
  ///   - position: The node that `nextReady` gave.
  ///   - child: The run; the tree makes it in the same step.
  ///   - inputs: What the attempt uses.
  ///   - now: The time of the start.
  package mutating func start(
    _ position: Int, child: RunID, inputs: AttemptInputs, now: Timestamp
  ) {
    var attempt = makeAttempt(position, now: now)
    attempt.used = inputs
    attempt.child = child
    begin(attempt, at: position, now: now)
    setDeadline(of: attempt)
  }

  /// Records start and outcome of a node that needs no process, or could not be started at all.
  ///
  /// - Parameters:
  ///   - position: The node that `nextReady` gave.
  ///   - outcome: How it ended.
  ///   - inputs: What it used, as far as it is known.
  ///   - now: The time of start and end.
  package mutating func execute(
    _ position: Int, outcome: JudgedOutcome, inputs: AttemptInputs? = nil, now: Timestamp
  ) {
    var attempt = makeAttempt(position, now: now)
    attempt.used = inputs
    let place = pending.changes.count
    begin(attempt, at: position, now: now)
    conclude(attempt, outcome, insertedAt: place, now: now)
  }

  /// An executor reports how an attempt ended.
  ///
  /// - Returns: Whether the report counts; a second or late one changes nothing (G61).
  @discardableResult
  package mutating func attemptEnded(
    _ id: AttemptID, _ outcome: JudgedOutcome, now: Timestamp
  ) -> Bool {
    guard let attempt = runningAttempt(id) else { return false }
    pending.actions.append(attempt.cleaning)
    conclude(attempt, outcome, now: now)
    return true
  }

  /// The program of an attempt never started; another attempt follows at once (G60).
  ///
  /// - Returns: Whether the report counts.
  @discardableResult
  package mutating func attemptNeverStarted(_ id: AttemptID, now: Timestamp) -> Bool {
    guard var attempt = runningAttempt(id) else { return false }
    pending.actions.append(attempt.cleaning)
    guard attempt.killReason == nil else {
      var outcome = AttemptOutcome.failed(
        Self.neverStartedReason, "the program was never started")
      outcome.ending = AttemptEnding(means: .neverStarted, proof: .none)
      conclude(attempt, JudgedOutcome(outcome), now: now)
      return true
    }
    attempt.status = .failed
    attempt.reason = Self.neverStartedReason
    attempt.message = "the engine ended before the program was started"
    attempt.ended = now
    recordEnd(attempt, puts: [], decision: nil, now: now)
    if let position = plan.graph.index(of: id.node), let item = id.item {
      let outcome = AttemptOutcome(status: .failed)
      itemEnded(attempt, at: position, index: item.index, JudgedOutcome(outcome), now: now)
    } else if let position = plan.graph.index(of: id.node) {
      note(ended: attempt, at: position)
      // G38: a node goes back to a delay only, here to one that is over at once.
      delayNode(position, until: now, now: now)
    } else {
      hooks.wasNeverStarted = true
      endIfDone(now: now)
    }
    return true
  }

  /// The time of an attempt is over: it is killed and ends FAILED `node_timeout` (G43).
  package mutating func attemptTimedOut(_ id: AttemptID) {
    guard let attempt = runningAttempt(id) else { return }
    if id.item == nil, let position = plan.graph.index(of: id.node), passes[position] != nil {
      killPass(position, reason: Self.timeoutReason)
    } else {
      kill(attempt, reason: Self.timeoutReason)
    }
  }

  // MARK: - Looking

  /// An attempt that is RUNNING, of a node, an item or a hook; nil: there is none with this id.
  package func runningAttempt(_ id: AttemptID) -> AttemptRecord? {
    let attempt: AttemptRecord?
    if let position = plan.graph.index(of: id.node) {
      attempt =
        id.item.map { passes[position]?.running[$0.index] } ?? running[position]
    } else {
      attempt = runningHook
    }
    return attempt?.id == id ? attempt : nil
  }

  /// The attempts that something executes now: those of nodes in graph order, where a node goes
  /// through items theirs by index, then that of a hook.
  package var runningAttempts: [AttemptRecord] {
    let positions = running.keys.sorted { plan.graph.rank[$0] < plan.graph.rank[$1] }
    let attempts = positions.flatMap { position -> [AttemptRecord] in
      guard let pass = passes[position] else { return running[position].map { [$0] } ?? [] }
      return pass.running.sorted { $0.key < $1.key }.map(\.value)
    }
    return attempts + (runningHook.map { [$0] } ?? [])
  }

  /// What an attempt executes.
  package func step(of attempt: AttemptRecord) -> RunPlan.Step? {
    if let hook = attempt.hook { return plan.step(of: hook) }
    return plan.graph.index(of: attempt.id.node).map { plan.steps[$0] }
  }

  /// When the time of a running attempt is over; nil: it has no timeout (G58, RE93).
  ///
  /// That of a chain bounds the attempt of its node, `timeout` what is executed: an item, not the
  /// pass.
  /// The finish hook of a run that is being stopped lasts no longer than the stop's grace (G50).
  package func deadline(of attempt: AttemptRecord) -> Timestamp? {
    if let position = plan.graph.index(of: attempt.id.node) {
      let isPass = attempt.id.item == nil && plan.steps[position].forEach != nil
      let own = isPass ? nil : policy(of: position).timeoutMS
      let chain = attempt.id.item == nil ? chainDeadline(of: position) : nil
      return [own.map { attempt.started.advanced(by: .milliseconds($0)) }, chain]
        .compactMap(\.self).min()
    }
    var limit = step(of: attempt)?.policy.timeoutMS
    if attempt.hook == .finish, state.status == .stopping {
      limit = min(limit ?? .max, state.stop?.graceMS ?? plan.longestGraceMS)
    }
    return limit.map { attempt.started.advanced(by: .milliseconds($0)) }
  }

  /// The id that the next attempt of a node will have.
  package func nextAttempt(of position: Int) -> AttemptID {
    AttemptID(
      run: header.id, node: nodes[position].node, attempt: nodes[position].attempts + 1)
  }

  // MARK: - Attempts

  /// The next attempt of a node: the first of its chain, or a further one (RE1, RE2).
  func makeAttempt(_ position: Int, now: Timestamp) -> AttemptRecord {
    let id = nextAttempt(of: position)
    let chain = nodes[position].chain
    let isFirst = chain.first == 0
    let further = chains[position]?.count.next ?? .retry
    var attempt = AttemptRecord(
      id: id, cause: isFirst ? chain.cause : further, chain: isFirst ? id.attempt : chain.first,
      started: now)
    if attempt.cause == .rerun { attempt.call = chain.call }
    attempt.envRevision = environment.revision
    attempt.program = plan.steps[position].program
    attempt.isPredecessorUnproven = unprovenGone.contains(position)
    return attempt
  }

  /// A chain begins: what policies count starts anew (RE2).
  mutating func beginChain(_ position: Int) {
    guard let before = chains[position] else { return }
    let failedBefore = before.failedAt ?? before.failedBefore
    chains[position] = failedBefore.map { Chain(failedBefore: $0) }
  }

  /// Counts an attempt of a node that has ended.
  mutating func note(ended attempt: AttemptRecord, at position: Int) {
    noteProof(of: attempt, at: position)
    guard
      attempt.status == .failed || chains[position] != nil
        || plan.steps[position].declared.retry?.continueOn != nil
    else { return }
    var chain = chains[position] ?? Chain()
    chain.count.add(attempt, safeRerun: safeRerun(position))
    chain.failedAt = attempt.status == .failed ? attempt.ended : nil
    chains[position] = chain
  }

  mutating func begin(_ attempt: AttemptRecord, at position: Int, now: Timestamp) {
    removeReady(position)
    if nodes[position].status == .waiting, chainDeadline(of: position) != nil {
      // From now on the deadline of the attempt has it.
      pending.actions.append(.removeWake(node: nodes[position].node))
    }
    beginUnasked(attempt, at: position, now: now)
  }

  private mutating func beginUnasked(
    _ attempt: AttemptRecord, at position: Int, now: Timestamp
  ) {
    nodes[position].attempts = attempt.id.attempt
    nodes[position].chain.first = attempt.chain
    if nodes[position].chain.began == nil { nodes[position].chain.began = now }
    nodes[position].wakes = nil
    children[position] = attempt.child
    setNode(position, .running, now: now)
    keep(attempt)
    recordStart(attempt, now: now)
  }

  /// Records the start of an attempt that takes over the child run of an earlier one (RE61).
  ///
  /// No policy delays it, because nothing is started.
  mutating func beginAdoption(of child: RunID, at position: Int, now: Timestamp) {
    var attempt = makeAttempt(position, now: now)
    attempt.child = child
    beginUnasked(attempt, at: position, now: now)
    setDeadline(of: attempt)
  }

  /// Has a program launched and watched.
  mutating func launch(_ attempt: AttemptRecord) {
    pending.actions.append(.launch(attempt.id))
    setDeadline(of: attempt)
  }

  mutating func setDeadline(of attempt: AttemptRecord) {
    guard let deadline = deadline(of: attempt) else { return }
    pending.actions.append(.setDeadline(attempt.id, deadline))
  }

  /// Keeps an attempt that is RUNNING.
  mutating func keep(_ attempt: AttemptRecord) {
    guard let position = plan.graph.index(of: attempt.id.node) else {
      runningHook = attempt
      return
    }
    if let item = attempt.id.item {
      passes[position]?.running[item.index] = attempt
    } else {
      running[position] = attempt
    }
  }

  /// Ends a running attempt, and its node or item unless it is repeated.
  ///
  /// - Parameters:
  ///   - running: The attempt.
  ///   - judged: How it ended.
  ///   - place: Where its start is among the changes to store; nil: it is stored already.
  ///   - now: The time of the end.
  mutating func conclude(
    _ running: AttemptRecord, _ judged: JudgedOutcome, insertedAt place: Int? = nil,
    now: Timestamp
  ) {
    let attempt = running.ended(judged.outcome, now: now)
    let decision = attempt.status == .completed ? judged.outcome.decision : nil
    recordEnd(
      attempt, insertedAt: place, puts: judged.outcome.puts, published: judged.published,
      decision: decision, now: now)
    guard let position = plan.graph.index(of: attempt.id.node) else {
      return hookEnded(attempt, now: now)
    }
    if let item = attempt.id.item {
      return itemEnded(attempt, at: position, index: item.index, judged, now: now)
    }
    let delay = repetition(of: attempt, at: position, judged)
    note(ended: attempt, at: position)
    if let delay {
      delayNode(position, until: now.advanced(by: .milliseconds(delay)), now: now)
    } else {
      endChain(position, attempt, decision: decision, now: now)
    }
  }
}

extension AttemptEnding {
  /// The end of an attempt to which the recorded kill came too late: its outcome is reported only
  /// when nothing of it is left (G56); nil: the outcome is lost, and nobody knows.
  fileprivate init?(ofKilled outcome: AttemptOutcome) {
    switch outcome.reason {
    case "shim_lost", "worker_lost": return nil
    case "not_started": self.init(means: .neverStarted, proof: .none)
    default: self.init(means: .itself, proof: .processScan)
    }
  }
}

extension AttemptRecord {
  /// The attempt as it ended.
  func ended(_ outcome: AttemptOutcome, now: Timestamp) -> AttemptRecord {
    var attempt = self
    attempt.take(outcome)
    attempt.ended = now
    return attempt
  }

  /// Takes over how the attempt ended.
  ///
  /// Once a kill is recorded the attempt ends KILLED whatever its exit status, after a timeout
  /// FAILED (G43).
  mutating func take(_ outcome: AttemptOutcome) {
    status = outcome.status
    reason = outcome.reason
    message = outcome.message
    exitCode = outcome.exitCode
    leftoverKilled = outcome.leftoverKilled
    ending = outcome.ending
    limitsUnenforced = outcome.limitsUnenforced
    exportMissing = outcome.exportMissing
    if let heartbeat = outcome.heartbeat {
      lease?.progress = heartbeat.progress
      lease?.note = heartbeat.note
    }
    if let intent = killReason {
      if ending == nil { ending = AttemptEnding(ofKilled: outcome) }
      let isTimeout = intent == RunMachine.timeoutReason
      status = isTimeout ? .failed : .killed
      reason = intent
      message = isTimeout ? "the attempt took too long" : nil
    }
    if let defect = outcome.defect {
      message = message.map { "\($0); \(defect)" } ?? defect
    }
  }
}
