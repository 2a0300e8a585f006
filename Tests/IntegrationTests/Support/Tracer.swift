import Foundation
import Glibc
import Testing

/// `strace` attached to a server, on the calls that make data durable.
struct Tracer {
  static let path = "/usr/bin/strace"

  /// Whether processes can be traced here.
  static let isAvailable: Bool = {
    guard FileManager.default.isExecutableFile(atPath: path) else { return false }
    let probe = Process()
    probe.executableURL = URL(fileURLWithPath: path)
    probe.arguments = ["-f", "-e", "trace=fdatasync", "/bin/true"]
    probe.standardOutput = FileHandle.nullDevice
    probe.standardError = FileHandle.nullDevice
    guard (try? probe.run()) != nil else { return false }
    probe.waitUntilExit()
    return probe.terminationStatus == 0
  }()

  private let process: ChildProcess
  private let output: String

  /// Attaches to a process; with a delay, every sync takes so much longer.
  init(_ pid: pid_t, delay: Duration? = nil, in scratch: Scratch) async throws {
    var arguments = ["-e", "trace=fdatasync,fsync"]
    if let delay {
      let microseconds = delay / .microseconds(1)
      arguments += ["-e", "inject=fdatasync,fsync:delay_enter=\(Int(microseconds))"]
    }
    try await self.init(pid, arguments, in: scratch)
  }

  /// Attaches to a process and has its calls that concern a file fail.
  init(
    _ pid: pid_t, failing calls: String, with error: String, path: String, in scratch: Scratch
  ) async throws {
    let arguments = ["-P", path, "-e", "trace=\(calls)", "-e", "inject=\(calls):error=\(error)"]
    try await self.init(pid, arguments, in: scratch)
  }

  private init(_ pid: pid_t, _ arguments: [String], in scratch: Scratch) async throws {
    output = scratch.file("trace-\(pid)")
    let arguments = ["-f", "-y", "-o", output, "-p", "\(pid)"] + arguments
    process = try ChildProcess(
      Self.path, arguments, environment: Executables.environment, directory: scratch.path)
    _ = try await process.state.first("strace attached") { state in
      state.errorText.contains("attached") || state.end != nil ? true : nil
    }
    try #require(process.state.value.end == nil, "\(process.state.value)")
  }

  /// Lets the process go.
  func detach() async throws {
    process.signal(SIGINT)
    _ = try await process.end()
  }

  /// Detaches, and counts the syncs of the database.
  func syncs() async throws -> Int {
    try await detach()
    let trace = try String(contentsOfFile: output, encoding: .utf8)
    return trace.split(separator: "\n").count { $0.contains("sync(") && $0.contains(".sqlite") }
  }
}
