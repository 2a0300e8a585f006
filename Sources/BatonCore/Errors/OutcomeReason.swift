/// Why an attempt, an item, a node or a run ended as it did.
///
/// These words stand in the records of runs; no call fails with them, as with those of
/// ``BatonError``. Some have a namesake there, which says the same of a call.
package struct OutcomeReason: Hashable, Sendable {
  /// The stable word, such as `exit_nonzero`.
  package let word: String
  /// How it ended.
  package let status: Status
  /// The word of `retry.on` that stands for it; nil: it is never retried.
  package let retry: Retry?
  /// What the word says, in one sentence.
  package let meaning: String
  /// What can be done.
  package let remedy: String

  init(
    _ word: String, _ status: Status, retry: Retry? = nil, _ meaning: String, remedy: String
  ) {
    self.word = word
    self.status = status
    self.retry = retry
    self.meaning = meaning
    self.remedy = remedy
  }

  /// The reasons of attempts, items and nodes; a word stands once for each status.
  package static let ofNodes: [OutcomeReason] = failures + defects + kills + skips

  /// The reasons that only runs have; others end with the reason of the node that failed first.
  package static let ofRuns: [OutcomeReason] = runs + rejections

  /// The statuses whose reasons are listed.
  package enum Status: String, Hashable, Sendable {
    case failed = "FAILED"
    case killed = "KILLED"
    case skipped = "SKIPPED"
    case rejected = "REJECTED"
  }

  /// The words of `retry.on`, exit codes aside.
  package enum Retry: String, Hashable, Sendable, CaseIterable {
    case exit, signal, timeout, exec, lost, child, other
    case failOn = "fail_on"
  }
}
