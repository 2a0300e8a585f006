/// An order to an active run (G44–G46).
package enum RunOrder: Hashable, Sendable {
  /// Nothing starts any more; what runs goes on.
  case suspend
  /// A suspended run goes on.
  case resume
  /// Everything ends, and the run with it; forced: at once, although something may be left.
  case stop(StopOrder)

  /// Why a run in a status refuses the order (G46).
  ///
  /// - Parameters:
  ///   - run: The run, for the sentence.
  ///   - status: Its status.
  /// - Returns: FAILED_PRECONDITION with the reason; nil: the order is accepted. A stop always is;
  ///   it changes nothing in a run that has ended.
  package func refusal(of run: RunID, in status: RunStatus) -> BatonError? {
    switch self {
    case .suspend: Self.refusalOfSuspend(run, status)
    case .resume: Self.refusalOfResume(run, status)
    case .stop: nil
    }
  }

  private static func refusalOfSuspend(_ run: RunID, _ status: RunStatus) -> BatonError? {
    switch status {
    case .starting, .running, .resuming: nil
    case .pending:
      BatonError(
        .failedPrecondition, "run_not_started", "run \(run) has not begun",
        hint: "wait until it runs, or stop it")
    case .suspended:
      BatonError(
        .failedPrecondition, "run_already_suspended", "run \(run) is suspended already")
    case .stopping: stopping(run)
    case .completed, .failed, .killed, .rejected: ended(run, status)
    }
  }

  private static func refusalOfResume(_ run: RunID, _ status: RunStatus) -> BatonError? {
    switch status {
    case .suspended: nil
    case .pending, .starting, .running:
      BatonError(
        .failedPrecondition, "run_not_suspended", "run \(run) is \(status.word), not SUSPENDED")
    case .resuming:
      BatonError(.failedPrecondition, "run_already_resuming", "run \(run) is resuming already")
    case .stopping: stopping(run)
    case .completed, .failed, .killed, .rejected: ended(run, status)
    }
  }

  private static func stopping(_ run: RunID) -> BatonError {
    BatonError(
      .failedPrecondition, "run_stopping", "run \(run) is being stopped",
      hint: "wait for its end")
  }

  private static func ended(_ run: RunID, _ status: RunStatus) -> BatonError {
    BatonError(
      .failedPrecondition, "run_ended", "run \(run) has ended \(status.word)",
      hint: "re-run nodes to open it again, or start a new run")
  }
}
