internal import Glibc

/// Asks a shim program who is alive of some attempts (`list.c`).
///
/// In a process of its own: what `/proc` says of a process that is stuck in the kernel may keep
/// its reader waiting, and that must not be the engine.
struct ProcessList {
  let shim: String

  /// The most attempts that are asked for at once, and how long the answer may take.
  private static let maximumAttempts = 1000
  private static let patience: Int32 = 2000

  /// - Parameter directories: Directories of attempts.
  /// - Returns: Who is alive, by directory; empty where that could not be found out.
  func read(_ directories: [String]) -> [[KillReport.Survivor]] {
    var found = [[KillReport.Survivor]](repeating: [], count: directories.count)
    guard let text = output(Array(directories.prefix(Self.maximumAttempts))) else { return found }
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ", maxSplits: 3, omittingEmptySubsequences: false)
      guard words.count == 4, let index = Int(words[0]), found.indices.contains(index),
        let pid = Int(words[1]), let start = UInt64(words[2])
      else { continue }
      found[index].append(
        KillReport.Survivor(pid: pid, startTicks: start, command: String(words[3])))
    }
    return found
  }

  private func output(_ directories: [String]) -> String? {
    var ends: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &ends) == 0 else { return nil }
    defer { close(ends[0]) }
    var pid: pid_t = 0
    let failure = ShimServer.spawn(
      shim, arguments: ["--list"] + directories, descriptor: (ends[1], as: 1), pid: &pid)
    close(ends[1])
    guard failure == 0 else { return nil }
    defer {
      kill(pid, SIGKILL)
      var status: Int32 = 0
      while waitpid(pid, &status, 0) < 0, errno == EINTR {}
    }
    return read(ends[0])
  }

  /// What comes until the end, or until it takes too long.
  private func read(_ descriptor: Int32) -> String {
    let deadline = ContinuousClock.now + .milliseconds(Int(Self.patience))
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while true {
      let left = (deadline - .now) / .milliseconds(1)
      var fd = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard left > 0, poll(&fd, 1, Int32(left.rounded(.up))) > 0 else { break }
      let count = Glibc.read(descriptor, &buffer, buffer.count)
      guard count > 0 else { break }
      bytes += buffer[..<count]
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}
