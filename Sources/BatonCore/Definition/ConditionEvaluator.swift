/// What compiles and evaluates the expressions of conditions and policies (G23–G28, RE92–RE97).
package protocol ConditionEvaluator: Sendable {
  /// Compiles an expression without evaluating it, for a deployment.
  ///
  /// - Parameters:
  ///   - expression: The text.
  ///   - kind: Where it stands, which decides about the functions it may use.
  /// - Returns: One sentence that says what is wrong with it (`bad_expression`), or nil.
  func check(_ expression: String, of kind: ExpressionKind) -> String?

  /// Evaluates an expression whose functions read `values`; it is one of a policy when these have
  /// an attempt.
  ///
  /// - Returns: The outcome, or why the condition could not be decided (G26).
  func evaluate(
    _ expression: String, values: some ExpressionValues
  ) -> Result<Bool, ConditionFailure>
}

/// Where an expression stands.
package enum ExpressionKind: Hashable, Sendable {
  /// `expr` of a condition.
  case condition
  /// `pause_before`, `fail_on`, `break_on`, `continue_on`: with `exit_code()`, `reason()`,
  /// `attempt()` and `item()`.
  case policy
}

/// The attempt that the expression of a policy is about (RE90–RE105).
package struct ExpressionAttempt: Hashable, Sendable {
  /// Its number; before a chain that of the attempt to come.
  package var number: Int
  /// Its exit code, when it had one.
  package var exitCode: Int?
  /// Its reason, when it FAILED.
  package var reason: String?
  /// The element of its item, a string as it is, other JSON compact; nil without `for_each`.
  package var item: String?

  package init(
    number: Int, exitCode: Int? = nil, reason: String? = nil, item: String? = nil
  ) {
    self.number = number
    self.exitCode = exitCode
    self.reason = reason
    self.item = item
  }
}

/// What the functions of an expression read: the view of the condition and its run (G23).
package protocol ExpressionValues {
  /// The value of `get(key)` or `get(key, node)`, or nil when it is absent.
  ///
  /// - Throws: `ExpressionValueError` when the node is neither an ancestor of the condition, nor
  ///   the condition itself, nor the workflow (G24).
  func token(
    key: String, node: String?, scope: TokenScope
  ) throws(ExpressionValueError) -> String?

  /// An argument of the run, or nil when it is absent.
  func argument(_ name: String) -> String?

  /// A value of the run environment, or nil when it is absent.
  func environment(_ name: String) -> String?

  /// The status of a node, such as `COMPLETED`.
  ///
  /// - Throws: `ExpressionValueError` when the node is no ancestor of the condition (G24).
  func status(node: String) throws(ExpressionValueError) -> String

  /// What the policy is about; nil for a condition.
  var attempt: ExpressionAttempt? { get }
}

extension ExpressionValues {
  package var attempt: ExpressionAttempt? { nil }
}

/// A value that an expression may not ask for; it makes the condition FAILED `condition_error`.
package struct ExpressionValueError: Error, Hashable, Sendable {
  /// One sentence without its full stop.
  package var message: String

  package init(_ message: String) {
    self.message = message
  }
}

/// Why a condition could not be decided (G25, G26).
package struct ConditionFailure: Error, Hashable, Sendable {
  package var reason: Reason
  /// One sentence without its full stop.
  package var message: String

  package init(_ reason: Reason, _ message: String) {
    self.reason = reason
    self.message = message
  }

  /// The reason of the node that FAILED.
  package enum Reason: String, Hashable, Sendable, CaseIterable {
    case error = "condition_error"
    case null = "condition_null"
    case limit = "condition_limit"
  }
}
