package import BatonCore

/// How an attempt ended.
///
/// There is exactly one for each attempt (R2).
package struct ProcessOutcome: Hashable, Sendable {
  /// The end of the main process.
  package enum Exit: Hashable, Sendable {
    /// It ended by itself, with 0 or another code.
    case exited(code: Int)
    /// A signal ended it.
    case signaled(Int)
    /// The program could not be executed: the system's error number, and what it means.
    case execFailed(errno: Int, message: String)
    /// Its shim went away without an outcome; what was left of the attempt has been ended.
    case lost
    /// No shim ever claimed the attempt, and none will.
    case notStarted(message: String)
  }

  package var exit: Exit
  /// When the program was started; nil when it was not, or when nobody knows.
  package var startedAt: Timestamp?
  /// When the main process ended.
  package var endedAt: Timestamp
  /// Processes that outlived the main process and were ended (G56).
  package var leftoverKilled: Int
  /// What ending the attempt's processes took, when any had to be ended or a kill was requested.
  package var kill: KillReport?
  /// A name of G65 (`cpu_time`, `memory`, `output_bytes`) when the attempt was ended for it.
  package var limitExceeded: String?
  /// Limits that this host can enforce in no way.
  package var limitsUnenforced: [String]
  package var standardOutput: LogTotals
  package var standardError: LogTotals
  /// Processor time of the attempt's processes.
  package var cpuTime: Duration
  /// The greatest resident size of one of the processes, in bytes.
  package var maximumResidentBytes: UInt64

  package init(
    exit: Exit, startedAt: Timestamp? = nil, endedAt: Timestamp, leftoverKilled: Int = 0,
    kill: KillReport? = nil, limitExceeded: String? = nil, limitsUnenforced: [String] = [],
    standardOutput: LogTotals = LogTotals(), standardError: LogTotals = LogTotals(),
    cpuTime: Duration = .zero, maximumResidentBytes: UInt64 = 0
  ) {
    self.exit = exit
    self.startedAt = startedAt
    self.endedAt = endedAt
    self.leftoverKilled = leftoverKilled
    self.kill = kill
    self.limitExceeded = limitExceeded
    self.limitsUnenforced = limitsUnenforced
    self.standardOutput = standardOutput
    self.standardError = standardError
    self.cpuTime = cpuTime
    self.maximumResidentBytes = maximumResidentBytes
  }
}

/// Bytes of one output stream.
package struct LogTotals: Hashable, Sendable {
  /// All bytes the attempt wrote.
  package var written: UInt64
  /// Those of them that were not kept.
  package var dropped: UInt64

  package init(written: UInt64 = 0, dropped: UInt64 = 0) {
    self.written = written
    self.dropped = dropped
  }
}

/// What ending an attempt's processes took, and how it is known that none is left (G57).
package struct KillReport: Hashable, Sendable {
  /// How it is known that no process is left.
  package enum Proof: String, Hashable, Sendable {
    /// The attempt's cgroup reported empty.
    case cgroup = "CGROUP"
    /// Subreaper and process scan came to a fixed point.
    case processScan = "PROCESS_SCAN"
  }

  /// A process that was still there 10 s after KILL.
  package struct Survivor: Hashable, Sendable {
    package var pid: Int
    /// The process's start, in clock ticks after boot: with the pid, its identity.
    package var startTicks: UInt64
    package var command: String

    package init(pid: Int, startTicks: UInt64, command: String) {
      self.pid = pid
      self.startTicks = startTicks
      self.command = command
    }
  }

  /// Whether somebody asked for it; otherwise leftovers, a limit or a lost shim were the reason.
  package var requested: Bool
  /// The reason given with the request.
  package var reason: String
  package var processesEnded: Int
  package var survivors: [Survivor]
  /// From the first TERM until nobody was left.
  package var elapsed: Duration
  package var proof: Proof

  package init(
    requested: Bool, reason: String = "", processesEnded: Int = 0, survivors: [Survivor] = [],
    elapsed: Duration = .zero, proof: Proof = .processScan
  ) {
    self.requested = requested
    self.reason = reason
    self.processesEnded = processesEnded
    self.survivors = survivors
    self.elapsed = elapsed
    self.proof = proof
  }
}
