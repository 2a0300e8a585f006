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
  /// - Returns: The outcome; survivors of a kill are noted as a defect (G57).
  func outcome(isCondition: Bool) -> AttemptOutcome {
    var outcome = exitOutcome(isCondition: isCondition)
    outcome.leftoverKilled = process.leftoverKilled
    outcome.ending = AttemptEnding(process)
    outcome.limitsUnenforced = process.limitsUnenforced
    outcome.defect = survivors
    switch puts {
    case .success(let entries):
      outcome.puts = entries
      return outcome
    case .failure(let defect): return outcome.withoutPuts(defect.reason, defect.message)
    }
  }

  /// The processes that outlived KILL, named beside the outcome (G57); nil: none.
  private var survivors: String? {
    guard let survivors = process.kill?.survivors, !survivors.isEmpty else { return nil }
    let names = survivors.prefix(10).map { "\($0.pid) \($0.command)" }
    return "\(survivors.count) processes survived KILL: \(names.joined(separator: ", "))"
  }

  private func exitOutcome(isCondition: Bool) -> AttemptOutcome {
    if let limit = process.limitExceeded {
      return AttemptOutcome(
        status: .failed, reason: "limit_exceeded",
        message: "the attempt used more \(limit) than its limit", exitCode: process.exit.code)
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

extension ProcessOutcome.Exit {
  /// The exit code, or minus the signal's number; nil: no program ran, or nobody knows.
  fileprivate var code: Int? {
    switch self {
    case .exited(let code): code
    case .signaled(let signal): -signal
    case .execFailed, .lost, .notStarted: nil
    }
  }
}

extension AttemptEnding {
  /// What ending the processes of an attempt took; nil: nothing had to be ended.
  init?(_ process: ProcessOutcome) {
    guard let kill = process.kill else { return nil }
    self.init(
      means: Means(process, kill), processesEnded: kill.processesEnded,
      survivors: kill.survivors.map { Survivor(pid: $0.pid, command: $0.command) },
      durationMS: kill.elapsed.milliseconds,
      proof: kill.proof == .cgroup ? .cgroup : .processScan)
  }
}

extension AttemptEnding.Means {
  fileprivate init(_ process: ProcessOutcome, _ kill: KillReport) {
    switch process.exit {
    case .notStarted: self = .neverStarted
    case .lost: self = .kill
    // What the main process left behind was ended after it had ended by itself (G56).
    case _ where !kill.requested && process.limitExceeded == nil: self = .itself
    case _ where kill.processesEnded == 0: self = .itself
    case .signaled(9): self = .kill
    case .exited, .signaled, .execFailed: self = .term
    }
  }
}
