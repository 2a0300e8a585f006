internal import BatonCore
internal import BatonWire
internal import Glibc
internal import Synchronization

/// What a worker knows of its leases, shared by its tasks.
final class WorkerState: Sendable {
  private struct State {
    var running: [String: WorkerExecution] = [:]
    var isDraining = false
    var drainWaiter: CheckedContinuation<Void, Never>?
    /// The server's clock less that of this host, in milliseconds.
    var clockOffset: Int64 = 0
    /// How often leases are renewed.
    var period = WorkerState.longestPeriod
    /// Wakes the task that sends heartbeats.
    var beat: AsyncStream<Void>.Continuation?
    /// A wish to beat at once that nobody has taken up.
    var isBeatDue = false
  }

  /// Bounds of the time between two heartbeats of a lease.
  private static let shortestPeriod = Duration.seconds(1)
  fileprivate static let longestPeriod = Duration.seconds(10)
  /// Heartbeats in the time of one lease: two may get lost.
  private static let beatsPerLease = 3

  private let state = Mutex(State())

  /// The attempts that are executed now.
  var running: [WorkerExecution] { state.withLock { Array($0.running.values) } }

  /// Keeps an attempt from the moment it is there, so that no cancel comes too early for it.
  func begin(_ assignment: Wire.Assignment) -> WorkerExecution {
    let execution = WorkerExecution(assignment)
    state.withLock { $0.running[execution.lease] = execution }
    learn(leaseUntil: assignment.leaseUntil)
    return execution
  }

  func end(_ execution: WorkerExecution) {
    state.withLock { $0.running[execution.lease] = nil }
  }

  func cancel(_ cancel: Wire.LeaseCancel) {
    let execution = state.withLock { $0.running[cancel.lease] }
    execution?.cancel(
      WorkerTask.Cancellation(reason: cancel.reason, grace: .milliseconds(cancel.graceMs)))
  }

  // MARK: - Drain

  func drain() {
    let waiter = state.withLock { state in
      state.isDraining = true
      return state.drainWaiter.take()
    }
    waiter?.resume()
  }

  /// Returns when the worker drains, or the task is cancelled.
  func waitForDrain() async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isDue = state.withLock { state in
          if state.isDraining || Task.isCancelled { return true }
          state.drainWaiter = continuation
          return false
        }
        if isDue { continuation.resume() }
      }
    } onCancel: {
      let waiter = state.withLock { $0.drainWaiter.take() }
      waiter?.resume()
    }
  }

  // MARK: - Heartbeats

  /// Takes note of the server's clock, by which leases end.
  func learn(serverTime: Timestamp) {
    state.withLock { $0.clockOffset = serverTime.milliseconds - Self.now() }
  }

  /// Takes note of how long leases last.
  func learn(leaseUntil: Int64) {
    let now = Self.now()
    let beat = state.withLock { state in
      let left = Duration.milliseconds(leaseUntil - now - state.clockOffset)
      let period = min(max(left / Self.beatsPerLease, Self.shortestPeriod), Self.longestPeriod)
      defer { state.period = period }
      return period < state.period ? state.beat : nil
    }
    // A shorter lease than the one that is waited for.
    beat?.yield()
  }

  private static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
  }

  /// Has heartbeats sent at once.
  func beatNow() {
    let beat = state.withLock { state in
      state.isBeatDue = state.beat == nil
      return state.beat
    }
    beat?.yield()
  }

  /// Waits for the time of the next heartbeats.
  func waitForBeat() async throws {
    let (wakes, wake) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
    let (period, isDue) = state.withLock { state in
      state.beat = wake
      defer { state.isBeatDue = false }
      return (state.period, state.isBeatDue)
    }
    defer { state.withLock { $0.beat = nil } }
    guard !isDue else { return }
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await ContinuousClock().sleep(until: .now + period, tolerance: nil) }
      group.addTask { for await _ in wakes { return } }
      try await group.next()
      group.cancelAll()
    }
  }
}
