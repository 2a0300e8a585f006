internal import Glibc
internal import Synchronization

/// A process by pid and start: what `kill` needs to never meet another that has got the pid.
struct ProcessIdentity: Hashable, Sendable {
  var pid: Int32
  /// Clock ticks after boot: field 22 of `/proc/<pid>/stat`.
  var start: UInt64

  /// Whether exactly this process is there and has not ended.
  ///
  /// - Throws: When that cannot be found out now.
  func isAlive() throws(ExecError) -> Bool {
    guard let text = try Self.status(of: pid),
      let close = text.utf8.lastIndex(of: UInt8(ascii: ")"))
    else { return false }
    let fields = text[text.utf8.index(after: close)...].split(separator: " ")
    // The fields after the command are counted from 3: the state is 3, threads 20, start 22.
    guard fields.count > 19, UInt64(fields[19]) == start else { return false }
    let ended = fields[0] == "Z" || fields[0] == "X"
    return !ended || (Int(fields[17]) ?? 0) > 1
  }

  private static func status(of pid: Int32) throws(ExecError) -> String? {
    do {
      return try Files.readText("/proc/\(pid)/stat")
    } catch  where error.errno == ESRCH {
      return nil  // it ended while we looked
    }
  }

  private static let knownBoot = Mutex<String?>(nil)

  /// Identifies this boot of the machine; pids of another mean nothing.
  static func boot() throws(ExecError) -> String {
    if let known = knownBoot.withLock({ $0 }) { return known }
    let text = try Files.readText("/proc/sys/kernel/random/boot_id") ?? ""
    let boot = String(text.prefix { $0 != "\n" })
    knownBoot.withLock { $0 = boot }
    return boot
  }
}
