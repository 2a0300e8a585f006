/// Reports of attempts that have ended (RE46).
extension RunMachine {
  /// Takes a report of an attempt that is not RUNNING any more; it changes nothing but the
  /// attempt's list of late reports.
  ///
  /// - Parameters:
  ///   - outcome: What is reported.
  ///   - attempt: The attempt as it is stored.
  ///   - sender: Who reports.
  ///   - now: The time.
  /// - Throws: PERMISSION_DENIED `attempt_ended`, when the report is not the recorded one again; it
  ///   is kept all the same.
  package mutating func reportedLate(
    _ outcome: AttemptOutcome, of attempt: AttemptRecord, by sender: String, now: Timestamp
  ) throws(BatonError) {
    precondition(attempt.status != .running, "\(attempt.id) is running")
    var repeated = attempt
    repeated.take(outcome)
    // What nobody has reported cannot be repeated.
    if !attempt.isUnheard, repeated.status == attempt.status, repeated.reason == attempt.reason,
      repeated.exitCode == attempt.exitCode
    {
      return
    }
    let report = LateReport(
      time: now, sender: sender, outcome: outcome.status, exitCode: outcome.exitCode)
    pending.changes.append(.recordLate(attempt.id, report))
    record(
      .attemptLate(
        node: attempt.id.node, attempt: attempt.id.attempt, item: attempt.id.item,
        outcome: outcome.status), now: now)
    throw BatonError(
      .permissionDenied, "attempt_ended",
      "\(attempt.id) has ended \(attempt.status.word); the report is noted and changes nothing")
  }
}
