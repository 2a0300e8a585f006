internal import BatonCore

/// What applications may use in this version; the rest is refused at deployment.
enum Features {
  static let available = ApplicationFeatures(
    programTypes: [.command, .noop, .worker, .workflow],
    switches: [
      .expressionConditions, .commandConditions, .joins, .finishSiblings, .nodeDefaults,
      .hooks, .activeRunBounds, .retry, .waitBefore, .limits, .retryJitter, .retryCauses,
      .retryExpressions, .nodeTimeout, .waitAfter, .pauseBefore, .publishing, .failOn, .safeRerun,
      .concurrency, .forEach, .policyTemplates,
    ])
}
