import Foundation
import Glibc

/// A process of this host, as `/proc` shows it.
struct HostProcess {
  var parent: pid_t
  var command: String

  /// The process with a pid; nil when there is none or it has ended.
  static func read(_ pid: pid_t) -> HostProcess? {
    guard let stat = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let close = stat.lastIndex(of: ")")
    else { return nil }
    let fields = stat[stat.index(after: close)...].split(separator: " ")
    guard fields.count > 1, fields[0] != "Z", fields[0] != "X", let parent = pid_t(fields[1])
    else { return nil }
    let command = FileManager.default.contents(atPath: "/proc/\(pid)/cmdline") ?? Data()
    let words = command.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    return HostProcess(parent: parent, command: words.joined(separator: " "))
  }

  /// Waits for the end of a process that is no child of the test's.
  static func waitForEnd(of pid: pid_t, within limit: Duration = patience) async throws {
    let until = ContinuousClock.now + limit
    while let process = read(pid) {
      guard .now < until else {
        throw DeadlineExceeded(description: "waited \(limit) for the end of \(process)")
      }
      try await ContinuousClock().sleep(for: .milliseconds(5))
    }
  }
}
