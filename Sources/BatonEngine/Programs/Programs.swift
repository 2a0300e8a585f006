internal import BatonCore
internal import BatonExec
internal import BatonStore
internal import Logging
internal import Synchronization

/// Starts the programs of recorded attempts and gathers how they ended.
///
/// Files are read and written here, by child tasks of `run`, never on the thread that completes
/// commits or watches processes. What cannot be done now for want of room, descriptors or a
/// working store is done later; it never changes how an attempt ends (reliability R4).
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
    case kill(AttemptID, Kill)
    case removeFiles(AttemptKey)
  }

  private struct Kill: Sendable {
    var grace: Duration
    var reason: String
  }

  private struct Owed: Hashable {
    var id: AttemptID
    var work: ProgramWork
  }

  private struct State {
    /// Attempts that are recorded and not handed to the executor yet, with what is to end them.
    var launching: [AttemptID: Kill?] = [:]
    /// Jobs that are done later.
    var postponed: [Owed: Job] = [:]
    /// How often in a row a job could not be done.
    var failures: [Owed: Int] = [:]
  }

  private let executor: any Executor
  private let store: any Store
  private let options: EngineOptions
  private let deadlines: Deadlines
  private let logger: Logger
  private let outcomes: ProcessOutcomes
  private let jobs: AsyncStream<Job>
  private let queue: AsyncStream<Job>.Continuation
  private let state = Mutex(State())

  init(
    executor: any Executor, outcomes: ProcessOutcomes, store: any Store, options: EngineOptions,
    deadlines: Deadlines, logger: Logger
  ) {
    self.executor = executor
    self.outcomes = outcomes
    self.store = store
    self.options = options
    self.deadlines = deadlines
    self.logger = logger
    // Bounded by the attempts that run at once: each has a few jobs at a time at most.
    (jobs, queue) = AsyncStream.makeStream(of: Job.self)
  }

  func launch(_ start: ProgramStart) {
    state.withLock { $0.launching[start.attempt.id] = .some(nil) }
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
    let kill = Kill(grace: grace, reason: reason)
    let isLaunching = state.withLock { state in
      guard let known = state.launching[id] else { return false }
      if let known, known.grace <= grace { return true }
      state.launching[id] = kill
      return true
    }
    if isLaunching {
      // A launch that waits for better times is left undone now.
      tryAgain(id, .run)
    } else {
      queue.yield(.kill(id, kill))
    }
  }

  /// Tries what could not be done before; its time has come.
  func tryAgain(_ id: AttemptID, _ work: ProgramWork) {
    let job = state.withLock { $0.postponed.removeValue(forKey: Owed(id: id, work: work)) }
    if let job { queue.yield(job) }
  }

  /// Removes the files of attempts that ended before a restart; before anything is launched.
  func removeFilesOfEnded(running: Set<AttemptKey>) {
    executor.removeFilesOfEnded(running: running)
  }

  /// Removes the files of an attempt whose outcome is recorded.
  func removeFiles(_ id: AttemptID) {
    let owed = Owed(id: id, work: .kill)
    let wasPostponed = state.withLock { state in
      state.failures[owed] = nil
      return state.postponed.removeValue(forKey: owed) != nil
    }
    if wasPostponed { deadlines.remove(.program(id, .kill)) }
    queue.yield(.removeFiles(AttemptKey(id)))
  }

  /// What is known of an attempt that is given up although it has not ended (SR124).
  func remains(of id: AttemptID) -> AttemptEnding {
    let survivors = executor.survivors(of: AttemptKey(id))
    return AttemptEnding(
      means: .kill,
      survivors: survivors.map { AttemptEnding.Survivor(pid: $0.pid, command: $0.command) },
      proof: .none)
  }

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
    case .gather(let key, let outcome): gather(key, outcome, report)
    case .kill(let id, let kill): self.kill(id, kill)
    case .removeFiles(let key): executor.removeFiles(key)
    }
  }

  // MARK: - Later

  /// Does a job again after a pause.
  private func postpone(_ job: Job, _ id: AttemptID, _ work: ProgramWork, _ error: any Error) {
    let owed = Owed(id: id, work: work)
    let failures = state.withLock { state in
      state.postponed[owed] = job
      state.failures[owed, default: 0] += 1
      return state.failures[owed] ?? 1
    }
    if failures == 1 {
      logger.error(
        "attempt waits for the executor", metadata: ["attempt": "\(id)", "error": "\(error)"])
    }
    deadlines.set(.program(id, work), after: failures)
  }

  private func succeeded(_ id: AttemptID, _ work: ProgramWork) {
    state.withLock { $0.failures[Owed(id: id, work: work)] = nil }
  }

  // MARK: - Jobs

  private func launch(
    _ start: ProgramStart, _ taskAddress: String, _ report: (AttemptID, Report) -> Void
  ) {
    let id = start.attempt.id
    let isUnwanted = state.withLock { state in
      guard case .some(.some) = state.launching[id] else { return false }
      state.launching[id] = nil
      return true
    }
    guard !isUnwanted else {
      succeeded(id, .run)
      return report(id, .neverStarted)
    }
    do {
      try executor.launch(try spec(start, taskAddress))
      // Who follows its log waits for its directory.
      store.changes.publish(.init(runs: [id.run]))
    } catch  where error.isTransient {
      postpone(.launch(start), id, .run, error)
      // A kill that came meanwhile found nothing postponed.
      if state.withLock({ $0.launching[id].flatMap { $0 } != nil }) { tryAgain(id, .run) }
      return
    } catch {
      state.withLock { $0.launching[id] = nil }
      succeeded(id, .run)
      return report(id, .ended(failed("\(error)")))
    }
    let kill = state.withLock { state in
      state.failures[Owed(id: id, work: .run)] = nil
      return state.launching.removeValue(forKey: id).flatMap { $0 }
    }
    // Who follows its log waits for its directory.
    store.changes.publish(.init(runs: [id.run]))
    if let kill { self.kill(id, kill) }
  }

  private func kill(_ id: AttemptID, _ kill: Kill) {
    do {
      try executor.kill(AttemptKey(id), grace: kill.grace, reason: kill.reason)
      succeeded(id, .kill)
    } catch {
      postpone(.kill(id, kill), id, .kill, error)
    }
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
          kill(attempt.id, Kill(grace: grace, reason: reason))
        } else {
          report(attempt.id, .runs(deadline: deadline))
        }
      case .ended(let outcome): gather(key, outcome, report)
      case .unclaimed: report(attempt.id, .neverStarted)
      }
      succeeded(attempt.id, .run)
    } catch  where error.isTransient {
      postpone(.attach(attempt, grace: grace, deadline: deadline), attempt.id, .run, error)
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
  private func gather(
    _ key: AttemptKey, _ outcome: ProcessOutcome, _ report: (AttemptID, Report) -> Void
  ) {
    let id = key.attemptID
    do {
      let puts = try entries(key, outcome)
      succeeded(id, .run)
      report(id, .ended(ProgramEnd(process: outcome, puts: puts)))
    } catch {
      postpone(.gather(key, outcome), id, .run, error)
    }
  }

  /// The entries of the token file, or what is wrong with it.
  ///
  /// - Throws: when the file cannot be read now.
  private func entries(
    _ key: AttemptKey, _ outcome: ProcessOutcome
  ) throws -> Result<[TokenPutBatch.Entry], PreparationError> {
    do {
      guard
        let bytes = try executor.readFile(
          key, name: TaskFiles.token, maximumBytes: TokenFile.maximumBytes)
      else { return .success([]) }
      var exitedBySignal = false
      if case .signaled = outcome.exit { exitedBySignal = true }
      return .success(try TokenFile.parse(bytes, exitedBySignal: exitedBySignal))
    } catch let error as TokenFile.Invalid {
      return .failure(.tokenFileInvalid(error.message))
    } catch let error as ExecError where !error.isTransient {
      return .failure(.tokenFileInvalid(error.message))
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
      workingDirectory: start.step.cwd, files: files,
      limits: AttemptLimits(start.step.policy.limits), stopGrace: start.step.stopGrace)
  }

  /// The view of the attempt at its start, as `BATON_TOKEN_JSON` shows it (T47).
  private func tokenDocument(_ start: ProgramStart) throws -> [UInt8] {
    let id = start.attempt.id
    guard let snapshot = try store.token(of: id.run, history: true) else {
      throw StoreError.damaged("run \(id.run) has no token")
    }
    let view = try TokenView(
      snapshot, start.tokenGraph, at: .attempt(node: id.node, attempt: id.attempt))
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
  var stopGrace: Duration { .milliseconds(graceMS) }
}

extension AttemptLimits {
  /// The limits of a policy, as an executor takes them (G65).
  init(_ limits: ResourceLimits?) {
    self.init(
      cpuTime: limits?.cpuTimeMS.map { .milliseconds($0) },
      memory: limits?.memoryBytes.map { UInt64(clamping: $0) },
      openFiles: limits?.openFiles.map { UInt64(clamping: $0) },
      outputBytes: limits?.outputBytes.map { UInt64(clamping: $0) })
  }
}
