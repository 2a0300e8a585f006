internal import BatonCore
internal import BatonStore

/// Nodes that workers execute (CT20–CT24).
extension RunStepper {
  /// A worker has room for a node that waited for one.
  mutating func workerFound(_ offer: Workers.Offer) {
    guard turn(to: offer.entry.run) else { return unusedPlaces.append(offer.place) }
    machine.workerFound(offer.entry.node)
    // The node may not be due any more, or not now.
    if let other = offered.updateValue(offer.place, forKey: offer.entry) {
      unusedPlaces.append(other)
    }
  }

  /// Starts a node at a worker, or has it wait for one.
  mutating func startAtWorker(_ position: Int, _ step: RunPlan.Step, queue: String) throws {
    let entry = WorkerQueues.Entry(
      run: run, rank: machine.plan.graph.rank[position], node: step.name,
      queue: QueueName(namespace: machine.header.workflow.namespace, queue: queue),
      program: "\(machine.header.workflow.application)/\(step.program?.id ?? "")")
    guard let place = offered.removeValue(forKey: entry) ?? engine.workers.take(for: entry) else {
      machine.awaitWorker(position)
      return
    }
    do {
      let tokens = try reader(position, step, host: place.worker)
      let inputs = try InputRenderer(machine, step, tokens).inputs(argv: [])
      let credential = TaskCredential()
      machine.start(
        position, inputs: inputs, credentialHash: credential.hash,
        lease: WorkerLease(id: WorkerLease.newID(), worker: place.worker), now: now)
      guard let id = machine.running[position]?.id else { return }
      credentials[id] = credential
      places[id] = place
    } catch {
      unusedPlaces.append(place)
      throw error
    }
  }

  /// A lease has run out: the worker is lost (CT23).
  mutating func lost(_ lease: WorkerLeases.Lease) {
    guard turn(to: lease.attempt.run), machine.runningAttempt(lease.attempt) != nil else { return }
    var outcome = AttemptOutcome.failed(
      "worker_lost", "worker \(lease.worker) gave no sign of life while its lease lasted")
    outcome.heartbeat = lease.heartbeat
    do {
      try settle(lease.attempt, outcome)
    } catch {
      trouble = error
      deferred.append(.lost(lease))
    }
  }

  /// A worker says how an attempt ended.
  ///
  /// - Returns: What its call is answered when the step is stored; nil: the report is to be looked
  ///   at again in the next step.
  mutating func reported(_ report: WorkerReport) -> WorkerReport.Answer? {
    do {
      if let refusal = refusals.puts[report.attempt] { throw refusal }
      try load(report.attempt.run, withChildren: false)
      guard turn(to: report.attempt.run) else { return nil }
      guard let attempt = machine.runningAttempt(report.attempt) else {
        return try reportedLate(report)
      }
      try check(report, of: attempt)
      var outcome = report.outcome
      let lease = engine.workers.lease(of: report.attempt)
      outcome.heartbeat = lease?.heartbeat
      if attempt.killReason != nil {
        let began = lease?.cancel?.began ?? now
        outcome.ending = AttemptEnding(
          means: .worker, durationMS: max(0, now.milliseconds - began.milliseconds),
          proof: .remote)
      }
      try settle(report.attempt, outcome)
      return .counts
    } catch {
      return .refused((error as? StoreError)?.answer ?? error)
    }
  }

  /// - Throws: PERMISSION_DENIED `not_permitted`; INVALID_ARGUMENT `status_invalid`.
  private func check(_ report: WorkerReport, of attempt: AttemptRecord) throws(BatonError) {
    guard attempt.lease?.id == report.lease else { throw WorkerCaller.otherLease }
    guard report.outcome.status == .killed, attempt.killReason == nil else { return }
    throw BatonError(
      .invalidArgument, "status_invalid", "\(attempt.id) was not cancelled, so it cannot be KILLED",
      hint: "report FAILED")
  }

  /// A report of an attempt that has ended (RE46).
  private mutating func reportedLate(_ report: WorkerReport) throws -> WorkerReport.Answer? {
    guard let stored = try engine.store.read({ try $0.attempt(report.attempt) }) else {
      throw BatonError(.notFound, "attempt_not_found", "no attempt \(report.attempt)")
    }
    // It has ended in this very step.
    guard stored.status != .running else { return nil }
    try machine.reportedLate(report.outcome, of: stored, by: report.worker, now: now)
    return .known(WorkerReport.Recorded(stored))
  }
}

extension WorkerLease {
  /// A fresh id: 128 random bits in hexadecimal.
  static func newID() -> String {
    var generator = SystemRandomNumberGenerator()
    return (0..<2).map { _ in
      let digits = String(generator.next() as UInt64, radix: 16)
      return String(repeating: "0", count: 16 - digits.utf8.count) + digits
    }.joined()
  }
}
