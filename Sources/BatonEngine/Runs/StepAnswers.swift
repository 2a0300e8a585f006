internal import BatonCore

/// What the expressions and templates of policies give when an attempt ends (RE100).
struct StepAnswers: OutcomeAnswers {
  let machine: RunMachine
  let position: Int
  let evaluator: any ConditionEvaluator
  /// Why the token did not take what the node publishes when the step was tried before.
  let refusal: BatonError?
  /// The token as the attempt sees it at its end, with what it puts then.
  let tokens: (AttemptOutcome) throws -> NodeTokenReader

  func holds(
    _ expression: String, about attempt: ExpressionAttempt, after outcome: AttemptOutcome
  ) throws(any Error) -> Result<Bool, ConditionFailure> {
    let values = NodeExpressionValues(
      machine: machine, position: position, tokens: try tokens(outcome), attempt: attempt)
    return evaluator.evaluate(expression, values: values)
  }

  func published(
    _ templates: [TokenTemplate], about attempt: ExpressionAttempt, after outcome: AttemptOutcome
  ) throws(any Error) -> Result<[TokenPutBatch.Entry], PublishFailure> {
    if let refusal {
      return .failure(PublishFailure("\(refusal.reason.rawValue): \(refusal.message)"))
    }
    let readsToken = machine.plan.steps[position].endReadsToken
    let renderer = InputRenderer(
      machine, machine.plan.steps[position], readsToken ? try tokens(outcome) : .none,
      attempt: attempt)
    do {
      return .success(try renderer.puts(templates, outcome: outcome.decision))
    } catch {
      return .failure(PublishFailure("\(error.reason): \(error.message)"))
    }
  }
}
