internal import Glibc

/// The length of files.
enum FileSize {
  /// The bytes of a file; 0: there is none.
  static func bytes(of path: String) -> Int {
    var status = stat()
    return stat(path, &status) == 0 ? Int(status.st_size) : 0
  }
}
