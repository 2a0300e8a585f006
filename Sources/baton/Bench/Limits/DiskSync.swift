internal import BatonClient
internal import Glibc

/// How fast the disk makes small appends durable.
enum DiskSync {
  static func measure(directory: String, seconds: Double) throws -> MachineLimits.Rate {
    let path = "\(directory)/.baton-bench-\(getpid()).sync"
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else {
      throw BatonError(
        .invalidArgument, "file_unreadable",
        "cannot write in \(directory): \(String(cString: strerror(errno)))")
    }
    defer {
      close(descriptor)
      unlink(path)
    }
    let page = [UInt8](repeating: 0x2A, count: 4096)
    var times: [UInt64] = []
    let start = MonotonicTime.nanoseconds()
    var begin = start
    while begin - start < UInt64(seconds * 1e9) {
      let count = page.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count == page.count, fdatasync(descriptor) == 0 else { break }
      let now = MonotonicTime.nanoseconds()
      times.append(now - begin)
      begin = now
    }
    return MachineLimits.Rate(times, seconds: MonotonicTime.seconds(since: start))
  }
}
