internal import BatonCore
internal import BatonStore
internal import Logging
internal import Synchronization

/// Steps that were not stored: the tree is read again, now or later.
extension TreeDriver {
  /// Refusals in a row after which a run waits before it is tried again.
  private static let promptRetries = 3

  /// Takes back a step that was not stored.
  func refused(_ error: any Error, _ step: Step) {
    var inputs = step.inputs
    let answer = answerOrder(error, step, &inputs)
    // Its place goes back; the node asks for another one.
    inputs.removeAll { if case .workerFound = $0 { true } else { false } }
    let failures = state.withLock { state in
      state.tree = nil
      state.credentials.removeAll()
      state.inputs.insert(contentsOf: inputs, at: 0)
      switch error as? TransitionRefused {
      case .puts(let attempt, let cause)?: state.refusals.puts[attempt] = cause
      case .published(let attempt, let cause)?: state.refusals.published[attempt] = cause
      default: break
      }
      if error is TransitionRefused { return 0 }
      state.failures += 1
      return state.failures
    }
    for _ in 0..<step.slotsTaken { engine.slots.release() }
    engine.release(Array(step.workers.places.values))
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
  ) -> Result<OrderResult, any Error>? {
    var answer: Result<OrderResult, any Error>?
    switch error as? TransitionRefused {
    case .known(let known)?: answer = known.map { .remembered($0) }.mapError { $0 }
    case .order(let refusal)?: answer = .failure(refusal)
    case .full(let run)?:
      inputs.removeAll { if case .begin(run) = $0 { true } else { false } }
      return nil
    case .puts(let attempt, let refusal)? where attempt == step.skipped:
      // What an order puts is the order's to answer for (RE81).
      answer = .failure(refusal)
    case .viewMoved?, .puts?, .published?: return nil
    case nil:
      if case .statusChanged? = error as? StoreError { return nil }
      answer = .failure(error)
    }
    inputs.removeAll { $0.order != nil }
    return step.order == nil ? nil : answer
  }

  /// Reads the tree and goes on with it; by the one holder of `isBusy`.
  func readAgain() {
    engine.threads.perform { [self] in readNow() }
  }

  private func readNow() {
    do {
      guard let tree = try engine.readTree(id) else {
        return goAway(BatonError(.notFound, "run_not_found", "no run \(id)"))
      }
      let isForeign = state.withLock { state in
        if state.isUnread, !tree.isIdle { return true }
        state.tree = tree
        state.isRead = true
        state.isUnread = false
        return false
      }
      if isForeign {
        goAway(
          BatonError(
            .unavailable, "unavailable", "run \(id) is not driven yet", hint: "repeat the call"))
      } else {
        proceed(mayBlock: true)
      }
    } catch {
      let failures = state.withLock { state in
        state.failures += 1
        return state.failures
      }
      wait(error, failures)
    }
  }

  /// Gives up a tree that is not there, or not this driver's to drive.
  private func goAway(_ error: BatonError) {
    let inputs = state.withLock { state in
      state.isOver = true
      defer { state.inputs.removeAll() }
      return state.inputs
    }
    engine.remove(self)
    for input in inputs { input.fail(error) }
  }

  /// Parks the tree while the store does not work; it goes on by itself (reliability R4).
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
    let waiting = state.withLock { state in
      state.isParked = true
      defer { state.inputs.removeAll(where: \.isAwaited) }
      return state.inputs.filter(\.isAwaited)
    }
    if triesAgain { engine.deadlines.set(.retry(id), after: failures) }
    for input in waiting { input.fail(error) }
  }
}
