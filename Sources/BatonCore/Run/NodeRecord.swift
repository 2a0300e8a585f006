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

  package init(run: RunID, node: String, rank: Int) {
    self.run = run
    self.node = node
    self.rank = rank
    status = .pending
    attempts = 0
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

  package init(id: AttemptID, cause: AttemptCause, chain: Int, started: Timestamp) {
    self.id = id
    self.cause = cause
    self.chain = chain
    self.started = started
    status = .running
    viewSeq = 0
    leftoverKilled = 0
    limitsUnenforced = []
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
