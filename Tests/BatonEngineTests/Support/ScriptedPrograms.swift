import BatonCore
import BatonExec
import Synchronization

/// An executor whose programs are words: `exit N`, `block`, `missing`, `puts N LINE…`, `fails N`
/// (until its attempt number N), `stubborn` (blocks, and no kill ends it).
///
/// Any other program exits with 0. Tests wait for launches and end what blocks.
final class ScriptedPrograms: Executor {
  private struct State {
    var launched: [String: [LaunchSpec]] = [:]
    var waiters: [CheckedContinuation<Void, Never>] = []
    var kills: [AttemptKey] = []
    var removed: [AttemptKey] = []
    var refusals: [Operation: Int] = [:]
    var removedRuns: [RunID] = []
    var stubborn: Set<AttemptKey> = []
  }

  /// What can be made to fail for a while, as on a device without room.
  enum Operation: Hashable, Sendable { case launch, readFile, kill }

  let base: ScriptedExecutor
  private let state = Mutex(State())

  /// - Parameter script: What becomes of programs; nil: as their words say.
  init(_ script: (@Sendable (LaunchSpec) -> ScriptedExecutor.Script)? = nil) {
    base = ScriptedExecutor(
      now: { TestClock().now() }, deliversAtOnce: true, script: script ?? Self.words)
  }

  static let words: @Sendable (LaunchSpec) -> ScriptedExecutor.Script = { spec in
    let argument = spec.argv.dropFirst().first.flatMap { Int($0) } ?? 0
    return switch spec.argv.first {
    case "exit": .end(.exited(code: argument))
    case "block", "puts", "stubborn": .run
    case "fails": .end(.exited(code: spec.key.attempt < argument ? 1 : 0))
    case "missing": .end(.execFailed(errno: 2, message: "missing: not found"))
    case "vanish": .vanish
    default: .end(.exited(code: 0))
    }
  }

  /// Has the next calls of an operation fail, as if the device were full.
  func refuse(_ operation: Operation, times: Int) {
    state.withLock { $0.refusals[operation] = times }
  }

  /// How often an operation will still fail.
  func refusalsLeft(_ operation: Operation) -> Int {
    state.withLock { $0.refusals[operation] ?? 0 }
  }

  private func check(_ operation: Operation) throws(ExecError) {
    let isRefused = state.withLock { state in
      guard let left = state.refusals[operation], left > 0 else { return false }
      state.refusals[operation] = left - 1
      return true
    }
    if isRefused { throw ExecError(.storage, "no room for \(operation)", errno: 28) }
  }

  /// Launches of nodes, in order.
  func launches(of node: String) -> [LaunchSpec] {
    state.withLock { $0.launched[node] ?? [] }
  }

  var kills: [AttemptKey] { state.withLock(\.kills) }

  /// Waits until so many kills were asked for.
  func kills(_ count: Int) async -> [AttemptKey] {
    await wait { $0.kills.count >= count ? $0.kills : nil }
  }

  /// Runs of which everything was removed, logs included.
  var removedRuns: [RunID] { state.withLock(\.removedRuns) }

  /// Waits until a node's program was launched so many times.
  func launch(of node: String, _ count: Int = 1) async -> LaunchSpec {
    await wait { state in
      let found = state.launched[node] ?? []
      return found.count >= count ? found[count - 1] : nil
    }
  }

  /// Waits until the newest program of a node in a run was launched.
  func launch(of node: String, in run: String) async -> LaunchSpec {
    await wait { state in state.launched[node]?.last { "\($0.key.run)" == run } }
  }

  /// Waits until the files of so many attempts were removed; that comes after the outcome.
  func removals(_ count: Int) async -> [AttemptKey] {
    await wait { $0.removed.count >= count ? $0.removed : nil }
  }

  private func wait<Value: Sendable>(for value: @Sendable (State) -> Value?) async -> Value {
    while true {
      if let found = state.withLock({ value($0) }) { return found }
      await withCheckedContinuation { continuation in
        let isThere = state.withLock { state in
          if value(state) != nil { return true }
          state.waiters.append(continuation)
          return false
        }
        if isThere { continuation.resume() }
      }
    }
  }

  private func wake() {
    let waiters = state.withLock { state in
      defer { state.waiters = [] }
      return state.waiters
    }
    for waiter in waiters { waiter.resume() }
  }

  /// Ends the newest program of a node.
  func finish(_ node: String, _ exit: ProcessOutcome.Exit = .exited(code: 0)) async {
    base.finish(await launch(of: node).key, exit)
  }

  func launch(_ spec: LaunchSpec) throws(ExecError) {
    try check(.launch)
    try base.launch(spec)
    if spec.argv.first == "puts" {
      if let file = spec.files.first(where: { $0.variable == "BATON_TOKEN_FILE" }) {
        let text = spec.argv.dropFirst(2).map { "\($0)\n" }.joined()
        base.write(Array(text.utf8), toFile: file.name, of: spec.key)
      }
      base.finish(spec.key, .exited(code: Int(spec.argv[1]) ?? 0))
    }
    state.withLock { state in
      state.launched[spec.key.node, default: []].append(spec)
      if spec.argv.first == "stubborn" { state.stubborn.insert(spec.key) }
    }
    wake()
  }

  func attach(_ key: AttemptKey) throws(ExecError) -> AttemptFinding { try base.attach(key) }

  func kill(
    _ key: AttemptKey, grace: Duration?, reason: String, untilGone: Bool
  ) throws(ExecError) {
    try check(.kill)
    let isDeaf = state.withLock { state in
      state.kills.append(key)
      return state.stubborn.contains(key)
    }
    wake()
    if isDeaf { return }
    try base.kill(key, grace: grace, reason: reason, untilGone: untilGone)
  }

  func processes(of keys: [AttemptKey]) -> [AttemptKey: [KillReport.Survivor]] {
    base.processes(of: keys)
  }

  func survivors(of key: AttemptKey) -> [KillReport.Survivor] { base.survivors(of: key) }

  func readFile(
    _ key: AttemptKey, name: String, maximumBytes: Int
  ) throws(ExecError) -> [UInt8]? {
    try check(.readFile)
    return try base.readFile(key, name: name, maximumBytes: maximumBytes)
  }

  func removeFiles(_ key: AttemptKey) {
    state.withLock { $0.removed.append(key) }
    wake()
    base.removeFiles(key)
  }

  func keptAttempts() -> [AttemptKey] { base.keptAttempts() }

  func removePostponedRuns() { base.removePostponedRuns() }

  func removeRun(_ run: RunID) {
    state.withLock { $0.removedRuns.append(run) }
    base.removeRun(run)
  }

  func storedRuns() -> [RunID] { base.storedRuns() }

  func readLog(
    _ key: AttemptKey, streams: [LogChunk.Stream], offset: UInt64, follow: Bool,
    _ body: (LogChunk) async throws -> Void
  ) async throws {
    try await base.readLog(key, streams: streams, offset: offset, follow: follow, body)
  }
}

extension LaunchSpec {
  /// A variable of the program's environment.
  func variable(_ name: String) -> String? { environment.last { $0.name == name }?.value }

  /// The contents of the file that a variable names.
  func file(_ variable: String) -> String? {
    files.first { $0.variable == variable }.map { String(decoding: $0.contents, as: UTF8.self) }
  }
}
