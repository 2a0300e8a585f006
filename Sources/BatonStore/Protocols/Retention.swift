package import BatonCore

/// Which ended runs are to go (performance P11): those that pass the scope and one of the bounds.
package struct PruneQuery: Hashable, Sendable {
  /// Nil: every namespace.
  package var namespace: String?
  /// An application of `namespace`; nil: all of them.
  package var application: String?
  /// Runs that ended before; nil: no bound of time.
  package var endedBefore: Timestamp?
  /// Runs beyond the newest so many ended ones of their workflow, by creation; nil: no bound.
  package var keepNewest: Int?
  /// Applications that are left out.
  package var excluded: Set<ApplicationName>
  /// The most runs to name, oldest of a workflow first.
  package var limit: Int

  package init(
    namespace: String? = nil, application: String? = nil, endedBefore: Timestamp? = nil,
    keepNewest: Int? = nil, limit: Int
  ) {
    self.namespace = namespace
    self.application = application
    self.endedBefore = endedBefore
    self.keepNewest = keepNewest
    self.limit = limit
    excluded = []
  }
}

/// An application of a namespace.
package struct ApplicationName: Hashable, Sendable {
  package var namespace: String
  package var name: String

  package init(namespace: String, name: String) {
    self.namespace = namespace
    self.name = name
  }

  package init(of workflow: WorkflowID) {
    self.init(namespace: workflow.namespace, name: workflow.application)
  }
}

/// What went with a run.
package struct RemovedRun: Hashable, Sendable {
  package var id: RunID
  package var events: Int
  package var puts: Int

  package init(id: RunID, events: Int, puts: Int) {
    self.id = id
    self.events = events
    self.puts = puts
  }
}

package protocol RetentionWrites {
  /// Removes a run that has ended, with its nodes, attempts, items, token, events, put requests
  /// and the revisions of its environment.
  ///
  /// No read that begins after the unit finds anything of the run (T44). The rows of a large one
  /// may still take room until ``purge(rows:)`` has removed them. An id that a trigger brought
  /// stays taken (SR41).
  ///
  /// - Throws: NOT_FOUND `run_not_found`, FAILED_PRECONDITION `run_active` where it is not
  ///   removable (``RunReads/isRemovable(_:)``).
  @discardableResult
  func deleteRun(_ id: RunID) throws -> RemovedRun
  /// Removes an application: from now on nobody finds it by its name.
  ///
  /// Its versions and runs go with the calls of ``purge(rows:)`` that follow, and with them the
  /// runs of other applications that they made. Its version numbers
  /// are not given again: a later deployment goes on where they ended, so what is kept in memory
  /// by version, and page tokens, never speak of another version.
  ///
  /// - Throws: NOT_FOUND `app_not_found`, FAILED_PRECONDITION `run_active`.
  func deleteApplication(namespace: String, name: String) throws
  /// Removes up to about so many rows of what is deleted, whole runs of applications first.
  ///
  /// - Parameter rows: The most rows to remove, 4 KiB of a value counted as one more; bounds the
  ///   time that other units wait.
  /// - Returns: Whether more is left.
  /// - Throws: What the store throws.
  func purge(rows: Int) throws -> Bool
}

extension Store {
  /// The rows that one unit removes: about ten milliseconds of the writer's time.
  package static var purgeRows: Int { 2048 }

  /// Removes an application and all that is its, in units that never hold the writer for long.
  ///
  /// - Parameters:
  ///   - namespace: Its namespace.
  ///   - name: Its name.
  ///   - unit: What else happens in the first unit, which makes the application unknown.
  /// - Throws: NOT_FOUND `app_not_found`, FAILED_PRECONDITION `run_active`; what `unit` throws.
  package func deleteApplication(
    namespace: String, name: String,
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Void = { _ in }
  ) async throws {
    try await commit { writer in
      try writer.deleteApplication(namespace: namespace, name: name)
      try unit(writer)
    }
    try await purge()
  }

  /// Removes what deletions have left, also those that a crash has cut short.
  package func purge() async throws {
    while try await commit({ try $0.purge(rows: Self.purgeRows) }) {}
  }
}

/// How large a store is, for operators.
package struct StoreStatistics: Hashable, Sendable {
  /// Bytes of the database's files; 0: nothing is kept in files.
  package var databaseBytes: Int
  /// Bytes of these that are free for new rows.
  package var freeBytes: Int
  /// Runs, ended ones included, and those of them that are active.
  package var runs: Int
  package var activeRuns: Int
  /// The first and the last number in the event log; 0: none.
  package var oldestEvent: UInt64
  package var newestEvent: UInt64
  /// The version of the schema; 0: there is none.
  package var schemaVersion: Int

  package init(
    databaseBytes: Int = 0, freeBytes: Int = 0, runs: Int = 0, activeRuns: Int = 0,
    oldestEvent: UInt64 = 0, newestEvent: UInt64 = 0, schemaVersion: Int = 0
  ) {
    self.databaseBytes = databaseBytes
    self.freeBytes = freeBytes
    self.runs = runs
    self.activeRuns = activeRuns
    self.oldestEvent = oldestEvent
    self.newestEvent = newestEvent
    self.schemaVersion = schemaVersion
  }
}

/// Whether a store takes changes (reliability R4).
package enum StoreHealth: Hashable, Sendable {
  case serving
  /// There was no room for the last changes; reads go on.
  case diskFull
  /// The device was read-only at the last changes; reads go on.
  case readOnly
  /// The store has stopped for good.
  case failed(String)

  /// What an error that a commit met says of the store; nil: nothing.
  init?(_ error: StoreError) {
    switch error {
    case .diskFull: self = .diskFull
    case .readOnly: self = .readOnly
    case .failed(let reason): self = .failed(reason)
    case .statusChanged, .closed, .overloaded, .newerSchema, .damaged, .unreadable,
      .connectionFailed:
      return nil
    }
  }
}
