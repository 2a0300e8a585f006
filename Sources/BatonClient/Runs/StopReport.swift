public import BatonCore
package import BatonWire

/// What a stop answered.
public struct StopAnswer: Sendable, Hashable {
  /// How it ended.
  public var outcome: StopOutcome
  /// The status of the run; nil when there is none.
  public var status: RunStatus?
  /// Whether every attempt that started has a proof and no survivors.
  public var isProven: Bool
  /// What was ended; nil where nothing was stopped.
  public var report: StopReport?

  /// An answer; without a report nothing was stopped.
  public init(
    outcome: StopOutcome, status: RunStatus? = nil, isProven: Bool = false,
    report: StopReport? = nil
  ) {
    self.outcome = outcome
    self.status = status
    self.isProven = isProven
    self.report = report
  }
}

/// How a stop ended: one of the words below, or one of a newer server.
public struct StopOutcome: RawRepresentable, Hashable, Sendable, CustomStringConvertible {
  /// The word, `STOPPED`.
  public var rawValue: String
  /// An outcome by its word.
  public init(rawValue: String) { self.rawValue = rawValue }

  /// Nothing of the run is left; the run is KILLED.
  public static let stopped = StopOutcome(rawValue: "STOPPED")
  /// The run had ended before; nothing was done.
  public static let alreadyFinished = StopOutcome(rawValue: "ALREADY_FINISHED")
  /// There is no such run, and the call allowed for that.
  public static let notFound = StopOutcome(rawValue: "NOT_FOUND")
  /// The time was over: the run is KILLED, something may survive.
  public static let forced = StopOutcome(rawValue: "FORCED")

  /// The word.
  public var description: String { rawValue }
}

/// What a stop ended, over a run and all its child runs (SR123).
public struct StopReport: Sendable, Hashable {
  /// What became of one attempt.
  public struct Attempt: Sendable, Hashable {
    /// The run stopped, or a child run.
    public var runID: String
    /// The node, or the workflow's name for a hook.
    public var node: String
    /// Its number; nil when it never started.
    public var number: Int?
    /// Of an item of `for_each`: its index, from 0.
    public var item: Int?
    /// Of an item of `for_each`: its attempt, from 1.
    public var itemAttempt: Int?
    /// How it ended: `ITSELF`, `TERM`, `KILL`, `NEVER_STARTED` or `WORKER`; nil: it has not yet.
    public var endedBy: String?
    /// The processes ended.
    public var processesEnded: Int
    /// The processes still alive; expected: none.
    public var survivors: [Survivor]
    /// From the signal to its end.
    public var duration: Duration
    /// How it is known that nothing is left: `CGROUP`, `PROCESS_SCAN`, `REMOTE` or `NONE`.
    public var proof: String?
  }

  /// What became of the attempts, at most 1,000 of them.
  public var attempts: [Attempt]
  /// The number of all attempts concerned.
  public var attemptsTotal: Int
  /// The processes ended in all.
  public var processesEnded: Int
  /// The processes known to be left.
  public var survivorsTotal: Int
  /// Whether every attempt that started has a proof and no survivors.
  public var isProven: Bool
  /// When the stop began.
  public var began: Timestamp?
  /// From then to the end of the run.
  public var duration: Duration
  /// Who stopped the run first.
  public var principal: String?
  /// Why, as the first call said.
  public var reason: String?
  /// Whether the end was written while something may have been left.
  public var isForced: Bool
}

/// A process that outlived KILL.
public struct Survivor: Sendable, Hashable {
  /// Its process id.
  public var pid: Int64
  /// The name of its command.
  public var command: String

  init(_ wire: Wire.Survivor) {
    pid = wire.pid
    command = wire.command
  }
}

extension StopAnswer {
  init(_ wire: Wire.StopRunResponse) {
    outcome = StopOutcome(rawValue: wire.outcome.name)
    status = wire.status.wordIfGiven.map(RunStatus.init(rawValue:))
    isProven = wire.proven
    report = wire.report.map(StopReport.init)
  }
}

extension StopReport {
  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.StopReport) {
    attempts = wire.attempts.map(Attempt.init)
    attemptsTotal = Int(wire.attemptsTotal)
    processesEnded = Int(wire.processesEnded)
    survivorsTotal = Int(wire.survivorsTotal)
    isProven = wire.proven
    began = Timestamp(wire: wire.began)
    duration = .milliseconds(wire.durationMs)
    principal = wire.principal.nonEmpty
    reason = wire.reason.nonEmpty
    isForced = wire.forced
  }
}

extension StopReport.Attempt {
  init(_ wire: Wire.StopAttempt) {
    runID = wire.runID
    node = wire.node
    number = wire.attempt == 0 ? nil : Int(wire.attempt)
    item = wire.itemAttempt == 0 ? nil : Int(wire.item)
    itemAttempt = wire.itemAttempt == 0 ? nil : Int(wire.itemAttempt)
    endedBy = wire.endedBy.wordIfGiven
    processesEnded = Int(wire.processesEnded)
    survivors = wire.survivors.map(Survivor.init)
    duration = .milliseconds(wire.durationMs)
    proof = wire.proof.wordIfGiven
  }
}
