internal import BatonCore
internal import BatonExec
internal import Foundation
internal import HeapModule
internal import Synchronization

/// Tells when a time has come; one thread waits for the earliest.
final class Deadlines: Sendable {
  /// Whose time it is.
  enum Alarm: Hashable, Sendable {
    /// The time of an attempt is over (RE93).
    case attempt(AttemptID)
    /// The delay of a node is over (G39, RE94).
    case node(RunID, String)
    /// A run that the store refused is read and tried again (reliability R4).
    case retry(RunID)
    /// What a run could not prepare is tried again (reliability R4).
    case prepare(RunID)
    /// What an executor could not do for an attempt is tried again (reliability R4).
    case program(AttemptKey, ProgramWork)
    /// A lease of a worker may have run out (CT22).
    case leases
  }

  /// The pause before something is tried again, growing from 200 ms to 10 s.
  ///
  /// - Parameter failures: How often in a row it has failed, from 1.
  /// - Returns: The time to wait.
  static func pause(after failures: Int) -> Duration {
    min(.milliseconds(100 << min(failures, 10)), .seconds(10))
  }

  private struct Deadline: Comparable {
    var time: Timestamp
    var alarm: Alarm

    static func < (left: Deadline, right: Deadline) -> Bool { left.time < right.time }
  }

  private struct State {
    var heap = Heap<Deadline>()
    /// Deadlines that still count; the others are dropped when they come up, or when many.
    var live: Set<Alarm> = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let condition = NSCondition()
  private let clock: any WallClock

  init(clock: any WallClock) {
    self.clock = clock
  }

  /// Sets a time; one that has passed is told at once.
  func set(_ alarm: Alarm, _ time: Timestamp) {
    state.withLock { state in
      state.live.insert(alarm)
      state.heap.insert(Deadline(time: time, alarm: alarm))
    }
    wake()
  }

  /// Sets a time for another try of something that has failed.
  func set(_ alarm: Alarm, after failures: Int) {
    set(alarm, clock.now().advanced(by: Self.pause(after: failures)))
  }

  /// Forgets a time that matters no more.
  func remove(_ alarm: Alarm) {
    state.withLock { state in
      guard state.live.remove(alarm) != nil else { return }
      if state.heap.count > 64 + 2 * state.live.count {
        let live = state.live
        state.heap = Heap(state.heap.unordered.filter { live.contains($0.alarm) })
      }
    }
  }

  /// Tells of every time that comes, until the task is cancelled.
  func run(_ expired: @escaping @Sendable (Alarm) -> Void) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let started = DedicatedThread.start { [self] in
          loop(expired)
          continuation.resume()
        }
        if !started { continuation.resume() }
      }
    } onCancel: {
      state.withLock { $0.isStopped = true }
      wake()
    }
  }

  private func wake() {
    condition.lock()
    condition.signal()
    condition.unlock()
  }

  private func loop(_ expired: (Alarm) -> Void) {
    while true {
      condition.lock()
      let (due, next, isStopped) = take()
      if due.isEmpty, !isStopped {
        // Held since before the look, so that no signal is missed between look and wait.
        _ = condition.wait(until: next)
      }
      condition.unlock()
      if isStopped { return }
      for alarm in due { expired(alarm) }
    }
  }

  /// What is due, and when to look again; a clock set forward is noticed within a minute.
  private func take() -> (due: [Alarm], next: Date, isStopped: Bool) {
    let now = clock.now()
    return state.withLock { state in
      var due: [Alarm] = []
      while let first = state.heap.min, first.time <= now {
        state.heap.removeMin()
        if state.live.remove(first.alarm) != nil { due.append(first.alarm) }
      }
      let wait = state.heap.min.map { Double($0.time.milliseconds - now.milliseconds) / 1000 }
      return (due, Date(timeIntervalSinceNow: min(wait ?? 60, 60)), state.isStopped)
    }
  }
}
