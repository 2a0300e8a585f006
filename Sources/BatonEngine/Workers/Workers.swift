internal import BatonCore
internal import BatonWire
internal import DequeModule
internal import Synchronization

/// Supplies workers with attempts, and keeps their leases (CT20–CT24).
///
/// Readiness meets room here: whichever comes second makes the match, at once. A place goes to
/// the driver of the node's run, which records the start; the assignment is sent when that is
/// durable.
final class Workers: Sendable {
  /// A node that waited has a place at a worker.
  struct Offer: Sendable {
    var entry: WorkerQueues.Entry
    var place: WorkerPlace
  }

  private struct State {
    var queues = WorkerQueues()
    var leases: WorkerLeases
    var outputs: [WorkerStreamID: AsyncStream<Wire.QueueItem>.Continuation] = [:]
    /// Offers that are to be handed over, and whether somebody does so.
    var offers: Deque<Offer> = []
    var isHanding = false
    /// Whether a time is set for the next lease that may run out.
    var isWatching = false

    /// Takes what waits for a stream, as far as it has room.
    mutating func enqueueOffers(for stream: WorkerStreamID) {
      while let (entry, place) = queues.next(for: stream) {
        offers.append(Offer(entry: entry, place: place))
      }
    }
  }

  /// The pause between two looks for leases that have run out, at least.
  private static let shortestWatch = Duration.milliseconds(50)

  private let state: Mutex<State>
  private let clock: any WallClock
  private let deadlines: Deadlines
  let leaseDuration: Duration

  init(leaseDuration: Duration, clock: any WallClock, deadlines: Deadlines) {
    self.leaseDuration = leaseDuration
    self.clock = clock
    self.deadlines = deadlines
    state = Mutex(State(leases: WorkerLeases(duration: leaseDuration)))
  }

  /// Nodes that wait for a worker.
  var waiting: Int { state.withLock { $0.queues.count } }
  /// Streams that are open.
  var openStreams: Int { state.withLock { $0.queues.openStreams } }

  // MARK: - Streams

  /// Opens a stream; what it sends ends when the call does, or `finish` is called.
  func open(
    _ queue: QueueName, worker: String, capacity: Int, programs: Set<String>
  ) -> (id: WorkerStreamID, items: AsyncStream<Wire.QueueItem>) {
    // Bounded by the capacity: each lease has an assignment and few cancels.
    let (items, output) = AsyncStream.makeStream(of: Wire.QueueItem.self)
    let id = state.withLock { state in
      let id = state.queues.open(queue, worker: worker, capacity: capacity, programs: programs)
      state.outputs[id] = output
      return id
    }
    return (id, items)
  }

  /// Hands to a stream what waits for it, as far as it has room.
  func supply(_ id: WorkerStreamID, to hand: (Offer) -> Bool) {
    state.withLock { $0.enqueueOffers(for: id) }
    handOver(to: hand)
  }

  /// Ends the supply of a stream; its leases live on.
  ///
  /// - Returns: Attempts whose assignments were never sent.
  func close(_ id: WorkerStreamID) -> [AttemptID] {
    state.withLock { state in
      state.queues.close(id)
      state.outputs.removeValue(forKey: id)?.finish()
      return state.leases.unsent(by: id).map(\.attempt)
    }
  }

  // MARK: - Places

  /// Takes a place for a node that is due; without one it is offered a place later.
  func take(for entry: WorkerQueues.Entry) -> WorkerPlace? {
    state.withLock { $0.queues.take(for: entry) }
  }

  /// Gives places back, and hands them to what waits.
  func release(_ places: [WorkerPlace], to hand: (Offer) -> Bool) {
    guard !places.isEmpty else { return }
    state.withLock { state in
      for place in places {
        if let stream = state.queues.release(place) { state.enqueueOffers(for: stream) }
      }
    }
    handOver(to: hand)
  }

  /// Nothing of a run waits any more.
  func remove(_ run: RunID) { state.withLock { $0.queues.remove(run) } }

  /// Hands offers over, one after the other.
  ///
  /// A run that is offered a place takes its step on the caller's stack, where places may be given
  /// back in turn; the outermost call goes on for all of them.
  private func handOver(to hand: (Offer) -> Bool) {
    let isOutermost = state.withLock { state in
      defer { state.isHanding = true }
      return !state.isHanding
    }
    guard isOutermost else { return }
    while let offer = nextOffer() {
      guard !hand(offer) else { continue }
      state.withLock { state in
        if let stream = state.queues.release(offer.place) { state.enqueueOffers(for: stream) }
      }
    }
  }

  private func nextOffer() -> Offer? {
    state.withLock { state in
      let next = state.offers.popFirst()
      if next == nil { state.isHanding = false }
      return next
    }
  }

  // MARK: - Leases

  /// Sends an attempt whose start is durable to the worker that leased it.
  ///
  /// - Returns: Whether it is on its way; false: the stream has closed meanwhile.
  func assign(
    _ attempt: AttemptRecord, place: WorkerPlace, credentialHash: [UInt8],
    _ assignment: consuming Wire.Assignment
  ) -> Bool {
    guard let lease = attempt.lease else { return false }
    let until = clock.now().advanced(by: leaseDuration)
    assignment.leaseUntil = until.milliseconds
    let item = Wire.QueueItem(kind: .assignment(assignment))
    let (isSent, watch) = state.withLock { state -> (Bool, Bool) in
      guard let output = state.outputs[place.stream] else { return (false, false) }
      state.leases.insert(
        WorkerLeases.Lease(
          attempt: attempt.id, id: lease.id, worker: lease.worker, credentialHash: credentialHash,
          place: place, until: until))
      output.yield(item)
      defer { state.isWatching = true }
      return (true, !state.isWatching)
    }
    if watch { deadlines.set(.leases, until) }
    return isSent
  }

  /// An assignment is being written; false: its lease is over already.
  func sends(_ lease: String) -> Bool { state.withLock { $0.leases.sent(lease) } }

  /// Takes up an attempt that was at a worker before a restart: its lease begins anew, and is
  /// cancelled if it was.
  func takeUp(_ attempt: AttemptRecord, graceMS: Int64) {
    guard let lease = attempt.lease else { return }
    let now = clock.now()
    let until = now.advanced(by: leaseDuration)
    let watch = state.withLock { state in
      state.leases.insert(
        WorkerLeases.Lease(
          attempt: attempt.id, id: lease.id, worker: lease.worker,
          credentialHash: attempt.credentialHash ?? [], place: nil, until: until, isSent: true))
      if let reason = attempt.killReason {
        _ = state.leases.cancel(attempt.id, graceMS: graceMS, reason: reason, now: now)
      }
      defer { state.isWatching = true }
      return !state.isWatching
    }
    if watch { deadlines.set(.leases, until) }
  }

  /// Tells a worker to give up an attempt: over its stream now, and with every heartbeat (CT24).
  func cancel(_ attempt: AttemptID, graceMS: Int64, reason: String) {
    let now = clock.now()
    state.withLock { state in
      guard
        let lease = state.leases.cancel(attempt, graceMS: graceMS, reason: reason, now: now),
        let cancel = lease.cancel, let stream = lease.place?.stream
      else { return }
      state.outputs[stream]?.yield(
        Wire.QueueItem(
          kind: .cancel(
            Wire.LeaseCancel(lease: lease.id, reason: cancel.reason, graceMs: cancel.graceMS))))
    }
  }

  /// A lease is over, because its attempt has ended in the record.
  ///
  /// - Returns: The place that it took, to be given back.
  func end(_ attempt: AttemptID) -> WorkerPlace? {
    state.withLock { $0.leases.remove(attempt)?.place }
  }

  /// Takes a sign of life; nil: the lease is over.
  func renew(_ lease: String, _ heartbeat: AttemptOutcome.Heartbeat) -> WorkerLeases.Lease? {
    let now = clock.now()
    return state.withLock { $0.leases.renew(lease, heartbeat, now: now) }
  }

  /// An open lease, or one that has just run out.
  func lease(_ id: String) -> WorkerLeases.Lease? { state.withLock { $0.leases[id] } }

  /// The lease of an attempt that is RUNNING.
  func lease(of attempt: AttemptID) -> WorkerLeases.Lease? { state.withLock { $0.leases[attempt] } }

  /// Leases that have run out by now; the next look is set.
  func expired() -> [WorkerLeases.Lease] {
    let now = clock.now()
    let (over, next) = state.withLock { state in
      let over = state.leases.expire(now: now)
      let next = state.leases.next
      state.isWatching = next != nil
      return (over, next)
    }
    if let next { deadlines.set(.leases, max(next, now.advanced(by: Self.shortestWatch))) }
    return over
  }
}
