import Foundation
import Glibc

/// A process that a test started: what it writes, and how it ends.
final class ChildProcess: Sendable {
  /// How a process ended.
  enum End: Hashable {
    case exited(Int32)
    case signaled(Int32)
  }

  /// What is known of the process so far.
  struct State: CustomStringConvertible {
    var output: [UInt8] = []
    var errors: [UInt8] = []
    var openPipes = 2
    var end: End?

    var outputText: String { String(decoding: output, as: UTF8.self) }
    var errorText: String { String(decoding: errors, as: UTF8.self) }
    var description: String {
      "stdout: \(outputText.suffix(4000)) stderr: \(errorText.suffix(8000)) end: \(end as Any)"
    }
  }

  struct SpawnFailure: Error {
    var path: String
    var number: Int32
  }

  let name: String
  let pid: pid_t
  let state = Observed(State())

  /// Starts a program with exactly this environment; `output` is a file that takes its standard
  /// output, instead of ``state``.
  init(
    _ path: String, _ arguments: [String], environment: [String: String], directory: String,
    input: String = "/dev/null", output: String? = nil
  ) throws {
    name = ([path.split(separator: "/").last.map(String.init) ?? path] + arguments)
      .joined(separator: " ")
    // Sockets rather than pipes: no other process started meanwhile can inherit them.
    let outputPipe = try Self.socketPair()
    let errorPipe = try Self.socketPair()
    defer {
      close(outputPipe[1])
      close(errorPipe[1])
    }
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    posix_spawn_file_actions_addopen(&actions, 0, input, O_RDONLY, 0)
    if let output {
      posix_spawn_file_actions_addopen(&actions, 1, output, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
    } else {
      posix_spawn_file_actions_adddup2(&actions, outputPipe[1], 1)
    }
    posix_spawn_file_actions_adddup2(&actions, errorPipe[1], 2)
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    Self.resetSignals(&attributes)
    let shell = ["/bin/sh", "-c", #"cd "$0" && exec "$@""#, directory, path]
    let argv = (shell + arguments).map { strdup($0) } + [nil]
    let variables = environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for pointer in argv + variables { free(pointer) } }
    var pid: pid_t = 0
    let number = posix_spawn(&pid, "/bin/sh", &actions, &attributes, argv, variables)
    guard number == 0 else {
      close(outputPipe[0])
      close(errorPipe[0])
      throw SpawnFailure(path: path, number: number)
    }
    self.pid = pid
    read(outputPipe[0]) { $0.output += $1 }
    read(errorPipe[0]) { $0.errors += $1 }
    awaitEnd()
  }

  /// Sends a signal, unless the process has ended.
  func signal(_ number: Int32) {
    state.update { [pid] state in
      if state.end == nil { kill(pid, number) }
    }
  }

  /// Waits for the end of the process alone; others may still hold its pipes.
  func end(within limit: Duration = patience) async throws -> End {
    try await state.first("the end of \(name)", within: limit) { $0.end }
  }

  /// Waits for the end of the process and of what it writes.
  func finish() async throws -> State {
    do {
      return try await state.first("the end of \(name)") { state in
        state.end != nil && state.openPipes == 0 ? state : nil
      }
    } catch {
      signal(SIGKILL)
      throw error
    }
  }

  /// Waits for a line of standard output that begins with a text, and gives the rest of it.
  func line(beginning start: String) async throws -> String {
    try await state.first("`\(start)` of \(name)") { state in
      let complete = state.outputText.split(separator: "\n", omittingEmptySubsequences: false)
        .dropLast()
      return complete.first { $0.hasPrefix(start) }.map { String($0.dropFirst(start.count)) }
    }
  }

  /// What the test's own process ignores or blocks is nothing to the one that is started.
  private static func resetSignals(_ attributes: inout posix_spawnattr_t) {
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    sigfillset(&signals)
    posix_spawnattr_setsigdefault(&attributes, &signals)
    posix_spawnattr_setflags(
      &attributes, Int16(POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF))
  }

  private static func socketPair() throws -> [Int32] {
    var pair: [Int32] = [-1, -1]
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    guard socketpair(AF_UNIX, type, 0, &pair) == 0 else {
      throw SpawnFailure(path: "socketpair", number: errno)
    }
    return pair
  }

  private func read(
    _ descriptor: Int32, _ add: @escaping @Sendable (inout State, [UInt8]) -> Void
  ) {
    Thread.detachNewThread { [state] in
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = Glibc.read(descriptor, &buffer, buffer.count)
        if count < 0 && errno == EINTR { continue }
        guard count > 0 else { break }
        state.update { add(&$0, Array(buffer[..<count])) }
      }
      close(descriptor)
      state.update { $0.openPipes -= 1 }
    }
  }

  private func awaitEnd() {
    Thread.detachNewThread { [state, pid] in
      var info = siginfo_t()
      // The process stays a zombie until its end is noted: no signal can hit another one.
      while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
      state.update { state in
        var status: Int32 = 0
        waitpid(pid, &status, 0)
        let number = status & 0x7F
        state.end = number == 0 ? .exited(status >> 8 & 0xFF) : .signaled(number)
      }
    }
  }
}
