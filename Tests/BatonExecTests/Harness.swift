import BatonCore
import BatonExec
import Glibc
import Logging
import Synchronization
import Testing

/// An executor with a data directory of its own, and what it delivers.
struct Harness {
  let directory: String
  let executor: LocalExecutor
  let outcomes: Outcomes

  static let path = EnvironmentVariable("PATH", "/usr/local/bin:/usr/bin:/bin")

  static func key(_ node: String = "A", attempt: Int = 1) -> AttemptKey {
    // Every test has runs of its own: what is left of one must not be taken for another's.
    AttemptKey(run: runs.next(), node: node, attempt: attempt)
  }

  static func shell(
    _ key: AttemptKey, _ script: String, _ arguments: String...,
    environment: [EnvironmentVariable] = [path]
  ) -> LaunchSpec {
    LaunchSpec(
      key: key, argv: ["/bin/sh", "-c", script, "sh"] + arguments, environment: environment)
  }

  /// Launches and waits for the end.
  func outcome(of spec: LaunchSpec) async throws -> ProcessOutcome {
    try executor.launch(spec)
    return try await outcomes.of(spec.key)
  }

  /// All that an attempt wrote to a stream and that was kept.
  func output(
    of key: AttemptKey, _ stream: LogChunk.Stream = .standardOutput
  ) async throws -> String {
    var bytes: [UInt8] = []
    try await executor.readLog(key, streams: [stream], offset: 0, follow: false) { chunk in
      bytes += chunk.data
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Waits until an attempt has written a text to standard output.
  func waitForOutput(of key: AttemptKey, _ text: String) async throws {
    struct Seen: Error {}
    try await withDeadline {
      var all = ""
      do {
        try await executor.readLog(key, streams: [.standardOutput], offset: 0, follow: true) {
          all += String(decoding: $0.data, as: UTF8.self)
          if all.contains(text) { throw Seen() }
        }
        Issue.record("the attempt ended without writing \(text), but: \(all)")
      } catch is Seen {}
    }
  }
}

/// Makes run ids.
final class Runs: Sendable {
  private let count = Mutex(0)

  func next() -> RunID {
    let number = count.withLock { count in
      count += 1
      return count
    }
    return RunID(
      milliseconds: 1_760_000_000_000 + Int64(number), sequence: 1, random: UInt64(getpid()))
  }
}

let runs = Runs()

/// Gathers outcomes and lets tests wait for them.
final class Outcomes: Sendable {
  private struct State {
    var outcomes: [AttemptKey: [ProcessOutcome]] = [:]
    var waiters: [AttemptKey: [CheckedContinuation<Void, Never>]] = [:]
  }

  private let state = Mutex(State())

  func add(_ key: AttemptKey, _ outcome: ProcessOutcome) {
    let waiters = state.withLock { state in
      state.outcomes[key, default: []].append(outcome)
      return state.waiters.removeValue(forKey: key) ?? []
    }
    for waiter in waiters { waiter.resume() }
  }

  func all(of key: AttemptKey) -> [ProcessOutcome] {
    state.withLock { $0.outcomes[key] ?? [] }
  }

  /// The outcome of an attempt, when it comes.
  func of(_ key: AttemptKey) async throws -> ProcessOutcome {
    try await withDeadline {
      await withTaskCancellationHandler {
        await withCheckedContinuation { continuation in
          let isThere = self.state.withLock { state in
            if state.outcomes[key] != nil || Task.isCancelled { return true }
            state.waiters[key, default: []].append(continuation)
            return false
          }
          if isThere { continuation.resume() }
        }
      } onCancel: {
        let waiters = self.state.withLock { $0.waiters.removeValue(forKey: key) ?? [] }
        for waiter in waiters { waiter.resume() }
      }
    }
    return try #require(all(of: key).first)
  }
}

struct DeadlineExceeded: Error {}

/// Ends a wait that takes too long.
func withDeadline(
  _ limit: Duration = .seconds(30), _ body: @escaping () async throws -> Void
) async throws {
  try await withoutActuallyEscaping(body) { body in
    nonisolated(unsafe) let body = body
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await body() }
      group.addTask {
        try await ContinuousClock().sleep(for: limit)
        throw DeadlineExceeded()
      }
      try await group.next()
      group.cancelAll()
    }
  }
}

func useCgroups(
  _ isOn: Bool, leftoverGrace: Duration = .seconds(2)
) -> (inout LocalExecutor.Configuration) -> Void {
  {
    $0.cgroups = isOn ? .automatic : .disabled
    $0.leftoverGrace = leftoverGrace
  }
}

func smallSegments(_ configuration: inout LocalExecutor.Configuration) {
  configuration.segmentBytes = 4096
  configuration.newestSegments = 2
}

func useNoShim(_ configuration: inout LocalExecutor.Configuration) {
  configuration.shim = "/no/such/shim"
}

/// Runs a test with an executor on a fresh data directory.
@discardableResult
func withExecutor<Result: Sendable>(
  directory: String? = nil,
  configure: (inout LocalExecutor.Configuration) -> Void = { _ in },
  _ body: (Harness) async throws -> Result
) async throws -> Result {
  let path = try directory ?? temporaryDirectory()
  defer { if directory == nil { removeTree(path) } }
  var configuration = LocalExecutor.Configuration(dataDirectory: path, shim: try shimPath())
  configure(&configuration)
  let outcomes = Outcomes()
  let executor = try LocalExecutor(
    configuration: configuration, logger: Logger(label: "test"), onOutcome: outcomes.add)
  return try await withThrowingTaskGroup(of: Void.self) { group in
    group.addTask { try await executor.run() }
    defer { group.cancelAll() }
    return try await body(
      Harness(directory: path, executor: executor, outcomes: outcomes))
  }
}

func temporaryDirectory() throws -> String {
  var random = SystemRandomNumberGenerator()
  let path = "/tmp/baton-exec-\(getpid())-\(random.next())"
  try #require(mkdir(path, 0o700) == 0)
  return path
}

func removeTree(_ path: String) {
  if unlink(path) == 0 || rmdir(path) == 0 { return }
  for name in names(in: path) { removeTree(path + "/" + name) }
  rmdir(path)
}

func names(in path: String) -> [String] {
  guard let directory = opendir(path) else { return [] }
  defer { closedir(directory) }
  var names: [String] = []
  while let entry = readdir(directory) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name != ".", name != ".." { names.append(name) }
  }
  return names
}

func readFile(_ path: String) -> String? {
  guard let file = fopen(path, "re") else { return nil }
  defer { fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 65536)
  while true {
    let count = fread(&buffer, 1, buffer.count, file)
    if count == 0 { return String(decoding: bytes, as: UTF8.self) }
    bytes += buffer[..<count]
  }
}

/// The value of a line "word value" of a claim.
func claimValue(_ word: String, of key: AttemptKey, in harness: Harness) throws -> String {
  let text = try #require(readFile(harness.executor.path(of: key, file: "claim")))
  let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(word + " ") })
  return String(line.dropFirst(word.count + 1))
}

/// The live processes that carry an attempt's environment.
func processes(of key: AttemptKey) -> [Int] {
  let mark = "BATON_RUN_ID=\(key.run)"
  return names(in: "/proc").compactMap { Int($0) }.filter { pid in
    readFile("/proc/\(pid)/environ")?.split(separator: "\0").contains { $0 == mark } ?? false
  }
}

/// The shim beside the tests, or the one named by `BATON_SHIM`.
func shimPath() throws -> String {
  if let given = getenv("BATON_SHIM") { return String(cString: given) }
  var candidates = CommandLine.arguments.filter { $0.contains(".xctest") || $0.contains(".build") }
  var buffer = [CChar](repeating: 0, count: 4096)
  let length = readlink("/proc/self/exe", &buffer, buffer.count - 1)
  if length > 0 {
    candidates.append(
      String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self))
  }
  for candidate in candidates {
    var folder = candidate
    while let slash = folder.lastIndex(of: "/") {
      folder = String(folder[..<slash])
      if access(folder + "/baton-shim", X_OK) == 0 { return folder + "/baton-shim" }
    }
  }
  throw ExecError(.shimUnavailable, "no baton-shim beside \(candidates)")
}
