internal import HeapModule

extension RunMachine {
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
    pending.actions.append(.launch(attempt.id))
    if let deadline = deadline(of: attempt, at: position) {
      pending.actions.append(.setDeadline(attempt.id, deadline))
    }
  }

  /// When the time of a running attempt is over; nil: it has no timeout (G58, RE93).
  package func deadline(of attempt: AttemptRecord, at position: Int) -> Timestamp? {
    plan.steps[position].policy.timeoutMS.map {
      Timestamp(milliseconds: attempt.started.milliseconds + $0)
    }
  }

  /// The time of an attempt is over: it is killed and ends FAILED `node_timeout` (G43).
  package mutating func attemptTimedOut(_ id: AttemptID) {
    guard let position = plan.graph.index(of: id.node), running[position]?.id == id else { return }
    kill(position, reason: Self.timeoutReason)
  }

  /// Records start and outcome of a node that needs no process, or could not be started at all.
  ///
  /// - Parameters:
  ///   - position: The node that `nextReady` gave.
  ///   - outcome: How it ended.
  ///   - inputs: What it used, as far as it is known.
  ///   - now: The time of start and end.
  package mutating func execute(
    _ position: Int, outcome: AttemptOutcome, inputs: AttemptInputs? = nil, now: Timestamp
  ) {
    var attempt = makeAttempt(position, now: now)
    attempt.used = inputs
    begin(attempt, at: position, now: now)
    finish(position, outcome, now: now)
  }

  /// An executor reports how an attempt ended.
  ///
  /// - Returns: Whether the report counts; a second or late one changes nothing (G61).
  @discardableResult
  package mutating func attemptEnded(
    _ id: AttemptID, _ outcome: AttemptOutcome, now: Timestamp
  ) -> Bool {
    guard let position = plan.graph.index(of: id.node), running[position]?.id == id else {
      return false
    }
    pending.actions.append(.removeFiles(id))
    finish(position, outcome, now: now)
    return true
  }

  /// The program of an attempt never started; another attempt follows at once (G60).
  ///
  /// - Returns: Whether the report counts.
  @discardableResult
  package mutating func attemptNeverStarted(_ id: AttemptID, now: Timestamp) -> Bool {
    guard let position = plan.graph.index(of: id.node), var attempt = running[position],
      attempt.id == id
    else { return false }
    pending.actions.append(.removeFiles(id))
    if attempt.killReason != nil {
      finish(
        position, .failed("not_started", "the program was never started"), now: now)
    } else {
      attempt.status = .failed
      attempt.reason = "not_started"
      attempt.message = "the engine ended before the program was started"
      end(attempt, at: position, puts: [], decision: nil, now: now)
      // G38: a node goes back to a delay only, here to one that is over at once.
      nodes[position].wakes = now
      setNode(position, .waiting, now: now)
      makeReady(position)
    }
    return true
  }

  /// The reason of a kill that makes the attempt FAILED instead of KILLED.
  static let timeoutReason = "node_timeout"

  // MARK: - Attempts

  /// The id that the next attempt of a node will have.
  package func nextAttempt(of position: Int) -> AttemptID {
    AttemptID(
      run: header.id, node: nodes[position].node, attempt: nodes[position].attempts + 1)
  }

  private func makeAttempt(_ position: Int, now: Timestamp) -> AttemptRecord {
    let id = nextAttempt(of: position)
    var attempt = AttemptRecord(
      id: id, cause: id.attempt == 1 ? .first : .recovery, chain: 1, started: now)
    attempt.program = plan.steps[position].program
    return attempt
  }

  private mutating func begin(_ attempt: AttemptRecord, at position: Int, now: Timestamp) {
    let rank = plan.graph.rank[position]
    precondition(ready.min == rank, "\(attempt.id.node) was not the next ready node")
    ready.removeMin()
    isReady[position] = false
    nodes[position].attempts = attempt.id.attempt
    nodes[position].wakes = nil
    setNode(position, .running, now: now)
    running[position] = attempt
    pending.changes.append(.insertAttempt(attempt))
    record(
      .attempt(
        node: attempt.id.node, attempt: attempt.id.attempt, from: nil, to: .running, reason: nil,
        cause: attempt.cause), now: now)
    let entries = Self.startEntries(of: attempt.id, host: attempt.host, now: now)
    pending.changes.append(.put(.init(source: attempt.id, entries: entries), exempt: true))
  }

  /// What the platform puts when an attempt starts (T33).
  package static func startEntries(
    of attempt: AttemptID, host: String?, now: Timestamp
  ) -> [TokenPutBatch.Entry] {
    var entries = [
      TokenPutBatch.Entry(scope: .system, key: "baton.attempt", value: String(attempt.attempt)),
      TokenPutBatch.Entry(scope: .system, key: "baton.started_at", value: now.rfc3339),
    ]
    if let host {
      entries.append(.init(scope: .system, key: "baton.host", value: host))
    }
    return entries
  }

  /// Ends the running attempt of a node, and the node with it.
  private mutating func finish(_ position: Int, _ outcome: AttemptOutcome, now: Timestamp) {
    guard var attempt = running[position] else { return }
    attempt.status = outcome.status
    attempt.reason = outcome.reason
    attempt.message = outcome.message
    attempt.exitCode = outcome.exitCode
    attempt.leftoverKilled = outcome.leftoverKilled
    if let intent = attempt.killReason {
      // G43: once the kill is recorded, the attempt ends KILLED whatever its exit status.
      attempt.status = intent == Self.timeoutReason ? .failed : .killed
      attempt.reason = intent
      attempt.message = intent == Self.timeoutReason ? "the attempt took too long" : nil
    }
    if let defect = outcome.defect {
      attempt.message = attempt.message.map { "\($0); \(defect)" } ?? defect
    }
    let decision = attempt.status == .completed ? outcome.decision : nil
    end(attempt, at: position, puts: outcome.puts, decision: decision, now: now)
    nodes[position].outcome = decision
    let status: NodeStatus =
      switch attempt.status {
      case .completed: .completed
      case .killed: .killed
      case .failed, .running: .failed
      }
    setNode(position, status, reason: attempt.reason, now: now)
    nodeEnded(position, attempt, now: now)
  }

  /// Records the outcome of an attempt with its puts and platform entries (T33, T34, T43).
  private mutating func end(
    _ ended: AttemptRecord, at position: Int, puts: [TokenPutBatch.Entry], decision: Bool?,
    now: Timestamp
  ) {
    var attempt = ended
    attempt.ended = now
    running[position] = nil
    if !puts.isEmpty {
      pending.changes.append(.put(.init(source: attempt.id, entries: puts), exempt: false))
    }
    var entries: [TokenPutBatch.Entry] = []
    if let decision {
      entries.append(.init(scope: .system, key: "condition", value: decision ? "true" : "false"))
    }
    if let code = attempt.exitCode {
      entries.append(.init(scope: .system, key: "baton.exit_code", value: String(code)))
    }
    let duration = max(0, now.milliseconds - attempt.started.milliseconds)
    entries.append(.init(scope: .system, key: "baton.duration_ms", value: String(duration)))
    entries.append(.init(scope: .system, key: "baton.finished_at", value: now.rfc3339))
    pending.changes.append(.put(.init(source: attempt.id, entries: entries), exempt: true))
    pending.changes.append(.updateAttempt(attempt))
    touch(position)
    record(
      .attempt(
        node: attempt.id.node, attempt: attempt.id.attempt, from: .running, to: attempt.status,
        reason: attempt.reason, cause: attempt.cause), now: now)
  }
}
