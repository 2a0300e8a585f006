internal import BatonCore
internal import GRDBSQLite

/// A prepared statement, used through the C API: bound, stepped and reset by hand.
///
/// Confined, like its connection, to one thread at a time.
struct RawStatement {
  let raw: OpaquePointer
  let db: OpaquePointer

  /// SQLite copies what is bound before the call returns.
  private static var transient: sqlite3_destructor_type {
    unsafeBitCast(-1, to: sqlite3_destructor_type.self)
  }

  // MARK: Binding

  func bind(_ index: Int32, _ value: Int) { sqlite3_bind_int64(raw, index, Int64(value)) }
  func bind(_ index: Int32, _ value: UInt64) {
    sqlite3_bind_int64(raw, index, Int64(clamping: value))
  }
  func bind(_ index: Int32, _ value: Timestamp) {
    sqlite3_bind_int64(raw, index, value.milliseconds)
  }
  func bind(_ index: Int32, _ value: Int?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(raw, index) }
  }
  func bind(_ index: Int32, _ value: Timestamp?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(raw, index) }
  }

  func bind(_ index: Int32, _ value: String) {
    let bound: Void? = value.utf8.withContiguousStorageIfAvailable { bind(index, text: $0) }
    if bound == nil {
      var copy = value
      copy.withUTF8 { bind(index, text: $0) }
    }
  }

  private func bind(_ index: Int32, text: UnsafeBufferPointer<UInt8>) {
    guard !text.isEmpty else {
      // An empty buffer may have no address, which SQLite would take for NULL.
      sqlite3_bind_text(raw, index, "", 0, Self.transient)
      return
    }
    _ = text.withMemoryRebound(to: CChar.self) {
      sqlite3_bind_text(raw, index, $0.baseAddress, Int32($0.count), Self.transient)
    }
  }

  func bind(_ index: Int32, _ value: String?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(raw, index) }
  }

  func bind(_ index: Int32, _ value: [UInt8]) {
    if value.isEmpty {
      sqlite3_bind_zeroblob(raw, index, 0)
    } else {
      _ = value.withUnsafeBytes {
        sqlite3_bind_blob(raw, index, $0.baseAddress, Int32($0.count), Self.transient)
      }
    }
  }
  func bind(_ index: Int32, _ value: [UInt8]?) {
    if let value { bind(index, value) } else { sqlite3_bind_null(raw, index) }
  }

  /// The 16 bytes of an id, which sort as its text does.
  func bind(_ index: Int32, _ run: RunID) {
    let words = (run.high.bigEndian, run.low.bigEndian)
    _ = withUnsafeBytes(of: words) {
      sqlite3_bind_blob(raw, index, $0.baseAddress, 16, Self.transient)
    }
  }
  func bind(_ index: Int32, _ run: RunID?) {
    if let run { bind(index, run) } else { sqlite3_bind_null(raw, index) }
  }

  // MARK: Stepping

  /// Goes to the next row; false: there is none, and the statement is reset.
  func step() throws -> Bool {
    let code = sqlite3_step(raw)
    if code == SQLITE_ROW { return true }
    if code == SQLITE_DONE {
      sqlite3_reset(raw)
      return false
    }
    let error = SQLiteFault.error(code, db)
    sqlite3_reset(raw)
    throw error
  }

  /// Performs the statement to its end.
  func run() throws {
    while try step() {}
  }

  /// Leaves the rows that are not read.
  func reset() { sqlite3_reset(raw) }

  // MARK: Columns

  func isNull(_ column: Int32) -> Bool { sqlite3_column_type(raw, column) == SQLITE_NULL }
  func int(_ column: Int32) -> Int { Int(sqlite3_column_int64(raw, column)) }
  func optionalInt(_ column: Int32) -> Int? { isNull(column) ? nil : int(column) }
  func seq(_ column: Int32) -> UInt64 { UInt64(clamping: sqlite3_column_int64(raw, column)) }
  func time(_ column: Int32) -> Timestamp {
    Timestamp(milliseconds: sqlite3_column_int64(raw, column))
  }
  func optionalTime(_ column: Int32) -> Timestamp? { isNull(column) ? nil : time(column) }

  func text(_ column: Int32) -> String {
    guard let address = sqlite3_column_text(raw, column) else { return "" }
    let count = Int(sqlite3_column_bytes(raw, column))
    return String(decoding: UnsafeBufferPointer(start: address, count: count), as: UTF8.self)
  }
  /// The bytes of a text, without it.
  func textBytes(_ column: Int32) -> Int { Int(sqlite3_column_bytes(raw, column)) }
  func optionalText(_ column: Int32) -> String? { isNull(column) ? nil : text(column) }

  func bytes(_ column: Int32) -> [UInt8] {
    guard let address = sqlite3_column_blob(raw, column) else { return [] }
    return Array(
      UnsafeRawBufferPointer(start: address, count: Int(sqlite3_column_bytes(raw, column))))
  }
  func optionalBytes(_ column: Int32) -> [UInt8]? { isNull(column) ? nil : bytes(column) }

  /// - Throws: `StoreError.unreadable` when the column holds no run id.
  func run(_ column: Int32) throws -> RunID {
    guard sqlite3_column_bytes(raw, column) == 16, let address = sqlite3_column_blob(raw, column)
    else { throw StoreError.unreadable("a run id has not 16 bytes") }
    return RunID(
      high: UInt64(bigEndian: address.loadUnaligned(as: UInt64.self)),
      low: UInt64(bigEndian: address.loadUnaligned(fromByteOffset: 8, as: UInt64.self)))
  }
  func optionalRun(_ column: Int32) throws -> RunID? {
    isNull(column) ? nil : try run(column)
  }

  /// An enum stored by its raw value.
  ///
  /// - Throws: `StoreError.unreadable` when there is no such case.
  func value<Value: RawRepresentable<UInt8>>(_ column: Int32) throws -> Value {
    guard let raw = UInt8(exactly: int(column)), let value = Value(rawValue: raw) else {
      throw StoreError.unreadable("\(int(column)) is no \(Value.self)")
    }
    return value
  }
  func optionalValue<Value: RawRepresentable<UInt8>>(_ column: Int32) throws -> Value? {
    isNull(column) ? nil : try value(column)
  }
}
