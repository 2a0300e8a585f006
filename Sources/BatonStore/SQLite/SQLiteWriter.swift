internal import BatonCore
internal import GRDBSQLite

/// The writes of the SQLite store, and its commit backend; lives on the writer thread alone.
///
/// Accounts of tokens, counts of active runs and the number of the newest event are kept in memory
/// during a batch and written once, before it commits. They are let go whenever something is
/// undone, so the tables are always what they are read from.
final class SQLiteWriter: SQLiteReader, CommitBackend {
  /// What a committed batch leaves to be done.
  struct Effects: Sendable {
    var touched = ChangeFeed.Touched()
    var tokens: [TokenChange] = []
    /// The newest event of the batch; 0: it has none.
    var lastEvent: UInt64 = 0
  }

  struct PendingAccount {
    var account: TokenAccount
    /// Whether the row is to be written before the batch commits.
    var isChanged = false
  }

  private(set) var now = Timestamp(milliseconds: 0)
  private(set) var trouble: StoreError?
  /// What the batch did so far.
  var effects = Effects()
  /// Whether changes of tokens are noted.
  let notesTokens: Bool
  var accounts: [RunID: PendingAccount] = [:]
  /// The runs whose accounts have changed; far fewer than there are accounts.
  private var changedAccounts: [RunID] = []
  var counts: [WorkflowID: RunCounts] = [:]
  var facts: [RunID: (TokenSnapshot.Run, RunStatus)] = [:]
  /// Runs that the batch has inserted, while no node of theirs is withheld.
  var newRuns: Set<RunID> = []
  /// First attempts that the batch has inserted, with the entries of their nodes.
  var newSources: [AttemptID: [TokenKey: TokenAccount.Present]] = [:]
  private var eventNumber: UInt64?
  private var eventsChanged = false
  private var clock: CommitClock
  private let isExclusive: Bool
  private var unitWrites = 0
  private var unitStart = Effects()

  /// - Parameters:
  ///   - session: The statements of the writing connection.
  ///   - isExclusive: Whether nobody else writes the database.
  ///   - clock: Tells commit times.
  init(
    _ session: SQLiteSession, isExclusive: Bool, clock: @escaping @Sendable () -> Timestamp
  ) {
    self.isExclusive = isExclusive
    notesTokens = isExclusive
    self.clock = CommitClock(clock)
    super.init(session)
  }

  // MARK: Batches

  var writer: any StoreWriter { self }

  func begin() throws(StoreError) {
    effects = Effects()
    trouble = nil
    unitWrites = 0
    newRuns.removeAll(keepingCapacity: true)
    newSources.removeAll(keepingCapacity: true)
    if !isExclusive { forget() }
    if accounts.count > 8192 || facts.count > 8192 { forget() }
    try perform(.begin)
    // Others may have told later times; of one's own, the last process's is known to the tables.
    if !isExclusive || now == Timestamp(milliseconds: 0) {
      clock.raise(to: Timestamp(milliseconds: Int64(clamping: try reading { try counter("time") })))
    }
    now = clock.now()
  }

  func beginUnit(guarded: Bool) throws(StoreError) {
    unitWrites = 0
    guard guarded else { return }
    try settling()
    unitStart = effects
    try perform(.savepoint)
  }

  func endUnit(guarded: Bool, failed: Bool) throws(StoreError) -> Bool {
    guard guarded else { return !failed || unitWrites == 0 }
    if failed {
      forget()
      effects = unitStart
      try perform(.rollbackTo)
    } else {
      try settling()
    }
    try perform(.release)
    return true
  }

  func commit() throws(StoreError) -> Effects {
    try settling()
    try perform(.commit)
    defer { effects = Effects() }
    return effects
  }

  func rollback() {
    forget()
    effects = Effects()
    trouble = nil
    // After some failures SQLite has rolled back by itself.
    if sqlite3_get_autocommit(session.db) == 0 { try? session.run(.rollback) }
  }

  func probe() throws(StoreError) {
    try begin()
    do throws(StoreError) {
      try perform(.takeRoom)
      try perform(.leaveRoom)
      _ = try commit()
    } catch {
      rollback()
      throw error
    }
  }

  /// Notes that watchers of a run are to be woken.
  func touch(_ run: RunID) { effects.touched.runs.insert(run) }

  /// Performs a write; what concerns the whole batch is kept even if the unit goes on.
  func run(_ sql: SQL, _ bind: (RawStatement) -> Void = { _ in }) throws {
    do {
      try session.run(sql, bind)
      if session.changes > 0 { unitWrites += 1 }
    } catch let error as StoreError {
      trouble = trouble ?? Self.final(error)
      throw error
    }
  }

  private func perform(_ sql: SQL) throws(StoreError) {
    do {
      try session.run(sql)
    } catch let error as StoreError {
      throw Self.final(error)
    } catch {
      throw .failed("\(error)")
    }
  }

  private func settling() throws(StoreError) { try reading { try settlePending() } }

  private func reading<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
    do {
      return try body()
    } catch let error as StoreError {
      throw Self.final(error)
    } catch {
      throw .failed("\(error)")
    }
  }

  /// What stops the store as an I/O error does when the one writer meets it.
  private static func final(_ error: StoreError) -> StoreError {
    switch error {
    case .damaged(let message), .unreadable(let message): .failed("damaged database: \(message)")
    case .connectionFailed(let message): .failed(message)
    case .statusChanged, .failed, .diskFull, .readOnly, .closed, .overloaded, .newerSchema: error
    }
  }

  // MARK: Pending rows

  override func settlePending() throws {
    // These rows are of all units of the batch: a unit that merely reads them has not written.
    let writes = unitWrites
    defer { unitWrites = writes }
    while let id = changedAccounts.popLast() {
      guard let pending = accounts[id], pending.isChanged else { continue }
      accounts[id]?.isChanged = false
      try run(.setTokenAccount) { row in
        row.bind(1, id)
        row.bind(2, pending.account.lastSeq)
        row.bind(3, pending.account.usedBytes)
        row.bind(4, pending.account.historyBytes)
        row.bind(5, pending.account.lastTime)
      }
    }
    for (workflow, count) in counts where count != RunCounts() {
      try run(.addWorkflowCount) { row in
        row.bind(1, workflow.namespace)
        row.bind(2, workflow.application)
        row.bind(3, workflow.workflow)
        row.bind(4, count.pending)
        row.bind(5, count.begun)
        row.bind(6, count.ended)
        row.bind(7, count.endedChildren)
      }
    }
    counts.removeAll(keepingCapacity: true)
    if eventsChanged, let eventNumber {
      eventsChanged = false
      effects.lastEvent = eventNumber
      for (name, value) in [("event", eventNumber), ("time", UInt64(now.milliseconds))] {
        try run(.setCounter) { row in
          row.bind(1, name)
          row.bind(2, value)
        }
      }
    }
  }

  private func forget() {
    accounts.removeAll(keepingCapacity: true)
    changedAccounts.removeAll(keepingCapacity: true)
    counts.removeAll(keepingCapacity: true)
    facts.removeAll(keepingCapacity: true)
    newRuns.removeAll(keepingCapacity: true)
    newSources.removeAll(keepingCapacity: true)
    eventNumber = nil
    eventsChanged = false
  }

  /// The number of the next event.
  func nextEventNumber() throws -> UInt64 {
    let last: UInt64
    if let eventNumber {
      last = eventNumber
    } else {
      last = try counter("event")
    }
    eventNumber = last + 1
    eventsChanged = true
    return last + 1
  }

  override func tokenAccount(of run: RunID) throws -> TokenAccount? {
    try pendingAccount(of: run)
  }

  /// The account of a run's token, with what the batch did to it; nil: there is no such run.
  func pendingAccount(of run: RunID) throws -> TokenAccount? {
    if let pending = accounts[run] { return pending.account }
    guard let account = try storedAccount(of: run) else { return nil }
    accounts[run] = PendingAccount(account: account)
    return account
  }

  /// Changes the account of a run's token; its row is written before the batch commits.
  func change(_ account: TokenAccount, of run: RunID) {
    let old = accounts.updateValue(PendingAccount(account: account, isChanged: true), forKey: run)
    if old?.isChanged != true { changedAccounts.append(run) }
  }

  /// The facts of a run that is there, and its status as of the batch.
  ///
  /// - Throws: NOT_FOUND `run_not_found`.
  func requiredFacts(_ run: RunID) throws -> (TokenSnapshot.Run, RunStatus) {
    if let found = facts[run] { return found }
    guard let found = try runFacts(run) else { throw StoreRefusal.runMissing(run) }
    facts[run] = found
    return found
  }
}

/// How far a run is, as runs are counted (G36); one that was made by another ends apart, because
/// retention does not count it (performance P11).
enum RunPhase {
  case pending, begun, ended, endedChild

  init(_ status: RunStatus, isChild: Bool) {
    guard status.isActive else {
      self = isChild ? .endedChild : .ended
      return
    }
    self = status == .pending ? .pending : .begun
  }
}

/// Numbers of runs by phase, or by how much they change.
struct RunCounts: Equatable {
  var pending = 0
  var begun = 0
  var ended = 0
  var endedChildren = 0

  subscript(phase: RunPhase) -> Int {
    get {
      switch phase {
      case .pending: pending
      case .begun: begun
      case .ended: ended
      case .endedChild: endedChildren
      }
    }
    set {
      switch phase {
      case .pending: pending = newValue
      case .begun: begun = newValue
      case .ended: ended = newValue
      case .endedChild: endedChildren = newValue
      }
    }
  }
}
