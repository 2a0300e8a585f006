/// What the policies of a chain must know of its attempts that have ended (RE2).
///
/// It follows from the attempts alone, in their order, so that a return gives the same (G61).
struct ChainCount: Hashable, Sendable {
  /// Attempts that count against `retry`.
  private(set) var made = 0
  /// Lost attempts in a row that were made again without counting (RE98).
  private(set) var losses = 0
  /// All of them.
  private(set) var ended = 0
  /// Why the attempt that follows exists; nil: none of the chain has ended.
  private(set) var next: AttemptCause?

  /// How many losses in a row are a failure (RE98).
  private static let fatalLosses = 3

  /// Takes an attempt that has ended.
  ///
  /// - Parameters:
  ///   - attempt: The attempt; the next of the chain.
  ///   - safeRerun: Whether a lost attempt is made again at once.
  mutating func add(_ attempt: AttemptRecord, safeRerun: Bool) {
    let isLost = attempt.isLost
    ended += 1
    if isRepeated(attempt, safeRerun: safeRerun) {
      if isLost { losses += 1 }
      next = .recovery
    } else {
      losses = 0
      made += 1
      next = .retry
    }
  }

  /// Whether an attempt that ended so is made again at once, without using up `retry`: its program
  /// was never started (G60), or its executor was lost (RE98).
  func isRepeated(_ attempt: AttemptRecord, safeRerun: Bool) -> Bool {
    if attempt.wasNeverStarted { return true }
    return safeRerun && attempt.isLost && losses + 1 < Self.fatalLosses
  }
}

extension AttemptRecord {
  /// Whether its program was never started, so that another attempt follows (G60).
  var wasNeverStarted: Bool {
    status == .failed && reason == RunMachine.neverStartedReason
  }

  /// Whether its executor was lost (RE98).
  fileprivate var isLost: Bool {
    status == .failed && reason.flatMap(OutcomeReason.retryWord) == .lost
  }
}
