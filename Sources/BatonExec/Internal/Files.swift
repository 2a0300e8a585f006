internal import Glibc

/// The few file operations the executor needs, each with its error.
enum Files {
  /// The message of an error number.
  static func message(_ number: Int32) -> String {
    String(cString: strerror(number))
  }

  static func failure(_ doing: String, _ path: String) -> ExecError {
    let number = errno
    return ExecError(.storage, "cannot \(doing) \(path): \(message(number))", errno: number)
  }

  /// Creates a directory, and those above it that are missing.
  static func makeDirectory(_ path: String) throws(ExecError) {
    if mkdir(path, 0o700) == 0 || errno == EEXIST { return }
    guard errno == ENOENT, let slash = path.lastIndex(of: "/"), slash != path.startIndex else {
      throw failure("create the directory", path)
    }
    try makeDirectory(String(path[..<slash]))
    if mkdir(path, 0o700) != 0, errno != EEXIST { throw failure("create the directory", path) }
  }

  /// Writes a file of mode 0600, replacing what was there.
  static func write(_ path: String, _ bytes: [UInt8]) throws(ExecError) {
    let fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard fd >= 0 else { throw failure("create", path) }
    defer { close(fd) }
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(fd, buffer.baseAddress?.advanced(by: written), bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw failure("write", path) }
      written += count
    }
  }

  /// Writes a file that appears complete under its name, replacing an older one.
  static func replace(_ path: String, _ bytes: [UInt8]) throws(ExecError) {
    try write(path + ".tmp", bytes)
    guard rename(path + ".tmp", path) == 0 else { throw failure("rename to", path) }
  }

  /// Writes a file that appears complete under its name if there is none yet.
  ///
  /// - Returns: False when there is one.
  static func writeExclusively(_ path: String, _ bytes: [UInt8]) throws(ExecError) -> Bool {
    let temporary = path + ".engine"
    try write(temporary, bytes)
    defer { unlink(temporary) }
    if link(temporary, path) == 0 { return true }
    guard errno == EEXIST else { throw failure("create", path) }
    return false
  }

  /// The contents of a file of at most 1 MiB, or nil when there is none.
  static func read(_ path: String) -> [UInt8]? {
    let fd = open(path, O_RDONLY | O_CLOEXEC)
    guard fd >= 0 else { return nil }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var size = 4096
    while bytes.count < 1 << 20 {
      let before = bytes.count
      let piece = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        count = max(0, Glibc.read(fd, buffer.baseAddress, size))
      }
      bytes += piece
      if bytes.count - before < size { break }
      size *= 2
    }
    return bytes
  }

  /// The text of a small file, or nil when there is none.
  static func readText(_ path: String) -> String? {
    read(path).map { String(decoding: $0, as: UTF8.self) }
  }

  static func exists(_ path: String) -> Bool {
    access(path, F_OK) == 0
  }

  /// The names in a directory, without `.` and `..`; empty when it cannot be read.
  static func names(in path: String) -> [String] {
    guard let directory = opendir(path) else { return [] }
    defer { closedir(directory) }
    var names: [String] = []
    while let entry = readdir(directory) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
        pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name != ".", name != ".." { names.append(name) }
    }
    return names
  }

  /// Removes a directory with all it holds; links in it are not followed.
  static func removeTree(_ path: String) {
    if rmdir(path) == 0 || unlink(path) == 0 { return }
    for name in names(in: path) {
      let inner = path + "/" + name
      if unlink(inner) != 0 { removeTree(inner) }
    }
    rmdir(path)
  }
}
