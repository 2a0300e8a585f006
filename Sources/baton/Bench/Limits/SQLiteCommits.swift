internal import BatonClient
internal import GRDBSQLite
internal import Glibc

/// How fast SQLite itself commits: an appended row and an updated row an item, as Baton's store
/// does, write-ahead log, `synchronous=FULL`.
enum SQLiteCommits {
  /// Items per second with a number of items in each commit.
  static func measure(directory: String, items: Int, seconds: Double) throws -> Double {
    let path = "\(directory)/.baton-bench-\(getpid()).sqlite"
    defer { for suffix in ["", "-wal", "-shm"] { unlink(path + suffix) } }
    let database = try Database(path)
    try database.execute(
      """
      PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;
      CREATE TABLE event (number INTEGER PRIMARY KEY, body TEXT NOT NULL);
      CREATE TABLE state (id INTEGER PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID;
      """)
    let append = try database.prepare("INSERT INTO event (body) VALUES ('\(body)')")
    let update = try database.prepare(
      "INSERT INTO state VALUES (?1, '\(body)') ON CONFLICT (id) DO UPDATE SET body = excluded.body"
    )
    defer {
      sqlite3_finalize(append)
      sqlite3_finalize(update)
    }
    var done = 0
    let start = MonotonicTime.nanoseconds()
    while MonotonicTime.nanoseconds() - start < UInt64(seconds * 1e9) {
      try database.execute("BEGIN IMMEDIATE")
      for _ in 0..<items {
        try database.step(append)
        sqlite3_bind_int64(update, 1, Int64(done % 1000))
        try database.step(update)
        done += 1
      }
      try database.execute("COMMIT")
    }
    return Double(done) / MonotonicTime.seconds(since: start)
  }

  private static let body = String(repeating: "x", count: 100)

  /// A connection that is closed when nobody uses it any more.
  private final class Database {
    private let handle: OpaquePointer

    init(_ path: String) throws {
      var handle: OpaquePointer?
      let code = sqlite3_open_v2(
        path, &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, nil)
      guard code == SQLITE_OK, let handle else {
        sqlite3_close(handle)
        throw BatonError(
          .invalidArgument, "file_unreadable", "SQLite cannot open \(path): code \(code)")
      }
      self.handle = handle
    }

    deinit { sqlite3_close_v2(handle) }

    func execute(_ sql: String) throws {
      guard sqlite3_exec(handle, sql, nil, nil, nil) == SQLITE_OK else { throw failure }
    }

    func prepare(_ sql: String) throws -> OpaquePointer {
      var statement: OpaquePointer?
      guard sqlite3_prepare_v2(handle, sql, -1, &statement, nil) == SQLITE_OK, let statement else {
        throw failure
      }
      return statement
    }

    func step(_ statement: OpaquePointer) throws {
      guard sqlite3_step(statement) == SQLITE_DONE else { throw failure }
      sqlite3_reset(statement)
    }

    private var failure: BatonError {
      BatonError(.internal, "internal", "SQLite: \(String(cString: sqlite3_errmsg(handle)))")
    }
  }
}
