internal import BatonCore
internal import GRDBSQLite

/// An SQLite connection without a database, on which expressions are compiled and evaluated.
///
/// `@unchecked Sendable`: the connection of SQLite may move between threads, but may be used by one
/// at a time only; its owner hands it to one evaluation at a time.
final class ExpressionConnection: @unchecked Sendable {
  /// What the callbacks of SQLite share with the evaluation in progress.
  final class Session {
    /// What the functions read; nil while an expression is only compiled.
    var values: (any ExpressionValues)?
    /// Which functions the statement being compiled may use.
    var kind = ExpressionKind.condition
    /// How many SELECTs the statement being compiled has had.
    var selects = 0
    /// How many thousand steps the evaluation has made.
    var thousandSteps = 0
  }

  /// Bounds of G25.
  private enum Limits {
    static let steps = 100_000
    static let textBytes: Int32 = 2 * 1024 * 1024
    static let depth: Int32 = 100
    static let patternBytes: Int32 = 100
    static let statementBytes: Int32 = 8192 + 64
    static let statements = 256
  }

  private let database: OpaquePointer
  private let session = Session()
  private var statements: [Key: OpaquePointer] = [:]

  private struct Key: Hashable {
    var expression: String
    var kind: ExpressionKind
  }

  /// Opens a connection; nil when SQLite cannot, which happens only without memory.
  init?() {
    var handle: OpaquePointer?
    let flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_MEMORY | SQLITE_OPEN_NOMUTEX
    guard sqlite3_open_v2(":memory:", &handle, flags, nil) == SQLITE_OK, let handle else {
      sqlite3_close_v2(handle)
      return nil
    }
    database = handle
    _disableDoubleQuotedStringLiterals(handle)
    setLimits()
    let context = Unmanaged.passUnretained(session).toOpaque()
    guard ExpressionFunctions.register(on: handle, context) else {
      sqlite3_close_v2(handle)
      return nil
    }
    sqlite3_set_authorizer(handle, ExpressionAuthorizer.callback, context)
    sqlite3_progress_handler(handle, 1000, Self.progress, context)
  }

  deinit {
    for statement in statements.values { sqlite3_finalize(statement) }
    sqlite3_close_v2(database)
  }

  /// Compiles an expression and forgets it again.
  func check(
    _ expression: String, _ kind: ExpressionKind
  ) -> Result<Void, ConditionFailure> {
    compile(Key(expression: expression, kind: kind)).map { statement in
      sqlite3_finalize(statement)
      return ()
    }
  }

  /// Evaluates an expression to its truth value (G26).
  func evaluate(
    _ expression: String, _ values: any ExpressionValues
  ) -> Result<Bool, ConditionFailure> {
    let statement: OpaquePointer
    let key = Key(expression: expression, kind: values.attempt == nil ? .condition : .policy)
    if let known = statements[key] {
      statement = known
    } else {
      if let problem = ExpressionLexer.problem(in: expression) {
        return .failure(ConditionFailure(.error, problem))
      }
      switch compile(key) {
      case .failure(let failure): return .failure(failure)
      case .success(let compiled): statement = compiled
      }
      keep(statement, for: key)
    }
    session.values = values
    session.thousandSteps = 0
    defer {
      sqlite3_reset(statement)
      session.values = nil
    }
    guard sqlite3_step(statement) == SQLITE_ROW else { return .failure(failure()) }
    return Self.truth(of: statement)
  }

  private func compile(_ key: Key) -> Result<OpaquePointer, ConditionFailure> {
    session.selects = 0
    session.kind = key.kind
    let text = "SELECT (\n\(key.expression)\n)"
    var statement: OpaquePointer?
    let status = text.utf8CString.withUnsafeBufferPointer { buffer in
      sqlite3_prepare_v3(
        database, buffer.baseAddress, Int32(buffer.count),
        UInt32(SQLITE_PREPARE_PERSISTENT), &statement, nil)
    }
    guard status == SQLITE_OK, let statement else {
      return .failure(failure())
    }
    guard sqlite3_bind_parameter_count(statement) == 0 else {
      sqlite3_finalize(statement)
      return .failure(ConditionFailure(.error, "parameters are not allowed"))
    }
    return .success(statement)
  }

  private func keep(_ statement: OpaquePointer, for key: Key) {
    if statements.count >= Limits.statements {
      for statement in statements.values { sqlite3_finalize(statement) }
      statements = [:]
    }
    statements[key] = statement
  }

  private static func truth(of statement: OpaquePointer) -> Result<Bool, ConditionFailure> {
    switch sqlite3_column_type(statement, 0) {
    case SQLITE_INTEGER:
      return .success(sqlite3_column_int64(statement, 0) != 0)
    case SQLITE_FLOAT:
      return .success(sqlite3_column_double(statement, 0) != 0)
    case SQLITE_NULL:
      return .failure(
        ConditionFailure(.null, "the expression has no value; use coalesce for absent keys"))
    case SQLITE_TEXT:
      let text = sqlite3_column_text(statement, 0).map { String(cString: $0) } ?? ""
      guard let value = TypedText.bool(text) else {
        let given = text.shortened(to: 40)
        return .failure(
          ConditionFailure(.error, "the text `\(given)` is neither true nor false"))
      }
      return .success(value)
    default:
      return .failure(ConditionFailure(.error, "a blob is neither true nor false"))
    }
  }

  // MARK: - Bounds

  private func setLimits() {
    let limits: [(Int32, Int32)] = [
      (SQLITE_LIMIT_LENGTH, Limits.textBytes),
      (SQLITE_LIMIT_SQL_LENGTH, Limits.statementBytes),
      (SQLITE_LIMIT_EXPR_DEPTH, Limits.depth),
      (SQLITE_LIMIT_LIKE_PATTERN_LENGTH, Limits.patternBytes),
      (SQLITE_LIMIT_COMPOUND_SELECT, 1),
      (SQLITE_LIMIT_VARIABLE_NUMBER, 0),
      (SQLITE_LIMIT_ATTACHED, 0),
      (SQLITE_LIMIT_TRIGGER_DEPTH, 1),
      (SQLITE_LIMIT_WORKER_THREADS, 0),
    ]
    for (limit, value) in limits { sqlite3_limit(database, limit, value) }
  }

  private static let progress: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { context in
    guard let context else { return 1 }
    let session = Unmanaged<Session>.fromOpaque(context).takeUnretainedValue()
    session.thousandSteps += 1
    return session.thousandSteps >= Limits.steps / 1000 ? 1 : 0
  }

  /// The failure that SQLite just reported.
  private func failure() -> ConditionFailure {
    let message = String(cString: sqlite3_errmsg(database))
    switch sqlite3_errcode(database) {
    case SQLITE_INTERRUPT:
      return ConditionFailure(.limit, "more than \(Limits.steps) steps")
    case SQLITE_TOOBIG:
      return ConditionFailure(.limit, message)
    default:
      let isLimit =
        message.hasPrefix("LIKE or GLOB pattern too complex")
        || message.hasPrefix("Expression tree is too large")
      return ConditionFailure(isLimit ? .limit : .error, message)
    }
  }
}
