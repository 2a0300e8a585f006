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

  /// Opens a file for reading that a program may have replaced with anything.
  ///
  /// - Returns: Nil when there is none.
  /// - Throws: `invalid` when it is no regular file, `storage` when it cannot be opened now.
  static func openRegular(_ path: String) throws(ExecError) -> Int32? {
    // Not through a link, and without waiting for the writer of a pipe.
    let fd = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard fd >= 0 else {
      switch errno {
      case ENOENT: return nil
      case ELOOP, ENXIO: throw notRegular(path)
      default: throw failure("read", path)
      }
    }
    var status = stat()
    guard fstat(fd, &status) == 0 else {
      let error = failure("read", path)
      close(fd)
      throw error
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(fd)
      throw notRegular(path)
    }
    return fd
  }

  private static func notRegular(_ path: String) -> ExecError {
    ExecError(.invalid, "\(path) is not a regular file")
  }

  /// Writes a file of mode 0600, replacing what was there.
  static func write(
    _ path: String, _ bytes: [UInt8], flags: Int32 = O_TRUNC
  ) throws(ExecError) {
    let all = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | flags
    let fd = open(path, all, 0o600)
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
    let temporary = path + ".tmp"
    try writeNew(temporary, bytes)
    if rename(temporary, path) == 0 { return }
    // A directory in its place is the program's doing.
    if errno == EISDIR { removeTree(path) }
    guard rename(temporary, path) == 0 else { throw failure("rename to", path) }
  }

  /// Writes a file that appears complete under its name if there is none yet.
  ///
  /// - Returns: False when there is one.
  static func writeExclusively(_ path: String, _ bytes: [UInt8]) throws(ExecError) -> Bool {
    let temporary = path + ".engine"
    try writeNew(temporary, bytes)
    defer { unlink(temporary) }
    if link(temporary, path) == 0 { return true }
    guard errno == EEXIST else { throw failure("create", path) }
    return false
  }

  /// Writes a file under a name that nobody else should have.
  private static func writeNew(_ path: String, _ bytes: [UInt8]) throws(ExecError) {
    removeTree(path)
    try write(path, bytes, flags: O_EXCL)
  }

  /// The contents of a small file, or nil when there is none.
  ///
  /// - Throws: `invalid` when it is no regular file or has more than 1 MiB, `storage` when it
  ///   cannot be read now.
  static func read(_ path: String) throws(ExecError) -> [UInt8]? {
    guard let fd = try openRegular(path) else { return nil }
    defer { close(fd) }
    var bytes: [UInt8] = []
    var size = 4096
    while bytes.count <= 1 << 20 {
      var failure: ExecError?
      let piece = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
        let got = Glibc.read(fd, buffer.baseAddress, size)
        if got < 0 { failure = Self.failure("read", path) }
        count = max(0, got)
      }
      if failure?.errno == EINTR { continue }
      if let failure { throw failure }
      if piece.isEmpty { return bytes }
      bytes += piece
      size = min(size * 2, 1 << 20)
    }
    throw ExecError(.invalid, "\(path) has more than 1 MiB")
  }

  /// The text of a small file, or nil when there is none.
  static func readText(_ path: String) throws(ExecError) -> String? {
    try read(path).map { String(decoding: $0, as: UTF8.self) }
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
