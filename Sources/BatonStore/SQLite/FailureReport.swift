internal import Synchronization

/// Tells once that the store cannot go on, whichever connection has found out (reliability R4).
final class FailureReport: Sendable {
  private enum State {
    case waiting
    case told(String)
    case ended
  }

  private let state = Mutex(State.waiting)
  private let failed: @Sendable (StoreError) -> Void

  init(_ failed: @escaping @Sendable (StoreError) -> Void) {
    self.failed = failed
  }

  /// What was told; nil: nothing.
  var health: StoreHealth? {
    state.withLock { if case .told(let reason) = $0 { .failed(reason) } else { nil } }
  }

  /// Tells the first failure.
  func report(_ error: StoreError) {
    let isFirst = state.withLock { state in
      guard case .waiting = state else { return false }
      if case .failed(let reason) = error {
        state = .told(reason)
      } else {
        state = .told("\(error)")
      }
      return true
    }
    if isFirst { failed(error) }
  }

  /// Tells nothing any more: the store is being closed.
  func end() {
    state.withLock { state in
      if case .waiting = state { state = .ended }
    }
  }

  /// An error that a read has met, told if it concerns the device or the file as a whole.
  func noting(_ error: any Error) -> any Error {
    switch error as? StoreError {
    case .failed(let message): report(.failed(message))
    case .damaged(let message): report(.failed("damaged database: \(message)"))
    case nil, .statusChanged, .diskFull, .readOnly, .closed, .overloaded, .newerSchema,
      .unreadable, .connectionFailed:
      break
    }
    return error
  }
}
