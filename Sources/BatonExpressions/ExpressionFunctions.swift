internal import BatonCore
internal import GRDBSQLite

/// Baton's functions of expressions (G23, RE92), as callbacks of SQLite.
///
/// They are registered without SQLITE_DETERMINISTIC, so that SQLite neither evaluates them ahead
/// nor keeps their results (G28).
enum ExpressionFunctions {
  private typealias Callback =
    @convention(c) (OpaquePointer?, Int32, UnsafeMutablePointer<OpaquePointer?>?) -> Void

  /// Registers all functions; `context` is the connection's session, unretained.
  ///
  /// - Returns: Whether SQLite took them all.
  static func register(on database: OpaquePointer, _ context: UnsafeMutableRawPointer) -> Bool {
    let functions: [(String, ClosedRange<Int32>, Callback)] = [
      ("token", 1...3, token), ("arg", 1...1, argument), ("env", 1...1, environment),
      ("status", 1...1, status), ("int", 1...1, integer), ("num", 1...1, number),
      ("bool", 1...1, truth), ("exit_code", 0...0, exitCode), ("reason", 0...0, reason),
      ("attempt", 0...0, attempt), ("item", 0...0, item),
    ]
    return functions.allSatisfy { name, counts, callback in
      counts.allSatisfy { count in
        sqlite3_create_function_v2(
          database, name, count, SQLITE_UTF8, context, callback, nil, nil, nil) == SQLITE_OK
      }
    }
  }

  // MARK: - What the run knows

  private static let token: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    guard let key = call.text(0) else { return call.fail("token: the key must be a text") }
    var node: String?
    if count > 1, !call.isNull(1) {
      guard let text = call.text(1) else { return call.fail("token: the node must be a text") }
      node = text
    }
    var scope = TokenScope.user
    if count > 2 {
      switch call.text(2) {
      case "USER": scope = .user
      case "SYSTEM": scope = .system
      default: return call.fail("token: the scope must be 'USER' or 'SYSTEM'")
      }
    }
    guard let values = call.values else { return call.fail("token: no values") }
    do throws(ExpressionValueError) {
      call.give(try values.token(key: key, node: node, scope: scope))
    } catch {
      call.fail("token: \(error.message)")
    }
  }

  private static let argument: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    guard let name = call.text(0) else { return call.fail("arg: the name must be a text") }
    call.give(call.values?.argument(name))
  }

  private static let environment: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    guard let name = call.text(0) else { return call.fail("env: the name must be a text") }
    call.give(call.values?.environment(name))
  }

  private static let status: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    guard let node = call.text(0), let values = call.values else {
      return call.fail("status: the node must be a text")
    }
    do throws(ExpressionValueError) {
      call.give(try values.status(node: node))
    } catch {
      call.fail("status: \(error.message)")
    }
  }

  // MARK: - The attempt that a policy is about

  private static let exitCode: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    call.give(call.values?.attempt?.exitCode)
  }

  private static let reason: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    call.give(call.values?.attempt?.reason)
  }

  private static let attempt: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    call.give(call.values?.attempt?.number)
  }

  private static let item: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    call.give(call.values?.attempt?.item)
  }

  // MARK: - Strict conversions (T46)

  private static let integer: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    switch call.type(0) {
    case SQLITE_NULL: sqlite3_result_null(context)
    case SQLITE_INTEGER: sqlite3_result_value(context, call.value(0))
    default:
      guard let text = call.text(0) else { return call.fail("int: neither text nor integer") }
      guard let value = TypedText.int64(text) else {
        return call.fail("int: `\(text.shortened(to: 40))` is no integer")
      }
      sqlite3_result_int64(context, value)
    }
  }

  private static let number: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    switch call.type(0) {
    case SQLITE_NULL: sqlite3_result_null(context)
    case SQLITE_INTEGER, SQLITE_FLOAT:
      sqlite3_result_double(context, sqlite3_value_double(call.value(0)))
    default:
      guard let text = call.text(0) else { return call.fail("num: neither text nor number") }
      guard let value = TypedText.double(text) else {
        return call.fail("num: `\(text.shortened(to: 40))` is no number")
      }
      sqlite3_result_double(context, value)
    }
  }

  private static let truth: Callback = { context, count, arguments in
    let call = Call(context, count, arguments)
    if call.isNull(0) { return sqlite3_result_null(context) }
    guard let text = call.text(0) else { return call.fail("bool: no text") }
    guard let value = TypedText.bool(text) else {
      return call.fail("bool: `\(text.shortened(to: 40))` is neither true nor false")
    }
    sqlite3_result_int(context, value ? 1 : 0)
  }
}

/// One call of a function by SQLite.
private struct Call {
  private let context: OpaquePointer?
  private let count: Int32
  private let arguments: UnsafeMutablePointer<OpaquePointer?>?

  init(
    _ context: OpaquePointer?, _ count: Int32,
    _ arguments: UnsafeMutablePointer<OpaquePointer?>?
  ) {
    self.context = context
    self.count = count
    self.arguments = arguments
  }

  /// What the run knows, during an evaluation.
  var values: (any ExpressionValues)? {
    guard let session = sqlite3_user_data(context) else { return nil }
    return Unmanaged<ExpressionConnection.Session>.fromOpaque(session).takeUnretainedValue()
      .values
  }

  func value(_ index: Int) -> OpaquePointer? {
    index < Int(count) ? arguments?[index] : nil
  }

  func type(_ index: Int) -> Int32 { sqlite3_value_type(value(index)) }

  func isNull(_ index: Int) -> Bool { type(index) == SQLITE_NULL }

  /// The argument when it is a TEXT; nothing is converted.
  func text(_ index: Int) -> String? {
    guard type(index) == SQLITE_TEXT, let bytes = sqlite3_value_text(value(index)) else {
      return nil
    }
    let count = Int(sqlite3_value_bytes(value(index)))
    return String(decoding: UnsafeBufferPointer(start: bytes, count: count), as: UTF8.self)
  }

  /// The result: a TEXT, or NULL for an absent value.
  func give(_ text: String?) {
    guard var text else { return sqlite3_result_null(context) }
    // SQLITE_TRANSIENT, a macro that Swift cannot see: SQLite copies the bytes.
    let copy = unsafeBitCast(-1, to: sqlite3_destructor_type.self)
    text.withUTF8 { bytes in
      bytes.withMemoryRebound(to: CChar.self) { bytes in
        guard let start = bytes.baseAddress else {
          return sqlite3_result_text64(context, "", 0, copy, UInt8(SQLITE_UTF8))
        }
        sqlite3_result_text64(context, start, UInt64(bytes.count), copy, UInt8(SQLITE_UTF8))
      }
    }
  }

  /// The result: an INTEGER, or NULL for an absent value.
  func give(_ number: Int?) {
    guard let number else { return sqlite3_result_null(context) }
    sqlite3_result_int64(context, Int64(number))
  }

  /// Ends the evaluation with an error.
  func fail(_ message: String) {
    sqlite3_result_error(context, message, -1)
  }
}
