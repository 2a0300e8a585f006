internal import BatonCore
internal import GRDB
internal import Glibc

/// Opening, checking and migrating a database file.
enum SQLiteOpening {
  /// Opens the pool of connections of a database that is ours and of a known version.
  ///
  /// - Throws: `StoreError.newerSchema`, `StoreError.damaged`, `StoreError.failed`.
  static func open(_ options: SQLiteOptions) throws -> DatabasePool {
    do {
      try checkSize(options.file)
      let pool = try DatabasePool(path: options.file, configuration: configuration(options))
      try pool.writeWithoutTransaction { db in
        try prepareWriter(db, options)
        try SQLiteSchema.migrate(db)
        try checkTables(db)
      }
      try syncDirectory(options.directory)
      return pool
    } catch {
      throw naming(options.file, SQLiteFault.error(error))
    }
  }

  /// A failure that says of which file it is.
  private static func naming(_ file: String, _ error: any Error) -> any Error {
    switch error as? StoreError {
    case .damaged(let message) where !message.contains(file):
      StoreError.damaged(
        "\(file): \(message); restore a backup, and keep a copy of what is there")
    case .failed(let message) where !message.contains(file),
      .connectionFailed(let message) where !message.contains(file):
      StoreError.failed("\(file): \(message)")
    default: error
    }
  }

  private static func configuration(_ options: SQLiteOptions) -> Configuration {
    var configuration = Configuration()
    configuration.label = "baton.store"
    configuration.maximumReaderCount = options.readers
    configuration.persistentReadOnlyConnections = true
    configuration.busyMode = .timeout(Double(options.busyTimeout.milliseconds) / 1000)
    configuration.foreignKeysEnabled = false
    configuration.prepareDatabase { db in
      try db.execute(sql: "PRAGMA temp_store = MEMORY")
      try db.execute(sql: "PRAGMA cache_size = -4096")
    }
    return configuration
  }

  /// Puts in force what durability rests on; the pool has set other values (`NORMAL`).
  ///
  /// - Throws: `StoreError.failed` when SQLite does not accept it.
  static func prepareWriter(_ db: Database, _ options: SQLiteOptions) throws {
    try db.execute(sql: "PRAGMA synchronous = FULL")
    try db.execute(sql: "PRAGMA wal_autocheckpoint = 4000")
    try db.execute(sql: "PRAGMA journal_size_limit = 67108864")
    try db.execute(sql: "PRAGMA cache_size = -32768")
    if let bytes = options.maximumBytes {
      let pageSize = try Int.fetchOne(db, sql: "PRAGMA page_size") ?? 4096
      _ = try Int.fetchOne(db, sql: "PRAGMA max_page_count = \(max(1, bytes / pageSize))")
    }
    let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
    let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
    guard synchronous == 2, journal == "wal" else {
      throw StoreError.failed(
        "SQLite runs with synchronous \(synchronous ?? -1) and journal \(journal ?? "-")")
    }
  }

  /// Finds a file that was cut off: its header says how long it must be.
  ///
  /// With a log beside it the file proves nothing: an interrupted checkpoint may have written the
  /// header before the file grew, and SQLite takes the pages from the log.
  private static func checkSize(_ file: String) throws {
    var log = stat()
    if stat(file + "-wal", &log) == 0, log.st_size > 0 { return }
    let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var header = [UInt8](repeating: 0, count: 100)
    let count = pread(descriptor, &header, 100, 0)
    let size = Int(lseek(descriptor, 0, SEEK_END))
    guard size > 0 else { return }
    guard count == 100, header.starts(with: Array("SQLite format 3\0".utf8)) else {
      throw StoreError.damaged("\(file) is no SQLite database")
    }
    let number: (Int) -> Int = { place in
      header[place..<(place + 4)].reduce(0) { $0 << 8 | Int($1) }
    }
    let pageSize = header[16] == 0 && header[17] == 1 ? 65_536 : number(16) >> 16
    // The page count counts only if the last writer kept it (SQLite file format, 1.3.7).
    guard number(24) == number(92), number(28) * pageSize > size else { return }
    throw StoreError.damaged(
      "\(file) has \(size) bytes, its header says \(number(28) * pageSize)")
  }

  /// Looks at the root of every table and index, and at all pages of a small database.
  private static func checkTables(_ db: Database) throws {
    let pages = try Int.fetchOne(db, sql: "PRAGMA page_count") ?? 0
    if pages <= 1024, let fault = try String.fetchOne(db, sql: "PRAGMA quick_check(1)"),
      fault != "ok"
    {
      throw StoreError.damaged(fault)
    }
    let tables = try String.fetchAll(db, sql: "SELECT name FROM sqlite_schema WHERE type = 'table'")
    for table in tables where !table.hasPrefix("sqlite_") {
      _ = try Row.fetchOne(db, sql: "SELECT * FROM \(table) LIMIT 1")
    }
  }

  /// Makes the names of new files durable.
  private static func syncDirectory(_ path: String) throws {
    let descriptor = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw StoreError.failed("cannot open \(path): errno \(errno)") }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else {
      throw StoreError.failed("cannot sync \(path): errno \(errno)")
    }
  }
}

/// Keeps a second process from a database that this one believes to have alone.
final class DirectoryLock: Sendable {
  private let descriptor: Int32

  /// - Throws: `StoreError.failed` when another process uses the directory otherwise.
  init(_ directory: String, exclusive: Bool) throws(StoreError) {
    let path = directory + "/baton.lock"
    descriptor = Glibc.open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      switch errno {
      case ENOSPC, EDQUOT: throw .diskFull
      case EROFS: throw .readOnly
      default: throw .failed("cannot open \(path): errno \(errno)")
      }
    }
    guard flock(descriptor, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0 else {
      close(descriptor)
      throw .failed("\(directory) is used by another process")
    }
  }

  /// Lets other processes use the directory; the descriptor stays until the end.
  func release() { flock(descriptor, LOCK_UN) }

  deinit { close(descriptor) }
}
