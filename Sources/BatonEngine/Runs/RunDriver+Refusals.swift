internal import BatonCore
internal import BatonStore
internal import Logging
internal import Synchronization

/// Steps that were not stored: the run is read again, now or later.
extension RunDriver {
  /// Refusals in a row after which a run waits before it is tried again.
  private static let promptRetries = 3

  /// Takes back a step that was not stored.
  func refused(_ error: any Error, _ step: Step) {
    var inputs = step.inputs
    let answer = answerOrder(error, step, &inputs)
    let failures = state.withLock { state in
      state.machine = nil
      state.credentials.removeAll()
      state.inputs.insert(contentsOf: inputs, at: 0)
      if case .puts(let attempt, let cause)? = error as? TransitionRefused {
        state.refusals[attempt] = cause
      }
      if error is TransitionRefused { return 0 }
      state.failures += 1
      return state.failures
    }
    for _ in 0..<step.slotsTaken { engine.slots.release() }
    if let answer { step.order?.call.completion(answer) }
    if error is TransitionRefused {
      readAgain()
    } else {
      wait(error, failures)
    }
  }

  /// The answer that a refused step gives to its order; what is answered, and the beginning of a
  /// run that must wait, are not applied again.
  private func answerOrder(
    _ error: any Error, _ step: Step, _ inputs: inout [Input]
  ) -> Result<RunOrderResult, any Error>? {
    var answer: Result<RunOrderResult, any Error>?
    switch error as? TransitionRefused {
    case .known(let known)?: answer = known.map { .remembered($0) }.mapError { $0 }
    case .full?:
      inputs.removeAll { if case .begin = $0 { true } else { false } }
      return nil
    case .viewMoved?, .puts?: return nil
    case nil:
      if case .statusChanged? = error as? StoreError { return nil }
      answer = .failure(error)
    }
    inputs.removeAll { $0.order != nil }
    return step.order == nil ? nil : answer
  }

  /// Reads the run and goes on with it; by the one holder of `isBusy`.
  func readAgain() {
    do {
      let machine = try engine.readMachine(id)
      state.withLock { state in
        state.machine = machine
        state.isRead = true
      }
      proceed()
    } catch {
      let failures = state.withLock { state in
        state.failures += 1
        return state.failures
      }
      wait(error, failures)
    }
  }

  /// Parks the run while the store does not work; it goes on by itself (reliability R4).
  private func wait(_ error: any Error, _ failures: Int) {
    let metadata: Logger.Metadata = ["run": "\(id)", "error": "\(error)"]
    if case .statusChanged? = error as? StoreError, failures <= Self.promptRetries {
      engine.logger.notice("transition refused, applied anew", metadata: metadata)
      return readAgain()
    }
    var triesAgain = true
    switch error as? StoreError {
    case .failed, .closed:
      // The store has stopped for good: what is durable stays true, and the run goes on from
      // there at the next start.
      triesAgain = false
      if failures == 1 {
        engine.logger.critical("run is parked until the next start", metadata: metadata)
      }
    default:
      if failures == 1 { engine.logger.error("run waits for the store", metadata: metadata) }
    }
    let orders = state.withLock { state in
      state.isParked = true
      defer { state.inputs.removeAll { $0.order != nil } }
      return state.inputs.compactMap(\.order)
    }
    if triesAgain { engine.deadlines.set(.retry(id), after: failures) }
    for order in orders { order.completion(.failure(error)) }
  }
}
