internal import Glibc
internal import Synchronization

/// How many processes the machine can start and wait for.
enum SpawnRate {
  /// Processes per second over a number of threads.
  static func measure(threads: Int, seconds: Double) -> Double {
    let counter = Counter()
    let start = MonotonicTime.nanoseconds()
    let end = start + UInt64(seconds * 1e9)
    let workers = (0..<threads).map { _ in
      BlockingThread {
        while MonotonicTime.nanoseconds() < end, spawnAndWait() {
          counter.count.add(1, ordering: .relaxed)
        }
      }
    }
    for worker in workers { worker?.join() }
    return Double(counter.count.load(ordering: .relaxed)) / MonotonicTime.seconds(since: start)
  }

  private final class Counter: Sendable {
    let count = Atomic(0)
  }

  private static func spawnAndWait() -> Bool {
    var pid = pid_t()
    var status: Int32 = 0
    return "/bin/true".withCString { path in
      var argv: [UnsafeMutablePointer<CChar>?] = [UnsafeMutablePointer(mutating: path), nil]
      var environment: [UnsafeMutablePointer<CChar>?] = [nil]
      guard posix_spawn(&pid, path, nil, nil, &argv, &environment) == 0 else { return false }
      return waitpid(pid, &status, 0) == pid
    }
  }
}
