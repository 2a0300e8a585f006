internal import BatonExec
internal import DequeModule
internal import Synchronization

/// Threads for what a run does that may take its time: it evaluates an expression, or reads what is
/// not in memory.
///
/// Other threads that serve all runs never wait for it (R5).
///
/// A turn is one step of one run. Turns are taken in the order in which they were asked for, and a
/// run asks for one at a time, so that every run gets its share. Threads are dedicated, because
/// they block, and there are only as many as there is work for, up to a bound.
final class RunThreads: Sendable {
  typealias Turn = @Sendable () -> Void

  private struct State {
    var turns = Deque<Turn>()
    var threads = 0
  }

  private let limit: Int
  private let state = Mutex(State())

  /// - Parameter limit: The most threads.
  init(limit: Int = 4) {
    self.limit = limit
  }

  /// Performs a turn on one of the threads; returns at once.
  func perform(_ turn: @escaping Turn) {
    let needsThread = state.withLock { state in
      state.turns.append(turn)
      guard state.threads < limit else { return false }
      state.threads += 1
      return true
    }
    // Without a thread to be had the turn is the caller's.
    if needsThread, !DedicatedThread.start({ [self] in work() }) { work() }
  }

  /// Performs turns until none is left.
  private func work() {
    while let turn = next() { turn() }
  }

  private func next() -> Turn? {
    state.withLock { state in
      let turn = state.turns.popFirst()
      if turn == nil { state.threads -= 1 }
      return turn
    }
  }
}
