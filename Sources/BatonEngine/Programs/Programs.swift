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

  typealias Handler = @Sendable (AttemptKey, Report) -> Void

  private enum Job: Sendable {
    case launch(ProgramStart)
    case attach(AttemptRecord, AttemptKey, deadline: Timestamp?)
    case takeUp(AttemptKey)
    case gather(AttemptKey, ProcessOutcome)
    case kill(AttemptKey)
    case removeFiles(AttemptKey)
  }

  private struct Owed: Hashable {
    var key: AttemptKey
    var work: ProgramWork
  }

  private struct State {
    /// Attempts that are recorded and not handed to the executor yet.
    var launching: Set<AttemptKey> = []
    /// What is to end an attempt; kept until its files go, so that the order of calls is nothing.
    var kills: [AttemptKey: KillOrder] = [:]
    /// Attempts that are over in the record and not in fact (SR124).
    var abandoned: Set<AttemptKey> = []
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
    state.withLock { _ = $0.launching.insert(start.key) }
    queue.yield(.launch(start))
  }

  /// Takes up an attempt that ran before a restart (G60).
  ///
  /// - Parameters:
  ///   - attempt: The attempt, recorded as RUNNING.
  ///   - kill: What is to end it, if that was recorded before (G58).
  ///   - deadline: When its time is over; it counts only if the program still runs, not for one
  ///     that ended in time while no engine was there.
  func attach(
    _ attempt: AttemptRecord, kill: KillOrder?, deadline: Timestamp?
  ) {
    let key = AttemptKey(attempt.id)
    if let kill { state.withLock { $0.kills[key] = kill } }
    queue.yield(.attach(attempt, key, deadline: deadline))
  }

  /// Ends the processes of an attempt; the intent is already recorded (G57).
  ///
  /// A launch that the executor has not got yet is left undone, or ended as soon as it has.
  func kill(_ key: AttemptKey, _ order: KillOrder) {
    let isLaunching = state.withLock { state in
      state.kills[key] = state.kills[key]?.joined(with: order) ?? order
      return state.launching.contains(key)
    }
    if isLaunching {
      // A launch that waits for better times is left undone now.
      tryAgain(key, .run)
    } else {
      queue.yield(.kill(key))
    }
  }

  /// Lets go of an attempt that is over in the record although something of it is left: killing
  /// goes on, and its files go when it has ended (SR124, SR127).
  func abandon(_ key: AttemptKey) {
    state.withLock { _ = $0.abandoned.insert(key) }
  }

  /// Tries what could not be done before; its time has come.
  func tryAgain(_ key: AttemptKey, _ work: ProgramWork) {
    let job = state.withLock { $0.postponed.removeValue(forKey: Owed(key: key, work: work)) }
    if let job { queue.yield(job) }
  }

  /// Takes up what an earlier process left of attempts that are over in the record: files of those
  /// that have ended, processes of those that were given up.
  ///
  /// To be called before anything is launched.
  func takeUpEnded(running: Set<AttemptKey>) {
    for key in executor.keptAttempts() where !running.contains(key) {
      abandon(key)
      queue.yield(.takeUp(key))
    }
  }

  /// Removes the files of an attempt whose outcome is recorded.
  func removeFiles(_ key: AttemptKey) {
    let owed = Owed(key: key, work: .kill)
    let wasPostponed = state.withLock { state in
      state.kills[key] = nil
      state.abandoned.remove(key)
      state.failures[owed] = nil
      return state.postponed.removeValue(forKey: owed) != nil
    }
    if wasPostponed { deadlines.remove(.program(key, .kill)) }
    queue.yield(.removeFiles(key))
  }

  /// What is known of attempts that are to be given up although they have not ended (SR124): who
  /// of them is alive now.
  func remains(of keys: [AttemptKey]) -> [AttemptKey: AttemptEnding] {
    executor.processes(of: keys).mapValues { processes in
      AttemptEnding(
        means: .kill,
        survivors: processes.map { AttemptEnding.Survivor(pid: $0.pid, command: $0.command) },
        proof: .none)
    }
  }

  /// Carries out jobs until the task is cancelled; `report` gets what became of attempts.
  func run(
    taskAddress: String, _ report: @escaping Handler
  ) async {
    outcomes.deliver { [queue] key, outcome in queue.yield(.gather(key, outcome)) }
    await withDiscardingTaskGroup { group in
      for await job in jobs {
        group.addTask { self.carryOut(job, taskAddress, report) }
      }
    }
  }

  private func carryOut(_ job: Job, _ taskAddress: String, _ report: Handler) {
    switch job {
    case .launch(let start): launch(start, taskAddress, report)
    case .attach(let attempt, let key, let deadline): attach(attempt, key, deadline, report)
    case .takeUp(let key): takeUp(key)
    case .gather(let key, let outcome): gather(key, outcome, report)
    case .kill(let key): carryOutKill(key)
    case .removeFiles(let key): executor.removeFiles(key)
    }
  }

  /// Tells what became of an attempt, unless that is of no interest any more.
  private func tell(_ key: AttemptKey, _ what: Report, _ report: Handler) {
    if state.withLock({ $0.abandoned.contains(key) }) { return removeFiles(key) }
    report(key, what)
  }

  // MARK: - Later

  /// Does a job again after a pause.
  private func postpone(_ job: Job, _ key: AttemptKey, _ work: ProgramWork, _ error: any Error) {
    let owed = Owed(key: key, work: work)
    let failures = state.withLock { state in
      state.postponed[owed] = job
      state.failures[owed, default: 0] += 1
      return state.failures[owed] ?? 1
    }
    if failures == 1 {
      logger.error(
        "attempt waits for the executor", metadata: ["attempt": "\(key)", "error": "\(error)"])
    }
    deadlines.set(.program(key, work), after: failures)
  }

  private func succeeded(_ key: AttemptKey, _ work: ProgramWork) {
    state.withLock { $0.failures[Owed(key: key, work: work)] = nil }
  }

  // MARK: - Jobs

  private func launch(_ start: ProgramStart, _ taskAddress: String, _ report: Handler) {
    let key = start.key
    let isUnwanted = state.withLock { state in
      guard state.kills[key] != nil else { return false }
      state.launching.remove(key)
      return true
    }
    guard !isUnwanted else {
      succeeded(key, .run)
      return tell(key, .neverStarted, report)
    }
    do {
      try executor.launch(try spec(start, taskAddress))
    } catch  where error.isTransient {
      postpone(.launch(start), key, .run, error)
      // A kill that came meanwhile found nothing postponed.
      if state.withLock({ $0.kills[key] != nil }) { tryAgain(key, .run) }
      return
    } catch {
      state.withLock { _ = $0.launching.remove(key) }
      succeeded(key, .run)
      return tell(key, .ended(failed("\(error)")), report)
    }
    let isKilled = state.withLock { state in
      state.failures[Owed(key: key, work: .run)] = nil
      state.launching.remove(key)
      return state.kills[key] != nil
    }
    // Who follows its log waits for its directory.
    store.changes.publish(.init(runs: [key.run]))
    if isKilled { carryOutKill(key) }
  }

  private func carryOutKill(_ key: AttemptKey) {
    guard let order = state.withLock({ $0.kills[key] }) else { return }
    do {
      try executor.kill(
        key, grace: order.grace, reason: order.reason, untilGone: order.isUntilGone)
      succeeded(key, .kill)
    } catch {
      postpone(.kill(key), key, .kill, error)
    }
  }

  private func attach(
    _ attempt: AttemptRecord, _ key: AttemptKey, _ deadline: Timestamp?, _ report: Handler
  ) {
    do {
      switch try executor.attach(key) {
      case .running, .lost:
        // The outcome comes through the handler. An intent recorded before the return is
        // completed (G58).
        if attempt.killReason == nil {
          report(key, .runs(deadline: deadline))
        } else {
          carryOutKill(key)
        }
      case .ended(let outcome): gather(key, outcome, report)
      case .unclaimed: tell(key, .neverStarted, report)
      }
      succeeded(key, .run)
    } catch  where error.isTransient {
      postpone(.attach(attempt, key, deadline: deadline), key, .run, error)
    } catch {
      logger.error(
        "attempt cannot be taken up", metadata: ["attempt": "\(key)", "error": "\(error)"])
      tell(key, .ended(failed("\(error)")), report)
    }
  }

  /// Goes on with the end of an attempt that is over in the record (SR124, SR125).
  private func takeUp(_ key: AttemptKey) {
    do {
      switch try executor.attach(key) {
      case .running, .lost: kill(key, .leftBehind)
      case .ended, .unclaimed: removeFiles(key)
      }
      succeeded(key, .run)
    } catch  where error.isTransient {
      postpone(.takeUp(key), key, .run, error)
    } catch {
      logger.error(
        "attempt cannot be taken up", metadata: ["attempt": "\(key)", "error": "\(error)"])
      removeFiles(key)
    }
  }

  private func failed(_ message: String) -> ProgramEnd {
    ProgramEnd(
      process: ProcessOutcome(
        exit: .notStarted(message: message), endedAt: Timestamp(milliseconds: 0)),
      puts: .success([]))
  }

  /// Reads the token file of an attempt that has ended (T48–T51).
  private func gather(_ key: AttemptKey, _ outcome: ProcessOutcome, _ report: Handler) {
    if state.withLock({ $0.abandoned.contains(key) }) { return removeFiles(key) }
    do {
      let puts = try entries(key, outcome)
      succeeded(key, .run)
      tell(key, .ended(ProgramEnd(process: outcome, puts: puts)), report)
    } catch {
      postpone(.gather(key, outcome), key, .run, error)
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
      key: start.key, argv: inputs.argv,
      environment: TaskEnvironment.variables(start, options, taskAddress)
        .sorted { $0.key < $1.key }.map { EnvironmentVariable($0.key, $0.value) },
      workingDirectory: start.step.cwd, files: files,
      limits: AttemptLimits(start.step.declared.limits), stopGrace: start.step.stopGrace)
  }

  /// The view of the attempt at its start, as `BATON_TOKEN_JSON` shows it (T47).
  private func tokenDocument(_ start: ProgramStart) throws -> [UInt8] {
    let id = start.attempt.id
    guard let snapshot = try store.token(of: id.run, history: true) else {
      throw StoreError.unreadable("run \(id.run) has no token")
    }
    let view = try TokenView(snapshot, start.tokenGraph, at: TokenViewpoint(of: id))
    return try TokenDocument.attemptFile(of: id, view)
  }
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
