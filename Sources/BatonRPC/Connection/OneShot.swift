internal import Synchronization

/// A value that one task waits for and that is given once; later ones are ignored.
final class OneShot<Value: Sendable>: Sendable {
  private enum State {
    case empty
    case waiting(CheckedContinuation<Value, any Error>)
    case full(Result<Value, any Error>)
    case taken
  }

  private let state = Mutex(State.empty)

  init() {}

  /// Gives the value.
  ///
  /// - Returns: Whether it was the first.
  @discardableResult
  func complete(_ result: Result<Value, any Error>) -> Bool {
    let (isFirst, waiter) = state.withLock { state in
      switch state {
      case .empty:
        state = .full(result)
        return (true, nil as CheckedContinuation<Value, any Error>?)
      case .waiting(let waiter):
        state = .taken
        return (true, waiter)
      case .full, .taken:
        return (false, nil)
      }
    }
    waiter?.resume(with: result)
    return isFirst
  }

  /// Waits for the value; called once.
  ///
  /// - Throws: the error given; `CancellationError`.
  func value() async throws -> Value {
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let result: Result<Value, any Error>? = state.withLock { state in
          guard case .full(let result) = state else {
            state = .waiting(continuation)
            return nil
          }
          state = .taken
          return result
        }
        if let result { continuation.resume(with: result) }
      }
    } onCancel: {
      complete(.failure(CancellationError()))
    }
  }
}
