internal import Glibc

/// A process by pid and start: what `kill` needs to never meet another that has got the pid.
struct ProcessIdentity: Hashable, Sendable {
  var pid: Int32
  /// Clock ticks after boot: field 22 of `/proc/<pid>/stat`.
  var start: UInt64

  /// Whether exactly this process is there and has not ended.
  var isAlive: Bool {
    guard let text = Files.readText("/proc/\(pid)/stat"),
      let close = text.utf8.lastIndex(of: UInt8(ascii: ")"))
    else { return false }
    let fields = text[text.utf8.index(after: close)...].split(separator: " ")
    // The fields after the command are counted from 3: the state is 3, threads 20, start 22.
    guard fields.count > 19, UInt64(fields[19]) == start else { return false }
    let ended = fields[0] == "Z" || fields[0] == "X"
    return !ended || (Int(fields[17]) ?? 0) > 1
  }

  /// Identifies this boot of the machine; pids of another mean nothing.
  static let boot: String = {
    let text = Files.readText("/proc/sys/kernel/random/boot_id") ?? ""
    return String(text.prefix { $0 != "\n" })
  }()
}
