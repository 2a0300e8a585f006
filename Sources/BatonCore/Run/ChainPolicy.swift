/// The numbers of a node's policies as they count for one chain of attempts (RE2, RE100).
///
/// Times are milliseconds.
package struct ChainPolicy: Codable, Hashable, Sendable {
  /// The longest duration of one attempt (RE93).
  package var timeoutMS: Int64?
  /// The longest duration of the chain, delays included (RE93).
  package var nodeTimeoutMS: Int64?
  /// The time between TERM and KILL.
  package var stopGraceMS: Int64
  package var waitBeforeMS: Int64
  package var waitAfterMS: Int64
  package var retry: Retry?
  /// The most items of a pass that are RUNNING at once; without meaning without `for_each`.
  package var itemConcurrency: Int

  package static let defaultGraceMS: Int64 = 10_000

  /// Takes the numbers of policies that are merged and resolved; one that is still a template
  /// counts as not set.
  ///
  /// - Parameters:
  ///   - policy: What `NodePolicy.resolved` gave.
  ///   - waitBefore: The delay before the first attempt.
  package init(_ policy: NodePolicy, waitBefore: Templated<Int64> = 0) {
    timeoutMS = policy.timeoutMS?.literal
    nodeTimeoutMS = policy.nodeTimeoutMS?.literal
    stopGraceMS = policy.stopGraceMS?.literal ?? Self.defaultGraceMS
    waitBeforeMS = waitBefore.literal ?? 0
    waitAfterMS = policy.waitAfterMS?.literal ?? 0
    retry = policy.retry.map(Retry.init)
    itemConcurrency = policy.forEach?.concurrency.literal ?? ForEach.defaultConcurrency
  }

  /// How often and when an attempt is repeated (RE90, RE91).
  package struct Retry: Codable, Hashable, Sendable {
    /// Attempts of the chain in all, the first included.
    package var attempts: Int
    package var delayMS: Int64
    package var backoff: Double
    package var maxDelayMS: Int64
    /// The part of a delay, 0..1, that chance adds or takes.
    package var jitter: Double

    package init(_ policy: RetryPolicy) {
      attempts = policy.attempts.literal ?? 1
      delayMS = policy.delayMS.literal ?? 0
      backoff = policy.backoff.literal ?? 1
      maxDelayMS = policy.maxDelayMS.literal ?? 3_600_000
      jitter = policy.jitter?.literal ?? 0
    }

    /// The delay after a failed attempt in milliseconds, counted from its end (G39, RE91).
    ///
    /// - Parameters:
    ///   - failed: How many attempts of the chain have failed, from 1.
    ///   - u: Drawn uniformly from [−1, 1); counts only with `jitter`.
    /// - Returns: min(`delay` × `backoff`^(failed − 1) × (1 + `jitter` × u), `max_delay`).
    package func delayMS(afterFailed failed: Int, u: Double = 0) -> Int64 {
      let longest = Double(maxDelayMS)
      let factor = 1 + jitter * u
      var delay = Double(delayMS)
      // With the smallest factor a delay may have to grow beyond the longest before it is cut.
      for _ in 1..<max(failed, 1) where delay > 0 && delay * factor < longest { delay *= backoff }
      return Int64(min(delay * factor, longest).rounded())
    }
  }
}
