/// A node of a run as it is stored.
package struct NodeRecord: Hashable, Sendable {
  package var run: RunID
  /// The node's name.
  package var node: String
  /// The node's place in graph order, from 0 (T12).
  package var rank: Int
  package var status: NodeStatus
  /// Why the node FAILED, was KILLED or SKIPPED; nil otherwise.
  package var reason: String?
  /// What a condition decided.
  package var outcome: Bool?
  /// The number of the newest attempt; 0: none.
  package var attempts: Int
  /// When a WAITING node goes on.
  package var wakes: Timestamp?
  /// The chain under way, or to come (RE2); a new node has one of cause FIRST.
  package var chain: NodeChain
  /// How the node ends when its `wait_after` is over (RE94); nil: it is in none.
  package var outcomeToCome: NodeEnding?
  /// Whether the node gets no attempt until it is released (RE75).
  package var isHeld: Bool
  /// Whether it handled a failure that is no more (RE56).
  package var isObsolete: Bool

  package init(run: RunID, node: String, rank: Int) {
    self.run = run
    self.node = node
    self.rank = rank
    status = .pending
    attempts = 0
    chain = NodeChain()
    isHeld = false
    isObsolete = false
  }
}

/// A chain of attempts: one that is no retry and no recovery, and those that follow it (RE2).
package struct NodeChain: Hashable, Sendable {
  /// The cause of its first attempt.
  package var cause: AttemptCause
  /// The number of its first attempt; 0: it has none yet.
  package var first: Int
  /// When it began: the node left PENDING; nil: it has not.
  ///
  /// `node_timeout` counts from here (RE93).
  package var began: Timestamp?
  /// The call that caused it; nil: none did (RE3, RE32).
  package var call: RerunCall?
  /// Whether finished items are kept and the child run is continued in place (RE65, RE108).
  package var keepsFinished: Bool
  /// Whether `pause_before` is waived (RE45), or was decided already (RE95).
  package var pauseIsOver: Bool
  /// The numbers of the policies as templates gave them when it began; nil: the file gives all of
  /// them, or it has not begun.
  package var policy: ChainPolicy?

  package init(cause: AttemptCause = .first) {
    self.cause = cause
    first = 0
    keepsFinished = false
    pauseIsOver = false
  }
}

extension NodeChain {
  /// Whether it is due to a re-run (RE3).
  var isRerun: Bool {
    switch cause {
    case .rerun, .downstream, .handler, .sibling, .child: true
    case .first, .retry, .recovery, .skip: false
    }
  }
}

extension NodeRecord {
  /// The call whose re-run of the node is in progress (RE3, RE123); nil: none is.
  package var rerun: RerunCall? { status.hasEnded || !chain.isRerun ? nil : chain.call }
}

/// The call to which a chain is due: a re-run or a skip (RE1, RE32, RE55).
package struct RerunCall: Hashable, Sendable {
  package var principal: String
  package var time: Timestamp
  /// Empty: the call had none.
  package var requestID: String
  package var note: String
  /// Whether descendants are run again too (RE54, RE55).
  package var rerunsDownstream: Bool

  package init(
    principal: String, time: Timestamp, requestID: String = "", note: String = "",
    rerunsDownstream: Bool = false
  ) {
    self.principal = principal
    self.time = time
    self.requestID = requestID
    self.note = note
    self.rerunsDownstream = rerunsDownstream
  }
}

/// How a node ends.
package struct NodeEnding: Hashable, Sendable {
  package var status: NodeStatus
  package var reason: String?
  package var outcome: Bool?

  package init(status: NodeStatus, reason: String? = nil, outcome: Bool? = nil) {
    self.status = status
    self.reason = reason
    self.outcome = outcome
  }
}

/// An attempt as it is stored; once ended it never changes (G39).
package struct AttemptRecord: Hashable, Sendable {
  package var id: AttemptID
  package var status: AttemptStatus
  package var cause: AttemptCause
  /// The number of the first attempt of its chain (RE2).
  package var chain: Int
  /// Why the attempt FAILED or was KILLED; nil otherwise.
  package var reason: String?
  /// A sentence for the reason, and defects noted beside it; nil: none.
  package var message: String?
  package var started: Timestamp
  package var ended: Timestamp?
  /// 0..255, or minus the signal's number; nil: no process ran, or it has not ended.
  package var exitCode: Int?
  /// The host that executes the attempt; nil where no process runs.
  package var host: String?
  /// The token's `seq` just before the attempt's own first put: the bound of its view (T10).
  ///
  /// Filled in by the store when the attempt is inserted.
  package var viewSeq: UInt64
  /// The program executed; nil for conditions, hooks and skips: these are no program runs (B4.2).
  package var program: ProgramReference?
  /// SHA-256 of the attempt's credential (SR70); nil: it has none.
  package var credentialHash: [UInt8]?
  /// What the attempt really used (G39).
  package var used: AttemptInputs?
  /// Processes left behind by the main process and killed (G56).
  package var leftoverKilled: Int
  /// The intent to kill the attempt, recorded before anything is signalled (G43, G57).
  package var killReason: String?
  /// Which hook the attempt executes; nil: it is one of a node (T6, G51).
  package var hook: HookKind?
  /// What ending its processes took; nil: nothing had to be ended.
  package var ending: AttemptEnding?
  /// Limits of G65 that the host could enforce in no way, by their names.
  package var limitsUnenforced: [String]
  /// The revision of the environment that it used (RE17).
  package var envRevision: Int
  /// The call that caused it, of RERUN and SKIP (RE1); nil otherwise.
  package var call: RerunCall?
  /// Whether processes of an earlier attempt could not be proven gone before it started (RE47).
  package var isPredecessorUnproven: Bool
  /// The run that it made, or took over (RE61); nil: its program is no workflow.
  package var child: RunID?
  /// Keys that the child run's token did not have (RE111).
  package var exportMissing: [String]
  /// The lease under which a worker executes it; nil: no worker does (CT21).
  package var lease: WorkerLease?
  /// Reports that came after the recorded one: the first ``maximumLate`` (RE46).
  package var late: [LateReport]
  /// The number of all of them.
  package var lateTotal: Int

  /// How many late reports are kept (RE46).
  package static let maximumLate = 16

  package init(id: AttemptID, cause: AttemptCause, chain: Int, started: Timestamp) {
    self.id = id
    self.cause = cause
    self.chain = chain
    self.started = started
    status = .running
    viewSeq = 0
    leftoverKilled = 0
    limitsUnenforced = []
    envRevision = 1
    isPredecessorUnproven = false
    exportMissing = []
    late = []
    lateTotal = 0
  }

  /// Counts a late report, and keeps it if it is among the first (RE46).
  package mutating func addLate(_ report: LateReport) {
    lateTotal += 1
    if late.count < Self.maximumLate { late.append(report) }
  }
}

/// The lease of an attempt to a remote worker (CT21, CT22).
package struct WorkerLease: Hashable, Sendable {
  /// The lease's id.
  package var id: String
  /// The name that the worker gave itself.
  package var worker: String
  /// What its last heartbeat said, 0…100 (CT22); kept with the outcome, not before.
  package var progress: Int
  package var note: String

  package init(id: String, worker: String, progress: Int = 0, note: String = "") {
    self.id = id
    self.worker = worker
    self.progress = progress
    self.note = note
  }
}

/// A report of an attempt that had ended otherwise (RE46).
package struct LateReport: Hashable, Sendable {
  package var time: Timestamp
  /// Who sent it.
  package var sender: String
  package var outcome: AttemptStatus
  package var exitCode: Int?

  package init(time: Timestamp, sender: String, outcome: AttemptStatus, exitCode: Int? = nil) {
    self.time = time
    self.sender = sender
    self.outcome = outcome
    self.exitCode = exitCode
  }
}

/// A program of the application version of a run.
package struct ProgramReference: Hashable, Sendable, Codable {
  package var type: ProgramType
  package var id: String

  package init(type: ProgramType, id: String) {
    self.type = type
    self.id = id
  }
}

/// What one attempt used, with templates replaced (G39).
package struct AttemptInputs: Hashable, Sendable, Codable {
  package var argv: [String]
  package var properties: [String: String]
  /// The environment without the server's base set and the `BATON_` variables.
  package var env: [String: String]

  package init(
    argv: [String] = [], properties: [String: String] = [:], env: [String: String] = [:]
  ) {
    self.argv = argv
    self.properties = properties
    self.env = env
  }
}
