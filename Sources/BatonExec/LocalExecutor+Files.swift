internal import BatonCore
internal import Glibc

extension LocalExecutor {
  package func readFile(
    _ key: AttemptKey, name: String, maximumBytes: Int
  ) throws(ExecError) -> [UInt8]? {
    let path = try path(of: key, file: name)
    // Not through a link, and without waiting for a writer of a pipe: the program may have put
    // anything in the file's place.
    let descriptor = open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw Files.failure("read", path)
    }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Files.failure("read", path) }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw ExecError(.invalid, "\(name) is not a regular file")
    }
    guard status.st_size <= maximumBytes else {
      throw ExecError(
        .invalid, "\(name) has \(status.st_size) bytes, the limit is \(maximumBytes)")
    }
    return try Self.contents(descriptor, size: Int(status.st_size), path)
  }

  private static func contents(
    _ descriptor: Int32, size: Int, _ path: String
  ) throws(ExecError) -> [UInt8] {
    var failed = false
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, count in
      while count < size {
        let got = read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if got < 0, errno == EINTR { continue }
        if got < 0 { failed = true }
        guard got > 0 else { return }
        count += got
      }
    }
    if failed { throw Files.failure("read", path) }
    return bytes
  }
}
