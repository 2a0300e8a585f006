package import BatonCore
internal import CSQLiteSettings
internal import Foundation
internal import GRDB
internal import GRDBSQLite
internal import Synchronization

/// The durable store of one host: SQLite in WAL mode with `synchronous=FULL`.
package final class SQLiteStore: Store {
  package let changes: ChangeFeed
  private let pool: DatabasePool
  private let queue: CommitQueue<SQLiteWriter.Effects>
  private let cache: TokenCache?
  private let settled = SettledMark()
  private let relay: ChangeRelay?
  private let lock: DirectoryLock
  private let failure: FailureReport
  private let files: [String]
  private let mark: OpenMark
  private let snapshots: HeldSnapshots

  /// Opens or creates the database of a directory and starts its commit queue.
  ///
  /// - Throws: `StoreError.newerSchema`, `.damaged`, `.diskFull`, `.readOnly`, `.failed`.
  package init(_ options: SQLiteOptions) throws {
    lock = try DirectoryLock(options.directory, exclusive: options.exclusive)
    mark = OpenMark(of: options.file)
    let warning = mark.warning
    let pool = try SQLiteOpening.open(options)
    if let warning { options.warned(warning) }
    mark.set()
    let changes = ChangeFeed()
    let cache = options.exclusive ? TokenCache(bytes: options.tokenCacheBytes) : nil
    let relay = options.exclusive ? nil : try ChangeRelay(options.directory, changes)
    let failure = FailureReport(options.failed)
    self.pool = pool
    self.failure = failure
    snapshots = HeldSnapshots(limit: options.snapshots, time: options.snapshotTime)
    files = [options.file, options.file + "-wal", options.file + "-shm"]
    self.changes = changes
    self.cache = cache
    self.relay = relay
    queue = CommitQueue(
      limits: .init(
        batch: options.batch, outstanding: options.outstanding, probing: options.probing),
      settle: { [settled] effects in
        cache?.apply(effects.tokens)
        settled.reach(effects.lastEvent)
      },
      announce: { effects in
        changes.publish(effects.touched)
        relay?.publish(effects.touched)
      },
      failed: { failure.report($0) })
    settled.reach(
      try pool.writeWithoutTransaction {
        try SQLiteReader(SQLiteSession(reading: $0)).lastEventNumber()
      })
    try startWriter(options)
    relay?.start()
  }

  /// Sets up SQLite for the whole process: it keeps no statistics of its memory, which nobody
  /// reads and which cost a lock for every allocation.
  ///
  /// To be called once, before anything else of the process uses SQLite; later it is an error of
  /// the program.
  package static func prepareProcess() {
    let code = baton_sqlite_keep_no_memory_statistics()
    precondition(code == SQLITE_OK, "SQLite was in use before it was set up")
  }

  package var counters: CommitCounters { queue.counters }

  package var health: StoreHealth { failure.health ?? queue.health }

  package func statistics() throws -> StoreStatistics {
    var result = try read { reader in
      guard let reader = reader as? SQLiteReader else { throw StoreError.closed }
      return try reader.statistics()
    }
    result.databaseBytes = files.reduce(0) { $0 + FileSize.bytes(of: $1) }
    return result
  }

  package func submit<Value: Sendable>(
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    queue.submit(CommitUnit(unit, completion: completion))
  }

  package func read<Value>(_ body: (any StoreReader) throws -> Value) throws -> Value {
    do {
      return try pool.read { try body(SQLiteReader(SQLiteSession(reading: $0))) }
    } catch {
      throw failure.noting(SQLiteFault.error(error))
    }
  }

  package func readAsync<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    try Task.checkCancellation()
    let (value, event): (Value, UInt64)
    do {
      (value, event) = try await withCheckedThrowingContinuation { continuation in
        // Not the library's own `async` reading: it gives its connection back on a thread of the
        // cooperative pool, and all of those may wait in `read` for a connection.
        pool.asyncRead { [self] database in
          continuation.resume(
            with: Result {
              let reader = SQLiteReader(try SQLiteSession(reading: database.get()))
              return (try body(reader), try newestEvent(reader))
            })
        }
      }
    } catch {
      throw failure.noting(SQLiteFault.error(error))
    }
    await settled.wait(for: event)
    return value
  }

  /// The newest event of a snapshot where tokens are kept in memory; otherwise 0.
  private func newestEvent(_ reader: SQLiteReader) throws -> UInt64 {
    cache == nil ? 0 : try reader.lastEventNumber()
  }

  package func readPieces<Piece: Sendable>(
    _ pieces: Int, _ read: @escaping @Sendable (Int, any StoreReader) throws -> Piece,
    _ use: (Piece) async throws -> Void
  ) async throws {
    try await snapshots.hold {
      do {
        return try pool.makeSnapshot()
      } catch {
        throw failure.noting(SQLiteFault.error(error))
      }
    } _: { snapshot in
      for number in 0..<pieces {
        let (piece, event): (Piece, UInt64)
        do {
          (piece, event) = try await snapshot.read { [self] in
            let reader = SQLiteReader(try SQLiteSession(reading: $0))
            return (try read(number, reader), try newestEvent(reader))
          }
        } catch {
          throw failure.noting(SQLiteFault.error(error))
        }
        await settled.wait(for: event)
        try await use(piece)
      }
    }
  }

  package func token(of run: RunID, history: Bool) throws -> TokenSnapshot? {
    if let cache {
      let snapshot = try cache.token(of: run) { try loadToken(of: run, history: false) }
      guard let snapshot else { return nil }
      if snapshot.holdsHistory || !history { return snapshot }
    }
    return try loadToken(of: run, history: history)
  }

  package func tokenAsync(of run: RunID, history: Bool) async throws -> TokenSnapshot? {
    if let cache {
      let snapshot = try await cache.token(of: run) { [self] in
        try await loadTokenAsync(of: run, history: false)
      }
      guard let snapshot else { return nil }
      if snapshot.holdsHistory || !history { return snapshot }
    }
    return try await loadTokenAsync(of: run, history: history)
  }

  package func tokenAsync(
    of run: RunID, key: TokenKey, history: Bool
  ) async throws -> TokenSnapshot? {
    if let cache {
      if let snapshot = cache.resident(run), snapshot.holdsHistory || !history { return snapshot }
      let largest = cache.largestToken
      if !history,
        try await readAsync({ (try $0.tokenAccount(of: run)?.usedBytes ?? 0) <= largest })
      {
        return try await tokenAsync(of: run, history: false)
      }
    }
    return try await readAsync {
      try ($0 as? SQLiteReader)?.tokenSnapshot(of: run, key: key, history: history)
    }
  }

  package func residentToken(of run: RunID) -> TokenSnapshot? { cache?.resident(run) }

  package func close() async {
    await queue.close()
    failure.end()
    relay?.stop()
    changes.finish()
    try? pool.close()
    mark.remove()
    lock.release()
  }

  /// How many tokens are in memory, and about how many bytes they take.
  package var tokenCacheUsage: (tokens: Int, bytes: Int) { cache?.usage ?? (0, 0) }

  /// Every statement of the store; none may scan or sort a growing table (performance P10).
  package static var statements: [String] { SQLiteSession.statements }

  /// What durability rests on, as the writing connection reports it: `synchronous` (2: FULL) and
  /// `journal_mode`.
  package func writerSettings() async throws -> (synchronous: String, journal: String) {
    try await commit { writer in
      guard let writer = writer as? SQLiteWriter else { throw StoreError.closed }
      let session = writer.session
      return (try session.pragma("synchronous") ?? "", try session.pragma("journal_mode") ?? "")
    }
  }

  private func loadToken(of run: RunID, history: Bool) throws -> TokenSnapshot? {
    try read { try ($0 as? SQLiteReader)?.tokenSnapshot(of: run, history: history) }
  }

  private func loadTokenAsync(of run: RunID, history: Bool) async throws -> TokenSnapshot? {
    try await readAsync { try ($0 as? SQLiteReader)?.tokenSnapshot(of: run, history: history) }
  }

  /// Gives the pool's writing connection to the writer thread, which keeps it until the end.
  private func startWriter(_ options: SQLiteOptions) throws {
    let report = Handshake()
    let (pool, queue) = (pool, queue)
    CommitThreads.start(queue) {
      do {
        try pool.writeWithoutTransaction { db in
          try SQLiteOpening.prepareWriter(db, options)
          let session = try SQLiteSession(writing: db)
          // The library's hooks are of no use to statements that do not pass through it.
          sqlite3_commit_hook(session.db, nil, nil)
          sqlite3_rollback_hook(session.db, nil, nil)
          let writer = SQLiteWriter(
            session, isExclusive: options.exclusive, clock: options.clock)
          report.resolve(nil)
          queue.serve(writer)
        }
      } catch {
        let error = SQLiteFault.error(error)
        report.resolve(error)
        queue.abandon(error as? StoreError ?? .failed("\(error)"))
      }
    }
    if let error = report.wait() { throw error }
  }
}

/// Lets one thread wait for the first report of another.
private final class Handshake: Sendable {
  private let signal = Signal()
  private let error = Mutex<(any Error)?>(nil)

  func resolve(_ error: (any Error)?) {
    self.error.withLock { $0 = error }
    signal.raise()
  }

  func wait() -> (any Error)? {
    signal.wait()
    return error.withLock { $0 }
  }
}
