internal import BatonCore
internal import BatonExec
internal import Foundation
internal import HeapModule
internal import Synchronization

/// Tells when the time of attempts is over; one thread waits for the earliest.
final class Deadlines: Sendable {
  private struct Deadline: Comparable {
    var time: Timestamp
    var attempt: AttemptID

    static func < (left: Deadline, right: Deadline) -> Bool { left.time < right.time }
  }

  private struct State {
    var heap = Heap<Deadline>()
    /// Deadlines that still count; the others are dropped when they come up, or when many.
    var live: Set<AttemptID> = []
    var isStopped = false
  }

  private let state = Mutex(State())
  private let condition = NSCondition()
  private let clock: any WallClock

  init(clock: any WallClock) {
    self.clock = clock
  }

  /// Sets the time of an attempt; one that has passed is told at once.
  func set(_ attempt: AttemptID, _ time: Timestamp) {
    state.withLock { state in
      state.live.insert(attempt)
      state.heap.insert(Deadline(time: time, attempt: attempt))
    }
    wake()
  }

  /// Forgets the time of an attempt that has ended.
  func remove(_ attempt: AttemptID) {
    state.withLock { state in
      guard state.live.remove(attempt) != nil else { return }
      if state.heap.count > 64 + 2 * state.live.count {
        let live = state.live
        state.heap = Heap(state.heap.unordered.filter { live.contains($0.attempt) })
      }
    }
  }

  /// Tells of every deadline that comes, until the task is cancelled.
  func run(_ expired: @escaping @Sendable (AttemptID) -> Void) async {
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

  private func loop(_ expired: (AttemptID) -> Void) {
    while true {
      condition.lock()
      let (due, next, isStopped) = take()
      if due.isEmpty, !isStopped {
        // Held since before the look, so that no signal is missed between look and wait.
        _ = condition.wait(until: next)
      }
      condition.unlock()
      if isStopped { return }
      for attempt in due { expired(attempt) }
    }
  }

  /// What is due, and when to look again; a clock set forward is noticed within a minute.
  private func take() -> (due: [AttemptID], next: Date, isStopped: Bool) {
    let now = clock.now()
    return state.withLock { state in
      var due: [AttemptID] = []
      while let first = state.heap.min, first.time <= now {
        state.heap.removeMin()
        if state.live.remove(first.attempt) != nil { due.append(first.attempt) }
      }
      let wait = state.heap.min.map { Double($0.time.milliseconds - now.milliseconds) / 1000 }
      return (due, Date(timeIntervalSinceNow: min(wait ?? 60, 60)), state.isStopped)
    }
  }
}
