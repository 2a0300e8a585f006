package import BatonExec
internal import Synchronization

/// Where an executor reports, before and after an engine listens.
///
/// The executor is made first and gets `report` as its handler; the engine takes over what has
/// come when it runs.
package final class ProcessOutcomes: Sendable {
  private struct State {
    var early: [(AttemptKey, ProcessOutcome)] = []
    var receiver: (@Sendable (AttemptKey, ProcessOutcome) -> Void)?
  }

  private let state = Mutex(State())

  package init() {}

  /// Takes the outcome of an attempt; callable from any thread.
  package func report(_ key: AttemptKey, _ outcome: ProcessOutcome) {
    let receiver = state.withLock { state in
      if state.receiver == nil { state.early.append((key, outcome)) }
      return state.receiver
    }
    receiver?(key, outcome)
  }

  func deliver(to receiver: @escaping @Sendable (AttemptKey, ProcessOutcome) -> Void) {
    let early = state.withLock { state in
      state.receiver = receiver
      defer { state.early.removeAll() }
      return state.early
    }
    for (key, outcome) in early { receiver(key, outcome) }
  }
}
