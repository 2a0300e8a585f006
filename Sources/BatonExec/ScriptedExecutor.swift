package import BatonCore
internal import Synchronization

/// An executor without processes: a script says how each attempt ends.
///
/// For simulations and tests of the engine. It outlives engines: after a crash of one the next
/// takes its place with `connect`, and finds what was going on with `attach`. Outcomes are handed
/// over by `deliverNext()`, so that whoever drives the simulation decides when and in which order;
/// or at once, from inside `launch`, with `deliversAtOnce`.
package final class ScriptedExecutor: Executor {
  /// What becomes of an attempt.
  package enum Script: Sendable {
    /// It ends, as soon as it is delivered.
    case end(ProcessOutcome.Exit)
    /// It runs until `finish`, `kill` or `loseShim`.
    case run
    /// It runs and does not care for TERM: a kill ends it by KILL.
    case runIgnoringTerm
    /// It cannot be launched.
    case refuse(ExecError)
    /// The launch seems to work, but nobody claims the attempt: a crash before the claim.
    case vanish
  }

  package typealias OutcomeHandler = @Sendable (AttemptKey, ProcessOutcome) -> Void

  private struct Attempt {
    var script: Script
    var startedAt: Timestamp
    var outcome: ProcessOutcome?
    var isUnclaimed = false
    var isRemoved = false
    var log: [LogChunk] = []
    var files: [String: [UInt8]] = [:]
  }

  private struct State {
    var onOutcome: OutcomeHandler
    var attempts: [AttemptKey: Attempt] = [:]
    /// Outcomes not handed over yet, in the order in which they came about.
    var pending: [AttemptKey] = []
    var launches: [LaunchSpec] = []
    var starts: [AttemptKey: Int] = [:]
  }

  private let script: @Sendable (LaunchSpec) -> Script
  private let now: @Sendable () -> Timestamp
  private let deliversAtOnce: Bool
  private let state: Mutex<State>

  package init(
    now: @escaping @Sendable () -> Timestamp, deliversAtOnce: Bool = false,
    script: @escaping @Sendable (LaunchSpec) -> Script,
    onOutcome: @escaping OutcomeHandler = { _, _ in }
  ) {
    self.script = script
    self.now = now
    self.deliversAtOnce = deliversAtOnce
    state = Mutex(State(onOutcome: onOutcome))
  }

  /// Every launch so far, in order.
  package var launches: [LaunchSpec] { state.withLock { $0.launches } }

  /// How often the program of an attempt was started: never more than once.
  package func starts(of key: AttemptKey) -> Int { state.withLock { $0.starts[key] ?? 0 } }

  /// The attempts that run.
  package var running: [AttemptKey] {
    state.withLock { state in
      state.attempts.filter { $0.value.outcome == nil && !$0.value.isUnclaimed }.map(\.key)
        .sorted { "\($0)" < "\($1)" }
    }
  }

  /// The number of outcomes that wait for `deliverNext`.
  package var pendingCount: Int { state.withLock { $0.pending.count } }

  /// Gives later outcomes to another engine.
  ///
  /// Those not delivered to the last one are not given to the new one either: it finds them with
  /// `attach`, as after a crash.
  package func connect(onOutcome: @escaping OutcomeHandler) {
    state.withLock { state in
      state.onOutcome = onOutcome
      state.pending = []
    }
  }

  /// Hands over one pending outcome.
  ///
  /// - Parameter index: Which one, counted from the oldest.
  /// - Returns: False when there is none.
  @discardableResult
  package func deliverNext(_ index: Int = 0) -> Bool {
    let delivery = state.withLock { state -> (OutcomeHandler, AttemptKey, ProcessOutcome)? in
      guard state.pending.indices.contains(index) else { return nil }
      let key = state.pending.remove(at: index)
      guard let outcome = state.attempts[key]?.outcome else { return nil }
      return (state.onOutcome, key, outcome)
    }
    guard let (handler, key, outcome) = delivery else { return false }
    handler(key, outcome)
    return true
  }

  /// Ends a running attempt.
  package func finish(_ key: AttemptKey, _ exit: ProcessOutcome.Exit) {
    end(key, exit, kill: nil)
  }

  /// Kills the shim of a running attempt.
  package func loseShim(_ key: AttemptKey) {
    end(key, .lost, kill: KillReport(requested: false, processesEnded: 1))
  }

  /// Adds to the output of an attempt.
  package func write(_ text: String, to stream: LogChunk.Stream, of key: AttemptKey) {
    let time = now()
    state.withLock { state in
      let offset = state.attempts[key]?.log.last { $0.stream == stream }?.end ?? 0
      state.attempts[key]?.log.append(
        LogChunk(stream: stream, offset: offset, time: time, data: Array(text.utf8)))
    }
  }

  /// Writes a file of an attempt, as its program would.
  package func write(_ contents: [UInt8], toFile name: String, of key: AttemptKey) {
    state.withLock { $0.attempts[key]?.files[name] = contents }
  }

  package func readFile(
    _ key: AttemptKey, name: String, maximumBytes: Int
  ) throws(ExecError) -> [UInt8]? {
    let contents = state.withLock { $0.attempts[key]?.files[name] }
    guard let contents, contents.count > maximumBytes else { return contents }
    throw ExecError(.invalid, "file \(name) has more than \(maximumBytes) bytes")
  }

  package func launch(_ spec: LaunchSpec) throws(ExecError) {
    let script = script(spec)
    if case .refuse(let error) = script { throw error }
    let time = now()
    let ends = state.withLock { state -> ProcessOutcome.Exit? in
      state.launches.append(spec)
      // As the claim does: what was launched before, or claimed by the engine, is not started.
      guard state.attempts[spec.key] == nil else { return nil }
      if case .vanish = script { return nil }
      state.attempts[spec.key] = Attempt(script: script, startedAt: time)
      state.starts[spec.key, default: 0] += 1
      if case .end(let exit) = script { return exit }
      return nil
    }
    if let ends { end(spec.key, ends, kill: nil) }
  }

  package func attach(_ key: AttemptKey) throws(ExecError) -> AttemptFinding {
    let time = now()
    return state.withLock { state in
      guard let attempt = state.attempts[key] else {
        state.attempts[key] = Attempt(script: .run, startedAt: time, isUnclaimed: true)
        return .unclaimed
      }
      if attempt.isUnclaimed { return .unclaimed }
      guard let outcome = attempt.outcome else { return .running }
      guard case .lost = outcome.exit else { return .ended(outcome) }
      state.pending.removeAll { $0 == key }
      state.pending.append(key)
      return .lost
    }
  }

  package func kill(
    _ key: AttemptKey, grace: Duration?, reason: String, untilGone: Bool
  ) throws(ExecError) {
    let script = state.withLock { $0.attempts[key]?.script }
    var report = KillReport(requested: true, reason: reason, processesEnded: 1, proof: .cgroup)
    if case .runIgnoringTerm = script {
      report.elapsed = grace ?? .zero
      end(key, .signaled(9), kill: report)
    } else {
      end(key, .signaled(15), kill: report)
    }
  }

  /// One process for each that runs: its pid is 1, its command the attempt.
  package func processes(of keys: [AttemptKey]) -> [AttemptKey: [KillReport.Survivor]] {
    let running = Set(running)
    return Dictionary(
      uniqueKeysWithValues: keys.filter(running.contains).map { key in
        (key, [KillReport.Survivor(pid: 1, startTicks: 0, command: "\(key)")])
      })
  }

  package func survivors(of key: AttemptKey) -> [KillReport.Survivor] { [] }

  package func removeFiles(_ key: AttemptKey) {
    state.withLock { $0.attempts[key]?.isRemoved = true }
  }

  package func keptAttempts() -> [AttemptKey] {
    state.withLock { $0.attempts.filter { !$0.value.isRemoved }.map(\.key) }
  }

  package func removePostponedRuns() {}

  package func removeRun(_ run: RunID) {
    state.withLock { state in
      state.attempts = state.attempts.filter { $0.key.run != run }
    }
  }

  package func storedRuns() -> [RunID] {
    Array(Set(state.withLock { $0.attempts.keys.map(\.run) }))
  }

  package func readLog(
    _ key: AttemptKey, streams: [LogChunk.Stream], offset: UInt64, follow: Bool,
    _ body: (LogChunk) async throws -> Void
  ) async throws {
    guard let log = state.withLock({ $0.attempts[key]?.log }) else {
      throw ExecError(.attemptNotFound, "there is no log of attempt \(key)")
    }
    for chunk in log where streams.contains(chunk.stream) && chunk.end > offset {
      var chunk = chunk
      if chunk.offset < offset {
        chunk.data.removeFirst(Int(offset - chunk.offset))
        chunk.offset = offset
      }
      try await body(chunk)
    }
  }

  private func end(_ key: AttemptKey, _ exit: ProcessOutcome.Exit, kill: KillReport?) {
    let time = now()
    let ended = state.withLock { state in
      guard let attempt = state.attempts[key], attempt.outcome == nil, !attempt.isUnclaimed
      else { return false }
      state.attempts[key]?.outcome = ProcessOutcome(
        exit: exit, startedAt: attempt.startedAt, endedAt: time, kill: kill)
      state.pending.append(key)
      return true
    }
    if ended, deliversAtOnce { while deliverNext() {} }
  }
}
