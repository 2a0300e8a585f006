package import BatonCore

/// Which runs a list shows; every field narrows it.
package struct RunQuery: Hashable, Sendable {
  package var namespace: String
  package var application: String?
  package var workflow: String?
  package var version: Int?
  /// Empty: every status.
  package var statuses: Set<RunStatus>
  /// Creation at or after.
  package var since: Timestamp?
  /// Creation before.
  package var until: Timestamp?
  package var trigger: TriggerKind?
  package var parent: RunID?
  package var externalID: String?
  /// The first characters of run ids, lower-case text as written (8 to 36).
  package var idPrefix: String?
  /// Runs created before this one (creation, then run id, descending); for the next page.
  package var before: RunCursor?
  package var limit: Int
  /// Rows that each scan looks at for one page: what no index knows is judged row by row.
  package var effort: Int

  package init(namespace: String, limit: Int) {
    self.namespace = namespace
    self.limit = limit
    effort = 8192
    statuses = []
  }
}

/// The place of a run in the order newest first: creation, then run id.
package struct RunCursor: Hashable, Sendable {
  package var created: Timestamp
  package var id: RunID

  package init(created: Timestamp, id: RunID) {
    self.created = created
    self.id = id
  }
}

extension RunCursor: Comparable {
  /// The place of a run.
  package init(_ run: RunRecord) {
    self.init(created: run.header.created, id: run.header.id)
  }

  package static func < (left: RunCursor, right: RunCursor) -> Bool {
    left.created != right.created ? left.created < right.created : left.id < right.id
  }
}

/// A part of a list of runs.
package struct RunPage: Hashable, Sendable {
  /// At most as many as were asked for; maybe none although more follow.
  package var runs: [RunRecord]
  /// Where the list goes on; nil: this was the end of it.
  package var next: RunCursor?

  package init(runs: [RunRecord], next: RunCursor?) {
    self.runs = runs
    self.next = next
  }
}

/// A program run: an attempt of a node that runs a program (B4.2).
package struct ProgramRunQuery: Hashable, Sendable {
  package var namespace: String
  package var application: String
  package var program: ProgramReference
  package var version: Int?
  package var statuses: Set<AttemptStatus>
  package var since: Timestamp?
  package var until: Timestamp?
  /// For the next page: after this one in the order started, then id text, descending.
  package var before: Cursor?
  package var limit: Int

  package struct Cursor: Hashable, Sendable {
    package var started: Timestamp
    package var id: AttemptID
    package init(started: Timestamp, id: AttemptID) {
      self.started = started
      self.id = id
    }
  }

  package init(namespace: String, application: String, program: ProgramReference, limit: Int) {
    self.namespace = namespace
    self.application = application
    self.program = program
    self.limit = limit
    statuses = []
  }
}

/// A program run with the version of its workflow run.
package struct ProgramRun: Hashable, Sendable {
  package var attempt: AttemptRecord
  package var version: Int

  package init(attempt: AttemptRecord, version: Int) {
    self.attempt = attempt
    self.version = version
  }
}

package protocol RunReads {
  func run(_ id: RunID) throws -> RunRecord?
  /// The status of a run, without its record; nil: there is no such run.
  func runStatus(_ id: RunID) throws -> RunStatus?
  /// The run to which a trigger gave an id of its own (SR42).
  func run(externalID: String, of workflow: WorkflowID) throws -> RunRecord?
  /// Runs newest first: creation descending, then run id descending (G62, B3.1).
  ///
  /// One index range scan for each status asked for, or one in all (B5.1). The page ends early
  /// when a filter that no index knows (trigger kind, version beside others) passes over many.
  func runPage(_ query: RunQuery) throws -> RunPage
  /// Runs of a program of any type but WORKFLOW, newest start first (B4.2, B4.3).
  func programRuns(_ query: ProgramRunQuery) throws -> [ProgramRun]
  /// Ids of all active runs of the installation, oldest first.
  func activeRuns() throws -> [RunID]
  /// How many runs of the workflow are active, begun ones apart (G36).
  func activeRunCount(of workflow: WorkflowID) throws -> (pending: Int, begun: Int)
  /// Ended runs that retention may remove, in the order in which they can go (performance P11).
  ///
  /// A run that an attempt of another made goes with the root of its tree, just before it, and
  /// counts for nothing on its own: the tree goes when all of it has ended and its root may go.
  func prunableRuns(_ query: PruneQuery) throws -> [RunID]
  /// Whether a run can be removed now.
  ///
  /// It has ended, nothing is left of the runs below it, and the root of its tree, if it is another
  /// run, has ended or is gone.
  func isRemovable(_ id: RunID) throws -> Bool
  /// The nodes of a run in graph order.
  func nodes(of run: RunID) throws -> [NodeRecord]
  /// Attempts of a run, or of one node of it, by node in graph order, then number.
  ///
  /// Those of items are not among them; see ``ItemReads``.
  func attempts(of run: RunID, node: String?) throws -> [AttemptRecord]
  func attempt(_ id: AttemptID) throws -> AttemptRecord?
  /// The status of an attempt, without its record; nil: there is no such attempt.
  func attemptStatus(_ id: AttemptID) throws -> AttemptStatus?
  /// The attempt to which a credential with this SHA-256 was given (SR70).
  func attempt(credentialHash: [UInt8]) throws -> AttemptRecord?
}

extension RunReads {
  /// Runs newest first, as many as there are up to the limit (G62, B3.1).
  package func runs(_ query: RunQuery) throws -> [RunRecord] {
    var page = try runPage(query)
    var found = page.runs
    var rest = query
    while found.count < query.limit, let next = page.next {
      rest.before = next
      rest.limit = query.limit - found.count
      page = try runPage(rest)
      found += page.runs
    }
    return found
  }

  package func runStatus(_ id: RunID) throws -> RunStatus? { try run(id)?.state.status }

  package func attemptStatus(_ id: AttemptID) throws -> AttemptStatus? { try attempt(id)?.status }
}

package protocol RunWrites {
  /// Creates a run with its empty token.
  ///
  /// - Throws: ALREADY_EXISTS `run_id_taken` when the workflow has the external id already.
  func insertRun(_ record: RunRecord, nodes: [NodeRecord]) throws
  /// Writes the changed part of a run; compare-and-set on the status (G35).
  ///
  /// An ended run may become active again (RE9).
  ///
  /// - Throws: `StoreError.statusChanged` when the stored status is not `expected`.
  func updateRun(_ id: RunID, _ state: RunState, expecting expected: RunStatus) throws
  func updateNode(_ record: NodeRecord) throws
  /// Records a start; fills in `viewSeq` from the run's token and returns the record stored.
  @discardableResult
  func insertAttempt(_ record: AttemptRecord) throws -> AttemptRecord
  /// Records an outcome or a kill intent; an ended attempt is never changed.
  ///
  /// - Returns: Whether the attempt was still RUNNING; false: nothing was changed (G61).
  @discardableResult
  func updateAttempt(_ record: AttemptRecord) throws -> Bool
  /// Adds a report that came after the recorded outcome: all that an ended attempt takes (RE46).
  ///
  /// - Returns: Whether the attempt had ended; false: nothing was changed.
  @discardableResult
  func recordLate(_ report: LateReport, of id: AttemptID) throws -> Bool
}
