extension OutcomeReason {
  /// Whether `retry` may repeat an attempt that FAILED with a reason (contract: reasons).
  package static func isRetried(_ word: String) -> Bool { !neverRetried.contains(word) }

  /// The word of `retry.on` that stands for a reason of FAILED attempts; nil: it is never retried.
  ///
  /// Reasons that only calls have elsewhere, such as those of T20, are `other`.
  package static func retryWord(of reason: String) -> Retry? {
    neverRetried.contains(reason) ? nil : words[reason] ?? .other
  }

  private static let neverRetried = Set(defects.map(\.word))
  private static let words = Dictionary(
    uniqueKeysWithValues: failures.compactMap { reason in reason.retry.map { (reason.word, $0) } })
}
