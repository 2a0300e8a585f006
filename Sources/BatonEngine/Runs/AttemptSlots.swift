package import BatonCore
internal import DequeModule
internal import Synchronization

/// The server's bound on attempts with a process (G18).
///
/// A run that finds no slot is called back, in order of asking, when one is free.
package final class AttemptSlots: Sendable {
  /// Wakes a run; false: the run has ended and the offer goes to the next.
  package typealias Retry = @Sendable () -> Bool

  private struct State {
    var free: Int
    /// Runs that found no slot, each once.
    var waiting: Deque<RunID> = []
    var retries: [RunID: Retry] = [:]
    /// Whether somebody is offering, and whether there was reason to offer again meanwhile.
    var isOffering = false
    var offersAgain = false
  }

  private let state: Mutex<State>

  /// - Parameter count: The most attempts at a time.
  package init(_ count: Int) {
    state = Mutex(State(free: count))
  }

  /// Slots that nobody has; negative after a restart with a smaller bound.
  package var free: Int { state.withLock(\.free) }

  /// Takes a slot; when there is none, `retry` is kept and called once a slot is free.
  package func take(for run: RunID, orRetry retry: @escaping Retry) -> Bool {
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
  package func takeAnyway(_ count: Int) {
    state.withLock { $0.free -= count }
  }

  /// Gives a slot back and calls the run that has waited longest.
  package func release() {
    state.withLock { $0.free += 1 }
    offer()
  }

  /// Calls the next waiting run if a slot is free; a run that was called offers what it left.
  ///
  /// A run that is called takes its step on the caller's stack, where it may offer in turn. The
  /// outermost offer goes on for all of them, so that the stack does not grow with the runs that
  /// wait.
  package func offer() {
    let isOutermost = state.withLock { state -> Bool in
      if state.isOffering { state.offersAgain = true }
      defer { state.isOffering = true }
      return !state.isOffering
    }
    guard isOutermost else { return }
    repeat {
      while let retry = nextRetry() {
        if retry() { break }
      }
    } while offersAgain()
  }

  private func offersAgain() -> Bool {
    state.withLock { state in
      defer { state.offersAgain = false }
      if !state.offersAgain { state.isOffering = false }
      return state.offersAgain
    }
  }

  private func nextRetry() -> Retry? {
    state.withLock { state in
      guard state.free > 0, let run = state.waiting.popFirst() else { return nil }
      return state.retries.removeValue(forKey: run)
    }
  }
}
