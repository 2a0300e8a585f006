internal import Synchronization

/// Holds the writer of a stream back while its reader is behind.
final class Gate: Sendable {
  private struct State {
    var isClosed = false
    var waiters: [(ticket: UInt64, continuation: CheckedContinuation<Void, any Error>)] = []
    var lastTicket: UInt64 = 0
  }

  private let state = Mutex(State())

  init() {}

  /// Does something and closes the gate if that says so.
  ///
  /// The lock is held meanwhile, so that an ``open()`` that follows from it comes after.
  func close(_ body: () -> Bool) {
    state.withLock { state in
      if body() { state.isClosed = true }
    }
  }

  func open() {
    let waiters = state.withLock { state in
      state.isClosed = false
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.continuation.resume() }
  }

  /// Waits until the gate is open.
  ///
  /// - Throws: `CancellationError`.
  func wait() async throws {
    let ticket: UInt64? = state.withLock { state in
      guard state.isClosed else { return nil }
      state.lastTicket += 1
      return state.lastTicket
    }
    guard let ticket else { return try Task.checkCancellation() }
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        let isOpen = state.withLock { state in
          guard state.isClosed else { return true }
          state.waiters.append((ticket, continuation))
          return false
        }
        if isOpen {
          continuation.resume()
        } else if Task.isCancelled {
          giveUp(ticket)
        }
      }
    } onCancel: {
      giveUp(ticket)
    }
  }

  private func giveUp(_ ticket: UInt64) {
    let waiter = state.withLock { state -> CheckedContinuation<Void, any Error>? in
      guard let index = state.waiters.firstIndex(where: { $0.ticket == ticket }) else {
        return nil
      }
      return state.waiters.remove(at: index).continuation
    }
    waiter?.resume(throwing: CancellationError())
  }
}
