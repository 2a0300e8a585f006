/// An outcome with what the policies of the node say of it (RE100).
package struct JudgedOutcome: Hashable, Sendable {
  package var outcome: AttemptOutcome
  /// What the node publishes if this outcome is the last of its chain (RE96).
  package var published: [TokenPutBatch.Entry]
  /// Whether `break_on` ends the chain after a FAILED attempt (RE92).
  package var breaks: Bool
  /// Whether `continue_on` asks for another attempt after a COMPLETED one (RE92).
  package var continues: Bool
  /// Drawn uniformly from [−1, 1): the chance of `jitter` (RE91).
  package var u: Double

  /// An outcome that no expression has judged, and that publishes nothing.
  package init(_ outcome: AttemptOutcome, u: Double = 0) {
    self.outcome = outcome
    self.u = u
    published = []
    breaks = false
    continues = false
  }
}

/// What a run must ask when an attempt ends: expressions and templates in the view of the attempt.
package protocol OutcomeAnswers {
  /// Why an answer cannot be known now.
  associatedtype Failure: Error

  /// Whether an expression holds (G23, RE92, RE97).
  ///
  /// - Parameters:
  ///   - expression: The text.
  ///   - attempt: What it is about.
  ///   - outcome: The outcome, whose entries are in the view.
  /// - Returns: Whether it holds, or why that cannot be said.
  /// - Throws: when the answer cannot be known now.
  func holds(
    _ expression: String, about attempt: ExpressionAttempt, after outcome: AttemptOutcome
  ) throws(Failure) -> Result<Bool, ConditionFailure>

  /// The entries that `publish` gives, or why they cannot be made (RE96).
  ///
  /// - Parameters:
  ///   - templates: What is to be put, in order.
  ///   - attempt: The attempt, for `${exit_code}` and `${reason}`.
  ///   - outcome: The outcome, whose entries are in the view.
  /// - Returns: The entries, or why there are none.
  /// - Throws: when the answer cannot be known now.
  func published(
    _ templates: [TokenTemplate], about attempt: ExpressionAttempt, after outcome: AttemptOutcome
  ) throws(Failure) -> Result<[TokenPutBatch.Entry], PublishFailure>
}

/// Why a node could not publish: reason `publish_failed` (RE96).
package struct PublishFailure: Error, Hashable, Sendable {
  package static let reason = "publish_failed"

  /// One sentence without its full stop.
  package let message: String

  package init(_ message: String) {
    self.message = message
  }
}

extension AttemptOutcome {
  /// The outcome as a failure; what the attempt has put stays (T15).
  func failing(_ reason: String, _ message: String) -> AttemptOutcome {
    var failed = self
    failed.status = .failed
    failed.reason = reason
    failed.message = message
    failed.decision = nil
    return failed
  }

  /// Notes what went wrong beside the reason.
  mutating func note(_ defect: String) {
    self.defect = self.defect.map { "\($0); \(defect)" } ?? defect
  }
}

extension RunMachine {
  /// The reason of an attempt that `fail_on` makes FAILED (RE97).
  static let failOnReason = "fail_on"

  /// Judges how a running attempt has ended (RE100): `fail_on`, `retry`, publishing.
  ///
  /// - Parameters:
  ///   - id: The attempt; of one that does not run the outcome comes back as it is.
  ///   - outcome: How it ended.
  ///   - u: Drawn uniformly from [−1, 1).
  ///   - now: The time of the end.
  ///   - answers: What expressions and templates give.
  /// - Returns: The outcome with what the policies make of it.
  /// - Throws: what `answers` throws.
  package func judged<Answers: OutcomeAnswers>(
    _ id: AttemptID, _ outcome: AttemptOutcome, u: Double = 0, now: Timestamp,
    _ answers: Answers
  ) throws(Answers.Failure) -> JudgedOutcome {
    guard let position = plan.graph.index(of: id.node), let attempt = runningAttempt(id) else {
      return JudgedOutcome(outcome, u: u)
    }
    return try judged(attempt, at: position, outcome, u: u, now: now, answers)
  }

  /// Judges how a node that needs no process has ended, before its start is recorded.
  ///
  /// - Parameters:
  ///   - position: The node that `nextDue` gave.
  ///   - outcome: How it ended.
  ///   - u: Drawn uniformly from [−1, 1).
  ///   - now: The time of start and end.
  ///   - answers: What expressions and templates give.
  /// - Returns: The outcome with what the policies make of it.
  /// - Throws: what `answers` throws.
  package func judged<Answers: OutcomeAnswers>(
    _ position: Int, _ outcome: AttemptOutcome, u: Double = 0, now: Timestamp,
    _ answers: Answers
  ) throws(Answers.Failure) -> JudgedOutcome {
    try judged(
      makeAttempt(position, now: now), at: position, outcome, u: u, now: now, answers)
  }

  /// Whether the policies of an attempt ask anything when it ends.
  package func asksAtEnd(of position: Int) -> Bool {
    let policy = plan.steps[position].declared
    return policy.failOn != nil || policy.retry?.breakOn != nil || policy.retry?.continueOn != nil
      || !policy.published.isEmpty
  }

  func judged<Answers: OutcomeAnswers>(
    _ attempt: AttemptRecord, at position: Int, _ outcome: AttemptOutcome, u: Double,
    now: Timestamp, _ answers: Answers
  ) throws(Answers.Failure) -> JudgedOutcome {
    var judged = JudgedOutcome(outcome, u: u)
    guard asksAtEnd(of: position) else { return judged }
    try judgeSuccess(of: attempt, at: position, &judged, answers)
    try judgeRepetition(of: attempt, at: position, &judged, now, answers)
    if attempt.id.item == nil { try publish(attempt, at: position, &judged, now, answers) }
    return judged
  }

  /// `fail_on`: after exit 0, or the success of what has no exit code (RE97).
  private func judgeSuccess<Answers: OutcomeAnswers>(
    of attempt: AttemptRecord, at position: Int, _ judged: inout JudgedOutcome,
    _ answers: Answers
  ) throws(Answers.Failure) {
    let step = plan.steps[position]
    guard let text = step.declared.failOn, !step.isInProcess, attempt.killReason == nil,
      judged.outcome.status == .completed, judged.outcome.exitCode ?? 0 == 0,
      isExecuted(attempt, at: position)
    else { return }
    let about = subject(attempt, at: position, judged.outcome)
    switch try answers.holds(text, about: about, after: judged.outcome) {
    case .success(false): return
    case .success(true):
      judged.outcome = judged.outcome.failing(Self.failOnReason, "`fail_on` holds")
    case .failure(let failure):
      judged.outcome = judged.outcome.failing(
        PolicyFailure.reason, PolicyFailure("fail_on", failure).message)
    }
  }

  /// `break_on` and `continue_on`, asked only where the answer matters (RE92).
  private func judgeRepetition<Answers: OutcomeAnswers>(
    of attempt: AttemptRecord, at position: Int, _ judged: inout JudgedOutcome, _ now: Timestamp,
    _ answers: Answers
  ) throws(Answers.Failure) {
    let retry = plan.steps[position].declared.retry
    let ended = attempt.ended(judged.outcome, now: now)
    let about = subject(attempt, at: position, judged.outcome)
    switch ended.status {
    case .failed:
      let count = count(of: ended, at: position)
      guard let text = retry?.breakOn, repetition(of: ended, at: position, judged) != nil,
        !count.isRepeated(ended, safeRerun: safeRerun(position))
      else { return }
      switch try answers.holds(text, about: about, after: judged.outcome) {
      case .success(let holds): judged.breaks = holds
      case .failure(let failure):
        judged.breaks = true
        judged.outcome.note(
          "\(PolicyFailure.reason): \(PolicyFailure("retry.break_on", failure).message)")
      }
    case .completed:
      guard let text = retry?.continueOn else { return }
      var continuing = judged
      continuing.continues = true
      guard repetition(of: ended, at: position, continuing) != nil else { return }
      switch try answers.holds(text, about: about, after: judged.outcome) {
      case .success(let holds): judged.continues = holds
      case .failure(let failure):
        judged.outcome = judged.outcome.failing(
          PolicyFailure.reason, PolicyFailure("retry.continue_on", failure).message)
      }
    case .killed, .running: return
    }
  }

  /// Publishing, when the outcome is the last of the chain (RE96).
  ///
  /// One that could not publish is FAILED `publish_failed`: it may be repeated like another
  /// failure, or publishes as one.
  private func publish<Answers: OutcomeAnswers>(
    _ attempt: AttemptRecord, at position: Int, _ judged: inout JudgedOutcome, _ now: Timestamp,
    _ answers: Answers
  ) throws(Answers.Failure) {
    let ended = attempt.ended(judged.outcome, now: now)
    guard ended.status != .killed, repetition(of: ended, at: position, judged) == nil
    else { return }
    let occasion: PublishOccasion = ended.status == .completed ? .success : .failure
    let templates = plan.steps[position].declared.publish(on: occasion)
    guard !templates.isEmpty else { return }
    let about = subject(attempt, at: position, judged.outcome)
    switch try answers.published(templates, about: about, after: judged.outcome) {
    case .success(let entries): judged.published = entries
    case .failure(let failure) where occasion == .success:
      judged.outcome = judged.outcome.failing(PublishFailure.reason, failure.message)
      try judgeRepetition(of: attempt, at: position, &judged, now, answers)
      try publish(attempt, at: position, &judged, now, answers)
    case .failure(let failure):
      judged.outcome.note("\(PublishFailure.reason): \(failure.message)")
    }
  }

  /// What expressions and templates are about at the end of an attempt.
  private func subject(
    _ attempt: AttemptRecord, at position: Int, _ outcome: AttemptOutcome
  ) -> ExpressionAttempt {
    let ended = attempt.ended(outcome, now: attempt.started)
    return ExpressionAttempt(
      number: attempt.id.item?.attempt ?? attempt.id.attempt, exitCode: ended.exitCode,
      reason: ended.reason,
      item: attempt.id.item.map { itemText(position, index: $0.index) })
  }

  /// Whether a program, child run or worker executes the attempt; a pass only goes through items.
  private func isExecuted(_ attempt: AttemptRecord, at position: Int) -> Bool {
    plan.steps[position].forEach == nil || attempt.id.item != nil
  }
}
