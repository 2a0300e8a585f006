package import BatonCore

/// What an executor knows of an attempt that was recorded as running (G60).
package enum AttemptFinding: Hashable, Sendable {
  /// It runs, or cannot be looked at yet; the outcome arrives through the handler.
  case running
  /// It has ended.
  case ended(ProcessOutcome)
  /// Its shim is gone without an outcome. What is left of it is being ended; the outcome
  /// (`.lost`, with the report) arrives through the handler.
  case lost
  /// Nobody had claimed it. It is claimed now, so it will never start.
  case unclaimed
}

/// Starts, watches and ends the processes of attempts.
///
/// Every attempt that was launched or found `.running` or `.lost` gives exactly one outcome to the
/// executor's handler. The handler is called on the executor's thread, in no order between
/// attempts; it may call the executor, and it should not take long.
package protocol Executor: Sendable {
  /// Starts an attempt.
  ///
  /// Returns once the start is under way. From then on the attempt survives this process, and its
  /// outcome arrives through the handler: also one that says it could not be started. While the
  /// attempt's directory cannot be written (no room, read-only, no permission) nothing is begun,
  /// and the launch is repeated until it can be, or until `kill`.
  /// - Throws: When nothing was begun and no outcome will come.
  func launch(_ spec: LaunchSpec) throws(ExecError)

  /// Takes up an attempt that an earlier process of the engine has launched, or may have.
  ///
  /// What cannot be read or claimed now is tried again later.
  /// - Throws: When the key can name no attempt.
  func attach(_ key: AttemptKey) throws(ExecError) -> AttemptFinding

  /// Ends all processes of an attempt: TERM, the grace, KILL until none is left (G57).
  ///
  /// The report comes with the outcome. Calls may come in any order: the shortest grace counts,
  /// and what was to be gone once stays so. Does nothing when the attempt has ended.
  ///
  /// - Parameters:
  ///   - key: The attempt.
  ///   - grace: From TERM to KILL; nil: as asked for before, else 10 s.
  ///   - reason: For the report.
  ///   - untilGone: Whether there is no outcome before nothing is left; otherwise it comes 10 s
  ///     after KILL at the latest and names who is left, and killing goes on.
  /// - Throws: when the request cannot be written now.
  func kill(
    _ key: AttemptKey, grace: Duration?, reason: String, untilGone: Bool
  ) throws(ExecError)

  /// The processes of attempts that are alive now; blocks for up to 2 s.
  ///
  /// - Returns: For each attempt of which any was found, at most 1,000 attempts.
  func processes(of keys: [AttemptKey]) -> [AttemptKey: [KillReport.Survivor]]

  /// The processes named as survivors in the attempt's outcome that still live.
  func survivors(of key: AttemptKey) -> [KillReport.Survivor]

  /// The contents of a file that the program got, as the program left it.
  ///
  /// - Returns: Nil when there is no such file.
  /// - Throws: `invalid` when it is no regular file or has more than `maximumBytes`.
  func readFile(_ key: AttemptKey, name: String, maximumBytes: Int) throws(ExecError) -> [UInt8]?

  /// Removes the files a program got, its launch data and its working directory if it is empty;
  /// keeps logs and outcome. To be called once the outcome is recorded.
  func removeFiles(_ key: AttemptKey)

  /// The attempts that were launched, by this process or an earlier one, and whose files were not
  /// removed yet.
  func keptAttempts() -> [AttemptKey]

  /// Removes everything of a run, logs included; as soon as no process of it is left (SR127).
  func removeRun(_ run: RunID)

  /// Tries again to remove the runs of which a process was left.
  func removePostponedRuns()

  /// Runs of which anything is kept here.
  func storedRuns() -> [RunID]

  /// Hands an attempt's output, in order per stream, to `body`.
  ///
  /// - Parameters:
  ///   - key: The attempt.
  ///   - streams: Which of the two.
  ///   - offset: Where each stream begins; offsets count all bytes ever written.
  ///   - follow: Whether to wait for more until the attempt has ended and all is handed over.
  ///   - body: Called for one chunk after another. What it throws ends the reading.
  /// - Throws: `ExecError` with `.attemptNotFound` or `.storage`, what `body` throws, or
  ///   `CancellationError`.
  func readLog(
    _ key: AttemptKey, streams: [LogChunk.Stream], offset: UInt64, follow: Bool,
    _ body: (LogChunk) async throws -> Void
  ) async throws
}

extension Executor {
  /// Ends all processes of an attempt as a timeout does: the outcome comes 10 s after KILL at the
  /// latest.
  package func kill(_ key: AttemptKey, grace: Duration, reason: String) throws(ExecError) {
    try kill(key, grace: grace, reason: reason, untilGone: false)
  }
}
