internal import Glibc

/// A file beside a database that is there while its log may hold what the database does not.
///
/// SQLite removes the log when the last connection is closed in order. Where the log is missing
/// although the mark is there, somebody has copied or moved the database without it.
struct OpenMark: Sendable {
  private let path: String
  private let log: String

  /// - Parameter file: The path of the database file.
  init(of file: String) {
    path = file + "-open"
    log = file + "-wal"
  }

  /// What is to be said before the database is opened; nil: nothing.
  var warning: String? {
    guard access(path, F_OK) == 0, access(log, F_OK) != 0 else { return nil }
    return "the database was not closed in order, and its log \(log) is missing: what was stored "
      + "last may be lost; if the directory was copied, copy it with all its files"
  }

  /// Sets the mark when the database is open.
  ///
  /// Without it only the warning is missing later.
  func set() {
    let descriptor = Glibc.open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o600)
    if descriptor >= 0 { close(descriptor) }
  }

  /// Removes the mark when the database is closed, unless others still use it.
  func remove() {
    if access(log, F_OK) != 0 { unlink(path) }
  }
}
