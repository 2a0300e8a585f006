internal import BatonCore
internal import BatonExec
internal import BatonStore
internal import BatonWire

extension EngineService {
  /// Waits until a run has ended or is no more.
  ///
  /// - Returns: Whether that came before the deadline.
  /// - Throws: `CancellationError`; UNAVAILABLE `draining` when the store closes.
  func waitForEnd(of run: RunID, until deadline: ContinuousClock.Instant) async throws -> Bool {
    // Subscribed before the first look, so that no change falls between.
    let changes = try engine.store.changes.changes(of: run)
    if try await hasEnded(run) { return true }
    return try await withThrowingTaskGroup(of: Bool.self) { group in
      defer { group.cancelAll() }
      group.addTask {
        for await _ in changes where try await hasEnded(run) { return true }
        try Task.checkCancellation()
        throw Self.draining
      }
      group.addTask {
        try await ContinuousClock().sleep(until: deadline, tolerance: nil)
        return false
      }
      return try await group.next() ?? false
    }
  }

  private func hasEnded(_ run: RunID) async throws -> Bool {
    try await engine.store.readAsync { try $0.runStatus(run) }?.isActive != true
  }
}

extension Engine {
  /// Who is alive of the attempts of a run that have not ended (SR124).
  func remains(of run: RunID) async throws -> [AttemptID: AttemptEnding] {
    let keys = try await store.readAsync { reader in
      try reader.attempts(of: run, node: nil).filter { $0.status == .running }
        .map { AttemptKey($0.id) }
    }
    return Dictionary(
      uniqueKeysWithValues: programs.remains(of: keys).map { ($0.key.attemptID, $0.value) })
  }

  /// Carries out an order and waits until it is recorded.
  ///
  /// The order goes on when the caller goes away.
  func order(
    _ order: RunOrder, to run: RunID, left: [AttemptID: AttemptEnding] = [:],
    remembering call: RememberedCall?
  ) async throws -> OrderResult {
    try await withCheckedThrowingContinuation { continuation in
      self.order(order, to: run, left: left, remembering: call) { continuation.resume(with: $0) }
    }
  }
}

extension RepeatableCall {
  /// The call as the engine keeps it with an order.
  func remembered<Response: Message>(
    _ answer: @escaping @Sendable (OrderAnswer) -> Response
  ) -> RememberedCall {
    RememberedCall(key: key, bodyHash: bodyHash) { answer($0).encoded }
  }
}
