package import BatonCore
package import BatonStore

/// What is to be remembered with a call that changes a run (CT7).
package struct RememberedCall: Sendable {
  package var key: RequestKey
  /// SHA-256 of the call's body.
  package var bodyHash: [UInt8]
  /// The answer, made of what the call has done.
  package var answer: @Sendable (OrderAnswer) -> [UInt8]

  package init(
    key: RequestKey, bodyHash: [UInt8], answer: @escaping @Sendable (OrderAnswer) -> [UInt8]
  ) {
    self.key = key
    self.bodyHash = bodyHash
    self.answer = answer
  }

  /// The answer of an earlier call with the same id; nil: there was none.
  ///
  /// - Throws: ALREADY_EXISTS `request_id_reused`.
  func firstAnswer(_ log: any RequestLog) throws -> [UInt8]? {
    try log.answer(of: key, bodyHash: bodyHash)
  }

  func remember(_ answer: OrderAnswer, _ log: any RequestLog) throws {
    try log.remember(key, bodyHash: bodyHash, answer: self.answer(answer))
  }
}

/// What an order has done, or would do.
package struct OrderAnswer: Sendable {
  /// The state of the run named, after the order.
  package var state: RunState
  /// What happens because of it; nil: an order that says nothing of it.
  package var plan: CallPlan?
  /// The environment after it, where it may have changed.
  package var environment: RunEnvironment?

  package init(state: RunState) {
    self.state = state
  }
}

/// What became of an order.
package enum OrderResult: Sendable {
  /// It is durable.
  case done(OrderAnswer)
  /// The order was given before with the same request id: its answer.
  case remembered([UInt8])
}

/// An order to a run on its way, with the one who waits for it.
struct OrderCall: Sendable {
  let run: RunID
  /// Whether the order is judged without carrying it out (RE85).
  var isDryRun = false
  /// Whether the child runs of the run's nodes must be in the tree (RE65).
  var readsChildren = false
  let remembering: RememberedCall?
  /// Carries out the order on the tree; nothing has changed when it throws.
  let carryOut: @Sendable (inout RunTree, Timestamp) throws(BatonError) -> OrderAnswer
  let completion: @Sendable (Result<OrderResult, any Error>) -> Void
}

extension Engine {
  /// Gives an order to a run, and to those below it (G44–G46, RE70–RE73, SR122).
  ///
  /// Completes once the order is durable; what it leads to comes later. A stop of a run that has
  /// ended changes nothing and completes with its state.
  ///
  /// - Parameters:
  ///   - order: The order.
  ///   - run: The run.
  ///   - left: What is known of processes that a forced stop leaves behind.
  ///   - remembering: What is stored with the order; a call that is known already is not carried
  ///     out again, whatever the run's status.
  ///   - completion: Called once, on any thread. Fails with NOT_FOUND `run_not_found`,
  ///     FAILED_PRECONDITION with the reason of G46, ALREADY_EXISTS `request_id_reused`, or what
  ///     the store throws; nothing has changed then.
  package func order(
    _ order: RunOrder, to run: RunID, left: [AttemptID: AttemptEnding] = [:],
    remembering: RememberedCall?,
    completion: @escaping @Sendable (Result<OrderResult, any Error>) -> Void
  ) {
    let call = OrderCall(
      run: run, remembering: remembering,
      carryOut: { (tree, now) throws(BatonError) in
        try tree.apply(order, to: run, left: left, now: now)
        return OrderAnswer(state: tree[run].state)
      }, completion: completion)
    if case .stop = order, driver(of: run) == nil {
      answerFromStore(call, order)
    } else {
      give(call)
    }
  }

  /// Hands an order to the driver of its tree; to one that reads the tree, when nobody drives it.
  func give(_ call: OrderCall) {
    do {
      while true {
        guard let driver = try driverReading(call.run) else {
          throw BatonError(.notFound, "run_not_found", "no run \(call.run)")
        }
        if driver.send(.order(call)) { return }
        remove(driver)
      }
    } catch {
      call.completion(.failure(error))
    }
  }

  /// Answers a stop of a run that nobody drives: it has ended, or never was.
  private func answerFromStore(_ call: OrderCall, _ order: RunOrder) {
    let id = call.run
    store.submit { writer -> OrderResult in
      if let answer = try call.remembering?.firstAnswer(writer) { return .remembered(answer) }
      guard let state = try writer.run(id)?.state else {
        throw BatonError(.notFound, "run_not_found", "no run \(id)")
      }
      guard !state.status.isActive else {
        throw BatonError(
          .unavailable, "unavailable", "run \(id) is not driven yet", hint: "repeat the call")
      }
      let answer = OrderAnswer(state: state)
      try call.remembering?.remember(answer, writer)
      return .done(answer)
    } completion: {
      call.completion($0)
    }
  }
}
