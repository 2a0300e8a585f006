package import BatonCore
internal import Synchronization

/// Evaluates expressions of conditions and policies with SQLite, without any database (G23–G28).
///
/// Each evaluation has a connection for itself; a few idle ones are kept with the statements that
/// they compiled, so that repeating an expression costs microseconds.
package final class SQLConditionEvaluator: ConditionEvaluator {
  private static let maximumIdle = 4
  private let idle = Mutex<[ExpressionConnection]>([])

  package init() {}

  package func check(_ expression: String, of kind: ExpressionKind) -> String? {
    if let problem = ExpressionLexer.problem(in: expression) { return problem }
    switch withConnection({ $0.check(expression, kind) }) {
    case .success: return nil
    case .failure(let failure): return failure.message
    }
  }

  package func evaluate(
    _ expression: String, values: some ExpressionValues
  ) -> Result<Bool, ConditionFailure> {
    withConnection { $0.evaluate(expression, values) }
  }

  private func withConnection<Value>(
    _ body: (ExpressionConnection) -> Result<Value, ConditionFailure>
  ) -> Result<Value, ConditionFailure> {
    guard let connection = idle.withLock({ $0.popLast() }) ?? ExpressionConnection() else {
      return .failure(ConditionFailure(.error, "SQLite cannot be opened"))
    }
    defer {
      idle.withLock { idle in
        if idle.count < Self.maximumIdle { idle.append(connection) }
      }
    }
    return body(connection)
  }
}
