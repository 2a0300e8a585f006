package import BatonCore
internal import Synchronization

/// Wakes watchers after commits, so that nobody polls.
///
/// A wake says that something may have changed: the watcher reads the store again, from where it
/// had read to. Wakes that arrive while the watcher is busy become one.
package final class ChangeFeed: Sendable {
  /// What one batch of commits changed.
  package struct Touched: Hashable, Sendable {
    /// Runs whose record, nodes, attempts or token changed.
    package var runs: Set<RunID>
    /// Whether the event log grew.
    package var events: Bool
    /// Whether anything may have changed; runs are then not listed.
    package var everything: Bool

    package init(runs: Set<RunID> = [], events: Bool = false, everything: Bool = false) {
      self.runs = runs
      self.events = events
      self.everything = everything
    }
  }

  private struct State {
    var nextID: UInt64 = 0
    var runs: [RunID: [UInt64: AsyncStream<Void>.Continuation]] = [:]
    var log: [UInt64: AsyncStream<Void>.Continuation] = [:]
    var isFinished = false
  }

  private let state = Mutex(State())
  private let watchers = Atomic<Int>(0)
  private let capacity: Int

  /// - Parameter capacity: The most watchers at a time.
  package init(capacity: Int = 100_000) {
    self.capacity = capacity
  }

  /// Whether somebody waits; without watchers, nothing need be published.
  package var isWatched: Bool { watchers.load(ordering: .sequentiallyConsistent) > 0 }

  /// A stream with an element after every change of a run, coalesced.
  ///
  /// Subscribe first, then read: a change after the read is then never missed. The stream ends
  /// when the store closes; letting go of it ends the subscription.
  ///
  /// - Throws: `StoreError.overloaded` when there are too many watchers.
  package func changes(of run: RunID) throws(StoreError) -> AsyncStream<Void> {
    try subscribe(
      { $0.runs[run, default: [:]][$1] = $2 },
      { state, id in
        guard state.runs[run]?.removeValue(forKey: id) != nil else { return false }
        if state.runs[run]?.isEmpty == true { state.runs[run] = nil }
        return true
      })
  }

  /// A stream with an element after every growth of the event log, coalesced.
  ///
  /// - Throws: `StoreError.overloaded` when there are too many watchers.
  package func eventLog() throws(StoreError) -> AsyncStream<Void> {
    try subscribe({ $0.log[$1] = $2 }, { $0.log.removeValue(forKey: $1) != nil })
  }

  /// Wakes whom a commit concerns.
  package func publish(_ touched: Touched) {
    guard isWatched else { return }
    let woken = state.withLock { state in
      var woken: [AsyncStream<Void>.Continuation] = []
      if touched.events || touched.everything { woken += state.log.values }
      if touched.everything {
        for watchers in state.runs.values { woken += watchers.values }
      } else if !state.runs.isEmpty {
        for run in touched.runs {
          if let watchers = state.runs[run] { woken += watchers.values }
        }
      }
      return woken
    }
    for continuation in woken { continuation.yield() }
  }

  /// Ends all streams; the store closes or has failed.
  package func finish() {
    let all = state.withLock { state in
      state.isFinished = true
      return state.runs.values.flatMap(\.values) + state.log.values
    }
    for continuation in all { continuation.finish() }
  }

  private func subscribe(
    _ insert: (inout State, UInt64, AsyncStream<Void>.Continuation) -> Void,
    _ remove: @escaping @Sendable (inout State, UInt64) -> Bool
  ) throws(StoreError) -> AsyncStream<Void> {
    let (stream, continuation) = AsyncStream<Void>.makeStream(bufferingPolicy: .bufferingNewest(1))
    guard watchers.add(1, ordering: .sequentiallyConsistent).newValue <= capacity else {
      watchers.subtract(1, ordering: .sequentiallyConsistent)
      throw .overloaded
    }
    let id: UInt64? = state.withLock { state in
      guard !state.isFinished else { return nil }
      state.nextID += 1
      insert(&state, state.nextID, continuation)
      return state.nextID
    }
    guard let id else {
      watchers.subtract(1, ordering: .sequentiallyConsistent)
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in
      guard let self else { return }
      if state.withLock({ remove(&$0, id) }) {
        watchers.subtract(1, ordering: .sequentiallyConsistent)
      }
    }
    return stream
  }
}
