internal import HeapModule

/// Nodes that workers execute (CT20–CT24).
extension RunMachine {
  /// Lets a node that is due wait for a worker: its status stays, and others start before it.
  ///
  /// - Parameter position: The node that `nextDue` gave.
  package mutating func awaitWorker(_ position: Int) {
    takeNext(position)
    awaitingWorker.insert(position)
  }

  /// A worker is there for a node that waits for one: it is among those that may start again.
  ///
  /// A node that is not due any more stays as it is.
  package mutating func workerFound(_ node: String) {
    guard let position = plan.graph.index(of: node), awaitingWorker.remove(position) != nil
    else { return }
    isReady[position] = false
    enqueue(position)
  }

  /// Records the start of an attempt with the grant of its lease (CT20).
  ///
  /// - Parameters:
  ///   - position: The node that `nextDue` gave.
  ///   - inputs: What the attempt will use.
  ///   - credentialHash: SHA-256 of its credential.
  ///   - lease: The lease; the worker's name is the host of the attempt (T33).
  ///   - now: The time of the start.
  package mutating func start(
    _ position: Int, inputs: AttemptInputs, credentialHash: [UInt8], lease: WorkerLease,
    now: Timestamp
  ) {
    var attempt = makeAttempt(position, now: now)
    attempt.used = inputs
    attempt.credentialHash = credentialHash
    attempt.host = lease.worker
    attempt.lease = lease
    begin(attempt, at: position, now: now)
    pending.actions.append(.assign(attempt.id))
    setDeadline(of: attempt)
  }

  /// Notes whether anything can be left of an attempt that has ended: nobody has heard the end of
  /// one whose worker was lost (RE47).
  mutating func noteProof(of attempt: AttemptRecord, at position: Int) {
    // What was before one that never started may still be there.
    if attempt.wasNeverStarted { return }
    if attempt.isUnheard {
      unprovenGone.insert(position)
    } else {
      unprovenGone.remove(position)
    }
  }
}

extension AttemptRecord {
  /// Whether files of it are on this host, because a process executes it.
  var hasFiles: Bool { child == nil && lease == nil }

  /// What lets go of what the attempt had while it was RUNNING.
  var cleaning: RunAction {
    if child != nil { return .removeDeadline(id) }
    return lease == nil ? .removeFiles(id) : .endLease(id)
  }

  /// Whether no worker has said that it has ended, although one had it.
  var isUnheard: Bool {
    if lease == nil { return false }
    if reason == "worker_lost" { return true }
    return killReason != nil && ending?.proof != .remote && ending?.means != .neverStarted
  }
}
