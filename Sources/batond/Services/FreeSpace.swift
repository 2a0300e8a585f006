internal import Glibc

/// How much room a file system has.
enum FreeSpace {
  /// The bytes that this process may still write where a directory lies; 0 where nobody can tell.
  static func bytes(at path: String) -> Int64 {
    var status = statvfs()
    guard statvfs(path, &status) == 0 else { return 0 }
    let (bytes, overflows) = UInt64(status.f_bavail).multipliedReportingOverflow(
      by: UInt64(status.f_frsize))
    return overflows ? .max : Int64(clamping: bytes)
  }
}
