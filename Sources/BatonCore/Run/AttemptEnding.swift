/// What ending the processes of an attempt took, and how it is known that none is left
/// (G57, SR123).
package struct AttemptEnding: Hashable, Sendable {
  package var means: Means
  package var processesEnded: Int
  /// Processes that were still there 10 s after KILL; expected: none.
  package var survivors: [Survivor]
  /// From the first signal to the end.
  package var durationMS: Int64
  package var proof: Proof

  package init(
    means: Means, processesEnded: Int = 0, survivors: [Survivor] = [], durationMS: Int64 = 0,
    proof: Proof
  ) {
    self.means = means
    self.processesEnded = processesEnded
    self.survivors = survivors
    self.durationMS = durationMS
    self.proof = proof
  }

  /// How the attempt ended; raw values are stored.
  package enum Means: UInt8, Hashable, Sendable, CaseIterable {
    case itself = 1
    case term, kill, neverStarted, worker
  }

  /// How it is known that nothing is left; raw values are stored.
  package enum Proof: UInt8, Hashable, Sendable, CaseIterable {
    case cgroup = 1
    case processScan, remote, none

    /// The word of the contract, `PROCESS_SCAN`.
    package var word: String { ["CGROUP", "PROCESS_SCAN", "REMOTE", "NONE"][Int(rawValue) - 1] }
  }

  /// A process that outlived KILL.
  package struct Survivor: Hashable, Sendable {
    package var pid: Int
    package var command: String

    package init(pid: Int, command: String) {
      self.pid = pid
      self.command = command
    }
  }
}

/// The order to stop a run, as its first call gave it (SR120, SR125).
package struct StopOrder: Hashable, Sendable {
  /// The time between TERM and KILL for all attempts; nil: each node's own.
  package var graceMS: Int64?
  /// Why, for the record.
  package var reason: String
  /// Who stopped the run first.
  package var principal: String
  /// Whether the end was written while something may have been left (SR124).
  package var isForced: Bool

  package init(
    graceMS: Int64? = nil, reason: String = "", principal: String = "", isForced: Bool = false
  ) {
    self.graceMS = graceMS
    self.reason = reason
    self.principal = principal
    self.isForced = isForced
  }
}
