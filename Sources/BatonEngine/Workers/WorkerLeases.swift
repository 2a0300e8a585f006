internal import BatonCore

/// The leases that are open, with what their workers said last (CT22).
///
/// Kept in memory: after a restart of the engine every lease lasts as long as a fresh one.
struct WorkerLeases: Sendable {
  /// An attempt at a worker.
  struct Lease: Sendable {
    let attempt: AttemptID
    let id: String
    let worker: String
    /// SHA-256 of the attempt's credential.
    let credentialHash: [UInt8]
    /// The place that the lease takes; nil: its stream was opened before the engine started.
    let place: WorkerPlace?
    /// When it runs out without a further sign of life.
    var until: Timestamp
    var heartbeat = AttemptOutcome.Heartbeat()
    var cancel: Cancel?
    /// Whether the assignment may have reached the worker.
    var isSent = false
    /// Whether it has run out; the outcome is on its way to the record.
    var isOver = false
  }

  /// The order to give up an attempt (CT24).
  struct Cancel: Hashable, Sendable {
    var reason: String
    var graceMS: Int64
    let began: Timestamp
    /// When the lease runs out whatever the worker says.
    var latest: Timestamp
  }

  let duration: Duration
  private var leases: [String: Lease] = [:]
  private var ids: [AttemptID: String] = [:]

  /// - Parameter duration: How long a lease lasts from its grant or last heartbeat.
  init(duration: Duration) {
    self.duration = duration
  }

  subscript(id: String) -> Lease? { leases[id] }
  subscript(attempt: AttemptID) -> Lease? { ids[attempt].flatMap { leases[$0] } }

  /// When the next lease runs out; nil: none is open.
  var next: Timestamp? { leases.values.lazy.filter { !$0.isOver }.map(\.until).min() }

  mutating func insert(_ lease: Lease) {
    leases[lease.id] = lease
    ids[lease.attempt] = lease.id
  }

  /// Forgets a lease, because its attempt has ended in the record.
  mutating func remove(_ attempt: AttemptID) -> Lease? {
    ids.removeValue(forKey: attempt).flatMap { leases.removeValue(forKey: $0) }
  }

  /// - Returns: Whether the lease is open.
  mutating func sent(_ id: String) -> Bool {
    guard leases[id] != nil else { return false }
    leases[id]?.isSent = true
    return true
  }

  /// The worker shows that it is alive.
  ///
  /// - Returns: The lease as it is from now on; nil: it is over.
  mutating func renew(
    _ id: String, _ heartbeat: AttemptOutcome.Heartbeat, now: Timestamp
  ) -> Lease? {
    guard var lease = leases[id], !lease.isOver, lease.until > now else { return nil }
    let until = now.advanced(by: duration)
    lease.until = lease.cancel.map { min($0.latest, until) } ?? until
    lease.heartbeat = heartbeat
    leases[id] = lease
    return lease
  }

  /// Tells a lease to end; a repeat may shorten the grace.
  ///
  /// From then on heartbeats keep the lease no longer than the grace and one duration more: the
  /// worker's word is waited for, not for ever.
  ///
  /// - Returns: The lease; nil: there is none.
  mutating func cancel(
    _ attempt: AttemptID, graceMS: Int64, reason: String, now: Timestamp
  ) -> Lease? {
    guard let id = ids[attempt], var lease = leases[id] else { return nil }
    let began = lease.cancel?.began ?? now
    let grace = min(graceMS, lease.cancel?.graceMS ?? .max)
    let latest = now.advanced(by: .milliseconds(grace)).advanced(by: duration)
    lease.cancel = Cancel(
      reason: lease.cancel?.reason ?? reason, graceMS: grace, began: began,
      latest: min(latest, lease.cancel?.latest ?? latest))
    leases[id] = lease
    return lease
  }

  /// Takes the leases that have run out.
  mutating func expire(now: Timestamp) -> [Lease] {
    let over = leases.values.filter { !$0.isOver && $0.until <= now }
    for lease in over { leases[lease.id]?.isOver = true }
    return over.sorted { ($0.attempt.run, $0.id) < ($1.attempt.run, $1.id) }
  }

  /// Leases whose assignment was never written to a stream that is closed now.
  func unsent(by stream: WorkerStreamID) -> [Lease] {
    leases.values.filter { $0.place?.stream == stream && !$0.isSent && !$0.isOver }
  }
}
