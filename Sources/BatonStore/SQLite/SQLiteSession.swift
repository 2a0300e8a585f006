internal import BatonCore
internal import GRDB
internal import GRDBSQLite

/// The statements of one connection.
final class SQLiteSession {
  let db: OpaquePointer
  /// The connection's own cache of statements; nil: the session keeps them.
  private let database: Database?
  /// By ``SQL/place``: the statements' texts are long, and would be hashed for every use.
  private var fixed: [RawStatement?] = []
  private var scans: [RunScan: RawStatement] = [:]

  /// Statements of a reading connection, kept by GRDB with the connection.
  ///
  /// - Throws: `StoreError.closed`.
  init(reading database: Database) throws {
    guard let db = database.sqliteConnection else { throw StoreError.closed }
    self.db = db
    self.database = database
  }

  /// Statements of the writing connection, kept by the session and ended with it.
  ///
  /// - Throws: `StoreError.closed`.
  init(writing database: Database) throws {
    guard let db = database.sqliteConnection else { throw StoreError.closed }
    self.db = db
    self.database = nil
    fixed = Array(repeating: nil, count: SQL.allCases.count)
  }

  deinit {
    for case let statement? in fixed { sqlite3_finalize(statement.raw) }
    for statement in scans.values { sqlite3_finalize(statement.raw) }
  }

  /// A fixed statement, ready to be bound.
  func statement(_ sql: SQL) throws -> RawStatement {
    if database != nil { return try prepare(sql.rawValue) }
    if let statement = fixed[sql.place] { return statement }
    precondition(SQL.allCases[sql.place] == sql, "places are those of the declaration")
    let statement = try prepare(sql.rawValue)
    fixed[sql.place] = statement
    return statement
  }

  /// A scan, ready to be bound.
  func statement(_ scan: RunScan) throws -> RawStatement {
    if let statement = scans[scan] { return statement }
    let statement = try prepare(scan.sql)
    if database == nil { scans[scan] = statement }
    return statement
  }

  /// The value of a pragma as text; nil: it has none.
  func pragma(_ name: String) throws -> String? {
    let statement = try prepare("PRAGMA \(name)")
    defer { if database == nil { sqlite3_finalize(statement.raw) } else { statement.reset() } }
    return try statement.step() ? statement.text(0) : nil
  }

  /// Every statement that a session prepares, pragmas apart; none may scan or sort a growing
  /// table (performance P10).
  static var statements: [String] { SQL.allCases.map(\.rawValue) + RunScan.allCases.map(\.sql) }

  private func prepare(_ sql: String) throws -> RawStatement {
    if let database {
      do {
        return RawStatement(raw: try database.cachedStatement(sql: sql).sqliteStatement, db: db)
      } catch {
        throw SQLiteFault.error(error)
      }
    }
    var raw: OpaquePointer?
    let code = sqlite3_prepare_v3(db, sql, -1, UInt32(SQLITE_PREPARE_PERSISTENT), &raw, nil)
    guard code == SQLITE_OK, let raw else { throw SQLiteFault.error(code, db) }
    return RawStatement(raw: raw, db: db)
  }

  /// The first row of a fixed statement.
  func first<Value>(
    _ sql: SQL, _ bind: (RawStatement) -> Void, _ row: (RawStatement) throws -> Value
  ) throws -> Value? {
    let statement = try statement(sql)
    bind(statement)
    guard try statement.step() else { return nil }
    defer { statement.reset() }
    return try row(statement)
  }

  /// All rows of a fixed statement.
  func all<Value>(
    _ sql: SQL, _ bind: (RawStatement) -> Void, _ row: (RawStatement) throws -> Value
  ) throws -> [Value] {
    let statement = try statement(sql)
    bind(statement)
    defer { statement.reset() }
    var values: [Value] = []
    while try statement.step() { values.append(try row(statement)) }
    return values
  }

  /// Performs a fixed statement.
  func run(_ sql: SQL, _ bind: (RawStatement) -> Void = { _ in }) throws {
    let statement = try statement(sql)
    bind(statement)
    try statement.run()
  }

  /// How many rows the last statement changed.
  var changes: Int { Int(sqlite3_changes(db)) }
}
