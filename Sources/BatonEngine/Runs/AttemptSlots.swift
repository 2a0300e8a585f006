internal import DequeModule
internal import Synchronization

/// The server's bound on attempts with a process (G18).
///
/// A run that finds no slot is called back, in order of asking, when one is free.
final class AttemptSlots: Sendable {
  private struct State {
    var free: Int
    var waiting: Deque<@Sendable () -> Void> = []
  }

  private let state: Mutex<State>

  init(_ count: Int) {
    state = Mutex(State(free: count))
  }

  /// Takes a slot; when there is none, `retry` is kept and called once a slot is free.
  func take(orRetry retry: @escaping @Sendable () -> Void) -> Bool {
    state.withLock { state in
      guard state.free > 0 else {
        state.waiting.append(retry)
        return false
      }
      state.free -= 1
      return true
    }
  }

  /// Takes a slot for an attempt that runs already, even beyond the bound (after a restart).
  func takeAnyway() {
    state.withLock { $0.free -= 1 }
  }

  /// Gives a slot back and calls the run that has waited longest.
  func release() {
    state.withLock { $0.free += 1 }
    offer()
  }

  /// Calls the next waiting run if a slot is free; a run that was called offers what it left.
  func offer() {
    let retry = state.withLock { state -> (@Sendable () -> Void)? in
      guard state.free > 0, !state.waiting.isEmpty else { return nil }
      return state.waiting.removeFirst()
    }
    retry?()
  }
}
