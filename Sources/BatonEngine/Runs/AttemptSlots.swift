internal import BatonCore
internal import DequeModule
internal import Synchronization

/// The server's bound on attempts with a process (G18).
///
/// A run that finds no slot is called back, in order of asking, when one is free.
final class AttemptSlots: Sendable {
  /// Wakes a run; false: the run has ended and the offer goes to the next.
  typealias Retry = @Sendable () -> Bool

  private struct State {
    var free: Int
    /// Runs that found no slot, each once.
    var waiting: Deque<RunID> = []
    var retries: [RunID: Retry] = [:]
  }

  private let state: Mutex<State>

  init(_ count: Int) {
    state = Mutex(State(free: count))
  }

  /// Slots that nobody has; negative after a restart with a smaller bound.
  var free: Int { state.withLock(\.free) }

  /// Takes a slot; when there is none, `retry` is kept and called once a slot is free.
  func take(for run: RunID, orRetry retry: @escaping Retry) -> Bool {
    state.withLock { state in
      if state.free > 0 {
        state.free -= 1
        return true
      }
      if state.retries.updateValue(retry, forKey: run) == nil { state.waiting.append(run) }
      return false
    }
  }

  /// Takes slots for attempts that run already, even beyond the bound (after a restart).
  func takeAnyway(_ count: Int) {
    state.withLock { $0.free -= count }
  }

  /// Gives a slot back and calls the run that has waited longest.
  func release() {
    state.withLock { $0.free += 1 }
    offer()
  }

  /// Calls the next waiting run if a slot is free; a run that was called offers what it left.
  func offer() {
    while let retry = nextRetry() {
      if retry() { return }
    }
  }

  private func nextRetry() -> Retry? {
    state.withLock { state in
      guard state.free > 0, let run = state.waiting.popFirst() else { return nil }
      return state.retries.removeValue(forKey: run)
    }
  }
}
