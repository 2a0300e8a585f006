internal import Synchronization

/// Waits for a number of workers that are no tasks.
final class FinishLine: Sendable {
  private struct State {
    var missing: Int
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state: Mutex<State>

  init(workers: Int) {
    state = Mutex(State(missing: workers))
  }

  /// One worker has ended.
  func arrive() {
    let waiter = state.withLock { state in
      state.missing -= 1
      return state.missing == 0 ? state.waiter : nil
    }
    waiter?.resume()
  }

  /// Waits until all have; one task may wait.
  func reached() async {
    await withCheckedContinuation { continuation in
      let isDone = state.withLock { state in
        if state.missing > 0 { state.waiter = continuation }
        return state.missing <= 0
      }
      if isDone { continuation.resume() }
    }
  }
}
