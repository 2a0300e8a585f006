internal import Synchronization

/// Up to which event of the log the batches have been settled, so that memory shows them (T42).
///
/// Readers of the tables may see a batch a moment before it is settled. Whoever then tells an
/// outcome or an end waits here first: the token that is read from memory afterwards is never
/// older than what was told.
final class SettledMark: Sendable {
  private struct Waiter {
    var event: UInt64
    var continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var event: UInt64 = 0
    var waiters: [Waiter] = []
  }

  private let state = Mutex(State())

  /// Says that the batches up to an event have been settled.
  func reach(_ event: UInt64) {
    let reached = state.withLock { state -> [Waiter] in
      guard event > state.event else { return [] }
      state.event = event
      guard !state.waiters.isEmpty else { return [] }
      let reached = state.waiters.filter { $0.event <= event }
      state.waiters.removeAll { $0.event <= event }
      return reached
    }
    for waiter in reached { waiter.continuation.resume() }
  }

  /// Waits until the batches up to an event have been settled; a committed one always is, soon.
  func wait(for event: UInt64) async {
    guard state.withLock({ $0.event < event }) else { return }
    await withCheckedContinuation { continuation in
      let isReached = state.withLock { state in
        if state.event >= event { return true }
        state.waiters.append(Waiter(event: event, continuation: continuation))
        return false
      }
      if isReached { continuation.resume() }
    }
  }
}
