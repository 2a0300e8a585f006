extension RetryPolicy {
  /// The delay after a failed attempt in milliseconds, counted from its end (G39).
  ///
  /// - Parameter failed: How many attempts have failed, from 1.
  /// - Returns: min(`delay` × `backoff`^(failed − 1), `max_delay`).
  package func delayMS(afterFailed failed: Int) -> Int64 {
    var delay = Double(delayMS)
    let longest = Double(maxDelayMS)
    for _ in 1..<max(failed, 1) where delay < longest { delay *= backoff }
    return Int64(min(delay, longest))
  }
}

extension OutcomeReason {
  /// Whether `retry` may repeat an attempt that FAILED with a reason (contract: reasons).
  package static func isRetried(_ word: String) -> Bool { !neverRetried.contains(word) }

  private static let neverRetried = Set(defects.map(\.word))
}
