import BatonCore

/// Answers of expressions by their text, and what is published.
struct ScriptedAnswers: OutcomeAnswers {
  /// Nil: the expression has no result.
  var expressions: [String: @Sendable (ExpressionAttempt) -> Bool?] = [:]
  /// Whether publishing fails after a COMPLETED attempt, or after any.
  var failsToPublish: Set<PublishOccasion> = []

  func holds(
    _ expression: String, about attempt: ExpressionAttempt, after outcome: AttemptOutcome? = nil
  ) -> Result<Bool, ConditionFailure> {
    guard let result = expressions[expression]?(attempt) else {
      return .failure(ConditionFailure(.null, "no result"))
    }
    return .success(result)
  }

  func holds(
    _ expression: String, about attempt: ExpressionAttempt, after outcome: AttemptOutcome
  ) -> Result<Bool, ConditionFailure> {
    holds(expression, about: attempt, after: Optional(outcome))
  }

  func published(
    _ templates: [TokenTemplate], about attempt: ExpressionAttempt, after outcome: AttemptOutcome
  ) -> Result<[TokenPutBatch.Entry], PublishFailure> {
    let occasion: PublishOccasion = attempt.reason == nil ? .success : .failure
    if failsToPublish.contains(occasion) { return .failure(PublishFailure("no value")) }
    return .success(templates.map { .init(key: $0.key, value: $0.value.source) })
  }
}
