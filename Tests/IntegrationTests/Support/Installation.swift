import Foundation
import Glibc
import Synchronization
import Testing

/// How the services of an installation are spread over processes.
enum Deployment: String, CaseIterable, CustomTestStringConvertible {
  /// One process with everything.
  case whole
  /// A process each for engine, token store and scheduler, on one data directory.
  case split

  var testDescription: String { rawValue }

  /// The servers, in the order in which they are started.
  var servers: [Installation.Role] { self == .whole ? [.whole] : [.tokens, .engine, .scheduler] }
}

/// Servers on a data directory of their own.
final class Installation: Sendable {
  /// What one process serves.
  enum Role: String, CaseIterable, CustomTestStringConvertible {
    case whole
    case engine
    case tokens
    case scheduler

    var testDescription: String { rawValue }
  }

  private struct State {
    var processes: [Role: ChildProcess] = [:]
    var addresses: [Role: [String]] = [:]
    var dataDirectory: String
  }

  let scratch: Scratch
  let deployment: Deployment
  /// Variables of the servers' environment beside those of all tests.
  private let settings: [String: String]
  private let state: Mutex<State>

  init(_ deployment: Deployment, _ scratch: Scratch, settings: [String: String] = [:]) {
    self.deployment = deployment
    self.scratch = scratch
    self.settings = settings
    state = Mutex(State(dataDirectory: scratch.file("data")))
  }

  var dataDirectory: String { state.withLock(\.dataDirectory) }

  /// Gives the data directory another name; no server runs.
  func moveData(to name: String) throws {
    let path = scratch.file(name)
    try #require(rename(dataDirectory, path) == 0)
    state.withLock { $0.dataDirectory = path }
  }

  /// The role of the process that users talk to.
  var front: Role { deployment == .whole ? .whole : .engine }

  /// Where users connect: TCP.
  var address: String { state.withLock { $0.addresses[front]?.first ?? "" } }

  /// Where users may connect as well: a Unix socket.
  var socketAddress: String { "unix:" + scratch.file("\(front.rawValue).sock") }

  /// The running, or last, process of a role.
  func process(_ role: Role) throws -> ChildProcess {
    try #require(state.withLock { $0.processes[role] }, "no \(role) has been started")
  }

  func start() async throws {
    for role in deployment.servers { try await start(role) }
  }

  /// Starts a server, at the address that it had before if it was started before.
  @discardableResult
  func start(_ role: Role) async throws -> ChildProcess {
    let addresses = state.withLock { $0.addresses[role] } ?? firstAddresses(of: role)
    let process = try ChildProcess(
      Executables.path(of: "batond"), arguments(of: role, addresses),
      environment: Executables.environment.merging(settings) { _, own in own },
      directory: scratch.path)
    state.withLock { $0.processes[role] = process }
    var bound: [String] = []
    for number in addresses.indices {
      bound.append(
        try await process.state.first("address \(number + 1) of \(process.name)") { state in
          if state.end != nil { return "" }
          let lines = state.outputText.split(separator: "\n", omittingEmptySubsequences: false)
          guard lines.count > number + 1 else { return nil }
          return String(lines[number].dropFirst("listening on ".count))
        })
    }
    try #require(!bound.contains(""), "\(process.state.value)")
    state.withLock { [bound] in $0.addresses[role] = bound }
    return process
  }

  /// Ends a server with KILL.
  func kill(_ role: Role) async throws {
    let process = try process(role)
    process.signal(SIGKILL)
    #expect(try await process.end() == .signaled(SIGKILL), "\(process.state.value)")
  }

  /// Ends all servers as an operator does, and expects them to end well.
  func stop() async throws {
    for role in deployment.servers.reversed() {
      let process = try process(role)
      process.signal(SIGTERM)
      #expect(try await process.end() == .exited(0), "\(role): \(process.state.value)")
    }
  }

  /// Ends whatever still runs.
  func end() async {
    let processes = state.withLock { Array($0.processes.values) }
    for process in processes {
      process.signal(SIGKILL)
      _ = try? await process.end()
    }
    scratch.endProcesses()
  }

  /// Tells of servers that have ended, for the report of a failed test.
  func reportEnded() {
    for (role, process) in state.withLock(\.processes) where process.state.value.end != nil {
      Issue.record("the \(role) process has ended: \(process.state.value)")
    }
  }

  private func firstAddresses(of role: Role) -> [String] {
    let socket = "unix:" + scratch.file("\(role.rawValue).sock")
    return role == .tokens ? [socket] : ["127.0.0.1:0", socket]
  }

  private func arguments(of role: Role, _ addresses: [String]) -> [String] {
    let known = state.withLock { $0.addresses }
    var arguments = ["--data", dataDirectory] + addresses.flatMap { ["--listen", $0] }
    if role != .whole { arguments += ["--services", role.rawValue] }
    if role == .engine || role == .scheduler, let tokens = known[.tokens]?.first {
      arguments += ["--tokens", tokens]
    }
    if role == .scheduler, let engine = known[.engine]?.first {
      arguments += ["--engine", engine]
    }
    return arguments
  }
}

/// Runs a test with a started installation, and leaves nothing of it behind.
func withInstallation(
  _ deployment: Deployment, settings: [String: String] = [:],
  _ body: (Installation) async throws -> Void
) async throws {
  try await places.enter()
  defer { places.leave() }
  let installation = Installation(deployment, try Scratch(), settings: settings)
  do {
    try await installation.start()
    try await body(installation)
    await installation.end()
    installation.scratch.remove()
  } catch {
    installation.reportEnded()
    await installation.end()
    installation.scratch.remove()
    throw error
  }
}

/// Runs a test that starts servers in another way, as one of few.
func withPlace(_ body: () async throws -> Void) async throws {
  try await places.enter()
  defer { places.leave() }
  try await body()
}

/// Bounds the installations that run at once: hosts have few inotify instances and processors.
final class Places: Sendable {
  private let free: Observed<Int>

  init(_ number: Int) { free = Observed(number) }

  func enter() async throws {
    while true {
      let isFree = free.update { free in
        if free > 0 { free -= 1 } else { return false }
        return true
      }
      if isFree { return }
      _ = try await free.first("a place", within: .seconds(600)) { $0 > 0 ? true : nil }
    }
  }

  func leave() { free.update { $0 += 1 } }
}

private let places = Places(4)

/// The executables, which stand beside the test's.
enum Executables {
  struct Missing: Error {
    var name: String
    var beside: [String]
  }

  /// Nothing of the test's own environment reaches what it starts.
  static let environment = ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C.UTF-8"]

  static func path(of name: String) throws -> String {
    var candidates = CommandLine.arguments.filter { $0.contains(".build") }
    if let own = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe") {
      candidates.append(own)
    }
    for candidate in candidates {
      var folder = candidate
      while let slash = folder.lastIndex(of: "/") {
        folder = String(folder[..<slash])
        let path = "\(folder)/\(name)"
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder),
          !isFolder.boolValue, FileManager.default.isExecutableFile(atPath: path)
        {
          return path
        }
      }
    }
    throw Missing(name: name, beside: candidates)
  }
}
