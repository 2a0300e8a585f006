package import BatonCore
package import BatonStore

/// What is to be remembered with a call that changes a run (CT7).
package struct RememberedCall: Sendable {
  package var key: RequestKey
  /// SHA-256 of the call's body.
  package var bodyHash: [UInt8]
  /// The answer, made of the run's state after the call.
  package var answer: @Sendable (RunState) -> [UInt8]

  package init(
    key: RequestKey, bodyHash: [UInt8], answer: @escaping @Sendable (RunState) -> [UInt8]
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

  func remember(_ state: RunState, _ log: any RequestLog) throws {
    try log.remember(key, bodyHash: bodyHash, answer: answer(state))
  }
}

/// What became of an order.
package enum RunOrderResult: Sendable {
  /// It is durable; the run's state with it.
  case done(RunState)
  /// The order was given before with the same request id: its answer.
  case remembered([UInt8])
}

/// An order on its way, with the one who waits for it.
struct OrderCall: Sendable {
  let order: RunOrder
  /// What is known of processes that a forced stop leaves behind.
  let left: [AttemptID: AttemptEnding]
  let remembering: RememberedCall?
  let completion: @Sendable (Result<RunOrderResult, any Error>) -> Void
}

extension Engine {
  /// Gives an order to a run (G44–G46).
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
    completion: @escaping @Sendable (Result<RunOrderResult, any Error>) -> Void
  ) {
    let call = OrderCall(
      order: order, left: left, remembering: remembering, completion: completion)
    if let driver = driver(of: run), driver.send(.order(call)) { return }
    answerFromStore(call, run)
  }

  /// Answers an order to a run that nobody drives: it has ended, or never was.
  func answerFromStore(_ call: OrderCall, _ id: RunID) {
    store.submit { writer -> RunOrderResult in
      if let answer = try call.remembering?.firstAnswer(writer) { return .remembered(answer) }
      guard let state = try writer.run(id)?.state else {
        throw BatonError(.notFound, "run_not_found", "no run \(id)")
      }
      if let refusal = call.order.refusal(of: id, in: state.status) { throw refusal }
      guard !state.status.isActive else {
        throw BatonError(
          .unavailable, "unavailable", "run \(id) is not driven yet", hint: "repeat the call")
      }
      try call.remembering?.remember(state, writer)
      return .done(state)
    } completion: {
      call.completion($0)
    }
  }
}
