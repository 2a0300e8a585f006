internal import BatonCore
internal import GRDB
internal import GRDBSQLite
internal import Glibc

/// Failures of SQLite in the words of the store.
enum SQLiteFault {
  /// The failure of the last call on a connection.
  ///
  /// A constraint concerns one unit; everything else the whole store.
  static func error(_ code: Int32, _ db: OpaquePointer?) -> any Error {
    // SQLite does not keep it for a failure of a commit; it is still the thread's then.
    let lastError = errno
    let message = String(cString: sqlite3_errmsg(db))
    if code & 0xFF == SQLITE_CONSTRAINT {
      return BatonError(.internal, "internal", "the store refused a row: \(message)")
    }
    // The task that was reading has been cancelled.
    if code & 0xFF == SQLITE_INTERRUPT { return CancellationError() }
    let systemError = db.map { sqlite3_system_errno($0) } ?? 0
    return storeError(
      sqlite3_extended_errcode(db), systemError == 0 ? lastError : systemError, message)
  }

  /// The failure that a call of GRDB met.
  static func error(_ error: any Error) -> any Error {
    guard let error = error as? DatabaseError else { return error }
    switch error.resultCode {
    case .SQLITE_INTERRUPT, .SQLITE_ABORT: return CancellationError()
    // The library's word for a connection that is closed.
    case .SQLITE_MISUSE: return StoreError.closed
    default: break
    }
    return storeError(error.extendedResultCode.rawValue, 0, error.message ?? "\(error)")
  }

  private static func storeError(_ code: Int32, _ system: Int32, _ message: String) -> StoreError {
    switch code & 0xFF {
    case SQLITE_FULL: return .diskFull
    case SQLITE_READONLY: return .readOnly
    // Of the moment, and no fault of the device: what asked may ask again.
    case SQLITE_BUSY, SQLITE_LOCKED, SQLITE_NOMEM, SQLITE_PROTOCOL: return .overloaded
    case SQLITE_IOERR where code == SQLITE_IOERR | (12 << 8): return .overloaded  // _NOMEM
    case SQLITE_CORRUPT, SQLITE_NOTADB: return .damaged(message)
    case SQLITE_IOERR where code != SQLITE_IOERR | (4 << 8):  // SQLITE_IOERR_FSYNC is final
      if system == ENOSPC || system == EDQUOT { return .diskFull }
      if system == EROFS { return .readOnly }
    case SQLITE_IOERR: break
    default: return .connectionFailed("SQLite error \(code): \(message)")
    }
    return .failed("SQLite error \(code): \(message)")
  }
}
