import BatonCore
import BatonEngine
import BatonStore
import Testing

extension EngineFixture {
  /// Gives an order to a run and waits until it is durable.
  func order(
    _ order: RunOrder, to run: String, remembering: RememberedCall? = nil
  ) async throws -> OrderResult {
    let id = try #require(RunID(run))
    return try await withCheckedThrowingContinuation { continuation in
      engine.order(order, to: id, remembering: remembering) { continuation.resume(with: $0) }
    }
  }

  /// The run's status once an order is durable.
  func status(after order: RunOrder, to run: String) async throws -> RunStatus? {
    guard case .done(let answer) = try await self.order(order, to: run) else { return nil }
    return answer.state.status
  }

  func stop(_ run: String, graceMS: Int64? = nil) async throws {
    _ = try await order(.stop(StopOrder(graceMS: graceMS)), to: run)
  }

  /// The run as it is stored.
  func stored(_ run: String) throws -> RunState {
    let id = try #require(RunID(run))
    return try #require(try engine.store.read { try $0.run(id) }).state
  }

  /// The attempts of a node or, under the workflow's name, of hooks.
  func attempts(_ run: String, of node: String) throws -> [AttemptRecord] {
    let id = try #require(RunID(run))
    return try engine.store.read { try $0.attempts(of: id, node: node) }
  }
}
