internal import BatonCore
internal import BatonExec
internal import BatonStore
internal import Logging
internal import Synchronization

/// Starts the programs of recorded attempts and gathers how they ended.
///
/// Files are read and written here, by child tasks of `run`, never on the thread that completes
/// commits or watches processes.
final class Programs: Sendable {
  /// What became of an attempt.
  enum Report: Sendable {
    case ended(ProgramEnd)
    case neverStarted
    /// It runs since before a restart; its time is over then, if it has a timeout.
    case runs(deadline: Timestamp?)
  }

  private enum Job: Sendable {
    case launch(ProgramStart)
    case attach(AttemptRecord, grace: Duration, deadline: Timestamp?)
    case gather(AttemptKey, ProcessOutcome)
    case removeFiles(AttemptKey)
  }

  /// An attempt that is recorded and not handed to the executor yet.
  private struct Launching: Sendable {
    var kill: Kill?
  }

  private struct Kill: Sendable {
    var grace: Duration
    var reason: String
  }

  private let executor: any Executor
  private let store: any Store
  private let options: EngineOptions
  private let logger: Logger
  private let outcomes: ProcessOutcomes
  private let jobs: AsyncStream<Job>
  private let queue: AsyncStream<Job>.Continuation
  private let launching = Mutex<[AttemptID: Launching]>([:])

  init(
    executor: any Executor, outcomes: ProcessOutcomes, store: any Store, options: EngineOptions,
    logger: Logger
  ) {
    self.executor = executor
    self.outcomes = outcomes
    self.store = store
    self.options = options
    self.logger = logger
    // Bounded by the attempts that run at once: each has a few jobs at a time at most.
    (jobs, queue) = AsyncStream.makeStream(of: Job.self)
  }

  func launch(_ start: ProgramStart) {
    launching.withLock { $0[start.attempt.id] = Launching() }
    queue.yield(.launch(start))
  }

  /// Takes up an attempt that ran before a restart (G60).
  ///
  /// - Parameters:
  ///   - attempt: The attempt, recorded as RUNNING.
  ///   - grace: The time between TERM and KILL if a kill was recorded before.
  ///   - deadline: When its time is over; it counts only if the program still runs, not for one
  ///     that ended in time while no engine was there.
  func attach(_ attempt: AttemptRecord, grace: Duration, deadline: Timestamp?) {
    queue.yield(.attach(attempt, grace: grace, deadline: deadline))
  }

  /// Ends the processes of an attempt; the intent is already recorded (G57).
  ///
  /// A launch that the executor has not got yet is ended as soon as it has, or left undone.
  func kill(_ id: AttemptID, grace: Duration, reason: String) {
    let isLaunching = launching.withLock { launching in
      guard launching[id] != nil else { return false }
      launching[id]?.kill = Kill(grace: grace, reason: reason)
      return true
    }
    guard !isLaunching else { return }
    do {
      try executor.kill(AttemptKey(id), grace: grace, reason: reason)
    } catch {
      logger.error("kill failed", metadata: ["attempt": "\(id)", "error": "\(error)"])
    }
  }

  /// Removes the files of attempts that ended before a restart; before anything is launched.
  func removeFilesOfEnded(running: Set<AttemptKey>) {
    executor.removeFilesOfEnded(running: running)
  }

  func removeFiles(_ id: AttemptID) { queue.yield(.removeFiles(AttemptKey(id))) }

  /// Carries out jobs until the task is cancelled; `report` gets what became of attempts.
  func run(
    taskAddress: String, _ report: @escaping @Sendable (AttemptID, Report) -> Void
  ) async {
    outcomes.deliver { [queue] key, outcome in queue.yield(.gather(key, outcome)) }
    await withDiscardingTaskGroup { group in
      for await job in jobs {
        group.addTask { self.carryOut(job, taskAddress, report) }
      }
    }
  }

  private func carryOut(
    _ job: Job, _ taskAddress: String, _ report: (AttemptID, Report) -> Void
  ) {
    switch job {
    case .launch(let start): launch(start, taskAddress, report)
    case .attach(let attempt, let grace, let deadline):
      attach(attempt, grace, deadline, report)
    case .gather(let key, let outcome): report(key.attemptID, .ended(gather(key, outcome)))
    case .removeFiles(let key): executor.removeFiles(key)
    }
  }

  private func launch(
    _ start: ProgramStart, _ taskAddress: String, _ report: (AttemptID, Report) -> Void
  ) {
    let id = start.attempt.id
    let isUnwanted = launching.withLock { launching in
      guard launching[id]?.kill != nil else { return false }
      launching[id] = nil
      return true
    }
    guard !isUnwanted else { return report(id, .neverStarted) }
    do {
      try executor.launch(try spec(start, taskAddress))
    } catch {
      launching.withLock { $0[id] = nil }
      return report(id, .ended(failed("\(error)")))
    }
    let kill = launching.withLock { $0.removeValue(forKey: id)?.kill }
    if let kill { self.kill(id, grace: kill.grace, reason: kill.reason) }
  }

  private func attach(
    _ attempt: AttemptRecord, _ grace: Duration, _ deadline: Timestamp?,
    _ report: (AttemptID, Report) -> Void
  ) {
    let key = AttemptKey(attempt.id)
    do {
      switch try executor.attach(key) {
      case .running, .lost:
        // The outcome comes through the handler. An intent recorded before the return is
        // completed (G58).
        if let reason = attempt.killReason {
          kill(attempt.id, grace: grace, reason: reason)
        } else {
          report(attempt.id, .runs(deadline: deadline))
        }
      case .ended(let outcome): report(attempt.id, .ended(gather(key, outcome)))
      case .unclaimed: report(attempt.id, .neverStarted)
      }
    } catch {
      logger.error(
        "attempt cannot be taken up", metadata: ["attempt": "\(attempt.id)", "error": "\(error)"])
      report(attempt.id, .ended(failed("\(error)")))
    }
  }

  private func failed(_ message: String) -> ProgramEnd {
    ProgramEnd(
      process: ProcessOutcome(
        exit: .notStarted(message: message), endedAt: Timestamp(milliseconds: 0)),
      puts: .success([]))
  }

  /// Reads the token file of an attempt that has ended (T48–T51).
  private func gather(_ key: AttemptKey, _ outcome: ProcessOutcome) -> ProgramEnd {
    do {
      guard
        let bytes = try executor.readFile(
          key, name: TaskFiles.token, maximumBytes: TokenFile.maximumBytes)
      else { return ProgramEnd(process: outcome, puts: .success([])) }
      var exitedBySignal = false
      if case .signaled = outcome.exit { exitedBySignal = true }
      let entries = try TokenFile.parse(bytes, exitedBySignal: exitedBySignal)
      return ProgramEnd(process: outcome, puts: .success(entries))
    } catch let error as TokenFile.Invalid {
      return ProgramEnd(process: outcome, puts: .failure(.tokenFileInvalid(error.message)))
    } catch {
      return ProgramEnd(process: outcome, puts: .failure(.tokenFileInvalid("\(error)")))
    }
  }

  // MARK: - Launching

  private func spec(_ start: ProgramStart, _ taskAddress: String) throws -> LaunchSpec {
    let inputs = start.attempt.used ?? AttemptInputs()
    var files = [
      AttemptFile(
        name: TaskFiles.propertiesJSON, variable: "BATON_PROPERTIES_JSON",
        contents: TaskFiles.object(inputs.properties)),
      AttemptFile(
        name: TaskFiles.argumentsJSON, variable: "BATON_ARGUMENTS_JSON",
        contents: TaskFiles.object(start.header.arguments)),
    ]
    if let conf = start.header.conf {
      files.append(
        AttemptFile(
          name: TaskFiles.confJSON, variable: "BATON_CONF_JSON", contents: Array(conf.utf8)))
    }
    if start.step.tokenFiles {
      files.append(
        AttemptFile(name: TaskFiles.token, variable: "BATON_TOKEN_FILE", contents: []))
      files.append(
        AttemptFile(
          name: TaskFiles.tokenJSON, variable: "BATON_TOKEN_JSON",
          contents: try tokenDocument(start)))
    }
    return LaunchSpec(
      key: AttemptKey(start.attempt.id), argv: inputs.argv,
      environment: TaskEnvironment.variables(start, options, taskAddress)
        .sorted { $0.key < $1.key }.map { EnvironmentVariable($0.key, $0.value) },
      workingDirectory: start.step.cwd, files: files, stopGrace: start.step.stopGrace)
  }

  /// The view of the attempt at its start, as `BATON_TOKEN_JSON` shows it (T47).
  private func tokenDocument(_ start: ProgramStart) throws -> [UInt8] {
    let id = start.attempt.id
    guard let snapshot = try store.token(of: id.run, history: true) else {
      throw StoreError.damaged("run \(id.run) has no token")
    }
    let view = try TokenView(
      snapshot, start.plan.tokenGraph, at: .attempt(node: id.node, attempt: id.attempt))
    return try TokenDocument.attemptFile(of: id, view)
  }
}

extension AttemptKey {
  init(_ id: AttemptID) {
    self.init(run: id.run, node: id.node, attempt: id.attempt)
  }

  var attemptID: AttemptID { AttemptID(run: run, node: node, attempt: attempt) }
}

extension RunPlan.Step {
  /// The time between TERM and KILL (G6).
  var stopGrace: Duration { .milliseconds(policy.stopGraceMS ?? 10_000) }
}
