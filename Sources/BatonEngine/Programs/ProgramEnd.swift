internal import BatonCore
internal import BatonExec

/// How a program ended, with what it left in its token file.
struct ProgramEnd: Sendable {
  var process: ProcessOutcome
  /// The entries of the token file, or what is wrong with it (T51).
  var puts: Result<[TokenPutBatch.Entry], PreparationError>

  /// The outcome of the attempt (G22, G56, T51).
  ///
  /// - Parameter isCondition: Whether exit 0 and 1 decide a condition.
  func outcome(isCondition: Bool) -> AttemptOutcome {
    var outcome = exitOutcome(isCondition: isCondition)
    outcome.leftoverKilled = process.leftoverKilled
    switch puts {
    case .success(let entries): outcome.puts = entries
    case .failure(let defect):
      if outcome.status == .completed {
        outcome.status = .failed
        outcome.reason = defect.reason
        outcome.message = defect.message
        outcome.decision = nil
      } else {
        let note = "\(defect.reason): \(defect.message)"
        outcome.message = outcome.message.map { "\($0); \(note)" } ?? note
      }
    }
    return outcome
  }

  private func exitOutcome(isCondition: Bool) -> AttemptOutcome {
    if let limit = process.limitExceeded {
      return .failed("limit_exceeded", "the attempt used more \(limit) than its limit")
    }
    switch process.exit {
    case .exited(code: 0):
      return AttemptOutcome(
        status: .completed, exitCode: 0, decision: isCondition ? true : nil)
    case .exited(code: 1) where isCondition:
      return AttemptOutcome(status: .completed, exitCode: 1, decision: false)
    case .exited(let code):
      return AttemptOutcome(
        status: .failed, reason: "exit_nonzero", message: "the program exited with \(code)",
        exitCode: code)
    case .signaled(let signal):
      return AttemptOutcome(
        status: .failed, reason: "signaled", message: "signal \(signal) ended the program",
        exitCode: -signal)
    case .execFailed(_, let message): return .failed("exec_failed", message)
    case .notStarted(let message): return .failed("exec_failed", message)
    case .lost:
      return .failed("shim_lost", "the attempt's shim ended without an outcome")
    }
  }
}
