import Synchronization

/// Something that a test waits for; signals count, so none is lost.
final class Signal: Sendable {
  private struct Waiter {
    let times: Int
    let ticket: Int
    let continuation: CheckedContinuation<Void, Never>
  }

  private struct State {
    var count = 0
    var waiters: [Waiter] = []
    var lastTicket = 0
  }

  private let state = Mutex(State())

  var count: Int { state.withLock { $0.count } }

  func send() {
    resume { state in
      state.count += 1
      let count = state.count
      return { $0.times <= count }
    }
  }

  /// Waits until the signal has been sent a number of times, or the task is cancelled.
  func wait(_ times: Int = 1) async {
    let ticket = state.withLock { state in
      state.lastTicket += 1
      return state.lastTicket
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let isReady = state.withLock { state in
          if state.count >= times || Task.isCancelled { return true }
          state.waiters.append(
            Waiter(times: times, ticket: ticket, continuation: continuation))
          return false
        }
        if isReady { continuation.resume() }
      }
    } onCancel: {
      resume { _ in { $0.ticket == ticket } }
    }
  }

  private func resume(_ choose: (inout State) -> (Waiter) -> Bool) {
    let ready = state.withLock { state in
      let isChosen = choose(&state)
      let ready = state.waiters.filter(isChosen)
      state.waiters.removeAll(where: isChosen)
      return ready
    }
    for waiter in ready { waiter.continuation.resume() }
  }
}
