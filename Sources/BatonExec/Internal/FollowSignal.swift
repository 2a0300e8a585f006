internal import Glibc
internal import Synchronization

/// Waits for one change in a directory that the shim server watches.
final class FollowSignal: Sendable {
  private struct State {
    var armed = false
    var changed = false
    var refused: Int32?
    var waiter: CheckedContinuation<Void, Never>?
  }

  private let state = Mutex(State())

  /// Takes what the server tells.
  func take(_ event: ShimServer.Event) {
    wake { state in
      switch event.kind {
      case .armed: state.armed = true
      case .changed: state.changed = true
      case .refused, .ended: state.refused = event.number
      }
    }
  }

  /// Acts as if the directory had changed: looking once too often does no harm.
  func fire() {
    wake { state in
      state.armed = true
      state.changed = true
    }
  }

  /// Waits until every later change will be told.
  func waitUntilArmed() async throws {
    try await wait { $0.armed }
  }

  /// Waits for a change.
  func waitForChange() async throws {
    try await wait { $0.changed }
  }

  private func wake(_ change: (inout sending State) -> Void) {
    let waiter = state.withLock { state in
      change(&state)
      return state.waiter.take()
    }
    waiter?.resume()
  }

  private func wait(until isMet: @Sendable (borrowing State) -> Bool) async throws {
    while true {
      let (met, refused) = state.withLock { (isMet($0), $0.refused) }
      if let refused {
        throw ExecError(.storage, Self.message(refused), errno: refused)
      }
      if met { return }
      try Task.checkCancellation()
      await suspend(until: isMet)
    }
  }

  private static func message(_ number: Int32) -> String {
    let text = "cannot watch the log: \(Files.message(number))"
    // Few know these bounds of a user.
    switch number {
    case EMFILE: return text + "; raise the sysctl fs.inotify.max_user_instances"
    case ENOSPC: return text + "; raise the sysctl fs.inotify.max_user_watches"
    default: return text
    }
  }

  private func suspend(until isMet: @Sendable (borrowing State) -> Bool) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now = state.withLock { state in
          if isMet(state) || state.refused != nil || Task.isCancelled { return true }
          state.waiter = continuation
          return false
        }
        if now { continuation.resume() }
      }
    } onCancel: {
      wake { _ in }
    }
  }
}
