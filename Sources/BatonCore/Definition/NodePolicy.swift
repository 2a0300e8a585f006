/// Policies that a node, its program or `node_defaults` may set; nil: not set there (G7).
///
/// Programs set `timeout`, `stop_grace`, `retry` and `limits` only. Times are milliseconds.
package struct NodePolicy: Codable, Hashable, Sendable {
  /// The longest duration of one attempt, of an item: of one item attempt.
  package var timeoutMS: Templated<Int64>?
  /// The longest duration of a chain of attempts, delays included (RE93).
  package var nodeTimeoutMS: Templated<Int64>?
  /// The time between TERM and KILL; 10,000 when nothing sets it.
  package var stopGraceMS: Templated<Int64>?
  package var retry: RetryPolicy?
  /// Bounds of what one attempt may use (G65).
  package var limits: ResourceLimits?
  /// The delay after the last outcome of a chain, before edges settle (RE94).
  package var waitAfterMS: Templated<Int64>?
  /// Whether the run is suspended before a chain begins (RE95).
  package var pauseBefore: PausePolicy?
  /// An expression that makes an attempt with exit code 0 FAILED `fail_on` (RE97).
  package var failOn: String?
  /// Whether an attempt whose executor was lost is made again at once (RE98).
  package var safeRerun: Bool?
  /// What is put when a chain ends COMPLETED, FAILED or either way, and when it is skipped (RE96).
  package var onSuccess: [TokenTemplate]?
  package var onFailure: [TokenTemplate]?
  package var onComplete: [TokenTemplate]?
  package var onSkip: [TokenTemplate]?
  /// The list that a pass of the node goes through (RE105); conditions have none.
  package var forEach: ForEach?

  package init(
    timeoutMS: Templated<Int64>? = nil, stopGraceMS: Templated<Int64>? = nil,
    retry: RetryPolicy? = nil, limits: ResourceLimits? = nil
  ) {
    self.timeoutMS = timeoutMS
    self.stopGraceMS = stopGraceMS
    self.retry = retry
    self.limits = limits
  }

  /// These policies, and where they are silent those of a weaker place; each is replaced whole.
  package func over(_ weaker: NodePolicy) -> NodePolicy {
    var policy = self
    policy.timeoutMS = timeoutMS ?? weaker.timeoutMS
    policy.nodeTimeoutMS = nodeTimeoutMS ?? weaker.nodeTimeoutMS
    policy.stopGraceMS = stopGraceMS ?? weaker.stopGraceMS
    policy.retry = retry ?? weaker.retry
    policy.limits = limits ?? weaker.limits
    policy.waitAfterMS = waitAfterMS ?? weaker.waitAfterMS
    policy.pauseBefore = pauseBefore ?? weaker.pauseBefore
    policy.failOn = failOn ?? weaker.failOn
    policy.safeRerun = safeRerun ?? weaker.safeRerun
    policy.onSuccess = onSuccess ?? weaker.onSuccess
    policy.onFailure = onFailure ?? weaker.onFailure
    policy.onComplete = onComplete ?? weaker.onComplete
    policy.onSkip = onSkip ?? weaker.onSkip
    policy.forEach = forEach ?? weaker.forEach
    return policy
  }

  /// What is put at an outcome or a skip, in order: a later value of a key wins (RE96).
  package func publish(on occasion: PublishOccasion) -> [TokenTemplate] {
    switch occasion {
    case .success: (onSuccess ?? []) + (onComplete ?? [])
    case .failure: (onFailure ?? []) + (onComplete ?? [])
    case .skip: onSkip ?? []
    }
  }

  /// Everything that some end of a chain puts.
  package var published: [TokenTemplate] {
    [onSuccess, onFailure, onComplete, onSkip].flatMap { $0 ?? [] }
  }

  /// The templates that give numbers; they are read at the start of a chain.
  package var templates: [Template] {
    [
      timeoutMS?.template, nodeTimeoutMS?.template, stopGraceMS?.template, waitAfterMS?.template,
      retry?.attempts.template, retry?.delayMS.template, retry?.backoff.template,
      retry?.maxDelayMS.template, retry?.jitter?.template, forEach?.concurrency.template,
    ].compactMap(\.self)
  }

  /// Replaces every template by the number that it gives now.
  ///
  /// - Parameter text: Gives the text of a template.
  /// - Returns: These policies without templates for numbers.
  /// - Throws: `PolicyFailure`, and what `text` throws.
  package func resolved(_ text: (Template) throws -> String) throws -> NodePolicy {
    var policy = self
    policy.timeoutMS = try timeoutMS?.resolved(PolicyNumbers.timeout, text)
    policy.nodeTimeoutMS = try nodeTimeoutMS?.resolved(PolicyNumbers.nodeTimeout, text)
    policy.stopGraceMS = try stopGraceMS?.resolved(PolicyNumbers.stopGrace, text)
    policy.waitAfterMS = try waitAfterMS?.resolved(PolicyNumbers.waitAfter, text)
    policy.retry = try retry?.resolved(text)
    if let list = forEach {
      policy.forEach?.concurrency = try list.concurrency.resolved(
        PolicyNumbers.itemConcurrency, text)
    }
    return policy
  }
}

/// When a node publishes (RE96).
package enum PublishOccasion: Hashable, Sendable {
  /// The last outcome of a chain is COMPLETED.
  case success
  /// The last outcome of a chain is FAILED.
  case failure
  /// An operator skips the node.
  case skip
}

/// Whether a run is suspended before a chain of a node begins (RE95).
package enum PausePolicy: Hashable, Sendable {
  case fixed(Bool)
  /// An expression that is evaluated then.
  case expression(String)

  package var isExpression: Bool {
    if case .expression = self { true } else { false }
  }
}

extension PausePolicy: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if let value = try? container.decode(Bool.self) {
      self = .fixed(value)
    } else {
      self = .expression(try container.decode(String.self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .fixed(let value): try container.encode(value)
    case .expression(let text): try container.encode(text)
    }
  }
}

/// How often and when an attempt is repeated (G6, G39, RE90–RE92).
package struct RetryPolicy: Codable, Hashable, Sendable {
  /// Attempts of a chain in all, the first included: 1..100.
  package var attempts: Templated<Int>
  /// Milliseconds before the second attempt.
  package var delayMS: Templated<Int64>
  /// Factor from delay to delay: 1..10.
  package var backoff: Templated<Double>
  /// The longest delay in milliseconds.
  package var maxDelayMS: Templated<Int64>
  /// The part of a delay, 0..1, that chance adds or takes; nil: none.
  package var jitter: Templated<Double>?
  /// The failures that are repeated, ascending; nil: all that may be.
  package var on: [RetryCause]?
  /// After a FAILED attempt: an expression that ends the chain.
  package var breakOn: String?
  /// After a COMPLETED attempt: an expression that makes the next one.
  package var continueOn: String?

  package init(
    attempts: Templated<Int> = 1, delayMS: Templated<Int64> = 0, backoff: Templated<Double> = 1,
    maxDelayMS: Templated<Int64> = 3_600_000, jitter: Templated<Double>? = nil,
    on: [RetryCause]? = nil, breakOn: String? = nil, continueOn: String? = nil
  ) {
    self.attempts = attempts
    self.delayMS = delayMS
    self.backoff = backoff
    self.maxDelayMS = maxDelayMS
    self.jitter = jitter == 0 ? nil : jitter
    self.on = on
    self.breakOn = breakOn
    self.continueOn = continueOn
  }

  fileprivate func resolved(_ text: (Template) throws -> String) throws -> RetryPolicy {
    var policy = self
    policy.attempts = try attempts.resolved(PolicyNumbers.attempts, text)
    policy.delayMS = try delayMS.resolved(PolicyNumbers.delay, text)
    policy.backoff = try backoff.resolved(PolicyNumbers.backoff, text)
    policy.maxDelayMS = try maxDelayMS.resolved(PolicyNumbers.maxDelay, text)
    policy.jitter = try jitter?.resolved(PolicyNumbers.jitter, text)
    return policy
  }
}

/// Bounds of what one attempt may use (G65).
package struct ResourceLimits: Codable, Hashable, Sendable {
  package var cpuTimeMS: Int64?
  package var memoryBytes: Int64?
  package var openFiles: Int64?
  package var outputBytes: Int64?

  package init(
    cpuTimeMS: Int64? = nil, memoryBytes: Int64? = nil, openFiles: Int64? = nil,
    outputBytes: Int64? = nil
  ) {
    self.cpuTimeMS = cpuTimeMS
    self.memoryBytes = memoryBytes
    self.openFiles = openFiles
    self.outputBytes = outputBytes
  }
}
