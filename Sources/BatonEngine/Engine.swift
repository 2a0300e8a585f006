package import BatonCore
package import BatonExec
package import BatonStore
package import Logging
internal import Synchronization

/// The engine: deploys applications and executes runs.
///
/// All state is in the store; the engine holds the machines of active runs and can be ended at any
/// point (G58). `recover` continues what was active.
package final class Engine: Sendable {
  package let options: EngineOptions
  package let store: any Store
  package let catalog: ApplicationCatalog
  let evaluator: any ConditionEvaluator
  let reader: any DocumentReader
  let clock: any WallClock
  let logger: Logger
  let slots: AttemptSlots
  let programs: Programs
  let deadlines: Deadlines
  private let activeRunQueue = ActiveRuns()
  let ids: RunIDSource
  private let drivers = Mutex<[RunID: RunDriver]>([:])

  package init(
    options: EngineOptions, store: any Store, catalog: ApplicationCatalog,
    evaluator: any ConditionEvaluator, reader: any DocumentReader, executor: any Executor,
    outcomes: ProcessOutcomes, clock: any WallClock, ids: RunIDSource = RunIDSource(),
    logger: Logger
  ) {
    self.options = options
    self.store = store
    self.catalog = catalog
    self.evaluator = evaluator
    self.reader = reader
    self.clock = clock
    self.ids = ids
    self.logger = logger
    deadlines = Deadlines(clock: clock)
    slots = AttemptSlots(options.maximumRunningAttempts)
    programs = Programs(
      executor: executor, outcomes: outcomes, store: store, options: options,
      deadlines: deadlines, logger: logger)
  }

  /// Launches programs and records their outcomes until the task is cancelled.
  ///
  /// Nothing starts before this runs. Programs that run when it ends go on under their shims.
  ///
  /// - Parameter taskAddress: Where programs reach the token store: `BATON_ADDRESS` (G54).
  package func run(taskAddress: String) async {
    await withDiscardingTaskGroup { group in
      group.addTask { [self] in
        await deadlines.run { [self] alarm in
          switch alarm {
          case .attempt(let id): driver(of: id.run)?.send(.timedOut(id))
          case .node(let run, let node): driver(of: run)?.send(.delayOver(node))
          case .retry(let run): driver(of: run)?.leaveParking()
          case .prepare(let run): driver(of: run)?.prepareAgain()
          case .program(let key, let work): programs.tryAgain(key, work)
          }
        }
      }
      await programs.run(taskAddress: taskAddress) { [self] key, report in
        self.report(report, of: key)
      }
    }
  }

  // MARK: - Runs

  /// Starts driving a run whose creation is durable.
  ///
  /// To be called in the order of creation, which is that of the completions of their units.
  func drive(_ creation: RunCreation) {
    let header = creation.record.header
    catalog.keep(creation.plan, of: header.workflow)
    guard let machine = creation.machine else {
      if creation.record.state.status != .rejected { runEnded(header.id, header.workflow) }
      return
    }
    let driver = RunDriver(machine, engine: self)
    drivers.withLock { $0[header.id] = driver }
    guard machine.state.status != .pending else { return begin(driver, creation.plan) }
    driver.perform(creation.actions)
    if creation.isDue { driver.send(.wake) }
  }

  /// Has a PENDING run begin when its turn has come (G36).
  private func begin(_ driver: RunDriver, _ plan: RunPlan) {
    if ActiveRunBound(plan.workflow) == nil
      || activeRunQueue.enter(driver.id, of: driver.workflow)
    {
      driver.send(.begin)
    }
  }

  /// Takes up every active run after a return (G58, G60).
  ///
  /// - Throws: what the store throws; a run that cannot be read stops the start, because leaving
  ///   it out would lose it.
  package func recover() throws {
    let active = try store.read { try $0.activeRuns() }
    var recovered: [(driver: RunDriver, plan: RunPlan, hasBegun: Bool)] = []
    var running: Set<AttemptKey> = []
    for id in active {
      let machine = try readMachine(id)
      let driver = RunDriver(machine, isRead: true, engine: self)
      drivers.withLock { $0[id] = driver }
      recovered.append((driver, machine.plan, machine.state.status != .pending))
      for attempt in machine.runningAttempts {
        running.insert(AttemptKey(attempt.id))
        // What runs keeps its slots before anything else gets one.
        slots.takeAnyway(1)
        programs.attach(
          attempt, kill: killOrder(of: attempt, machine), deadline: machine.deadline(of: attempt))
      }
    }
    programs.takeUpEnded(running: running)
    for (driver, _, hasBegun) in recovered where hasBegun { driver.send(.wake) }
    for (driver, plan, hasBegun) in recovered where !hasBegun { begin(driver, plan) }
    if !active.isEmpty {
      logger.info("runs continue", metadata: ["runs": "\(active.count)"])
    }
  }

  /// The machine of a stored run.
  func readMachine(_ id: RunID) throws -> RunMachine {
    try store.read { reader in
      guard let record = try reader.run(id),
        let plan = try catalog.plan(
          record.header.workflow, version: record.header.version, reader)
      else {
        throw StoreError.damaged("run \(id) or its application version is missing")
      }
      return RunMachine(
        plan: plan, run: record, nodes: try reader.nodes(of: id),
        attempts: try reader.attempts(of: id, node: nil))
    }
  }

  /// A run of a workflow with a bound has begun: the next may try.
  func hasBegun(_ id: RunID, _ workflow: WorkflowID) {
    if let next = activeRunQueue.leave(id, of: workflow) { driver(of: next)?.send(.begin) }
  }

  /// A run has ended: the oldest that waits for it may try.
  func runEnded(_ id: RunID, _ workflow: WorkflowID) {
    _ = drivers.withLock { $0.removeValue(forKey: id) }
    if let next = activeRunQueue.leave(id, of: workflow) { driver(of: next)?.send(.begin) }
  }

  /// Runs that are driven now.
  package var activeRuns: Int { drivers.withLock(\.count) }

  func driver(of run: RunID) -> RunDriver? {
    drivers.withLock { $0[run] }
  }

  /// What is to end an attempt that is taken up; nil: nothing is.
  private func killOrder(of attempt: AttemptRecord, _ machine: RunMachine) -> KillOrder? {
    attempt.killReason.map {
      KillOrder(
        grace: .milliseconds(machine.killGraceMS(of: attempt)), reason: $0,
        isUntilGone: machine.state.status == .stopping)
    }
  }

  private func report(_ report: Programs.Report, of key: AttemptKey) {
    guard let driver = driver(of: key.run) else {
      // The run has ended; what is left of the attempt goes.
      programs.removeFiles(key)
      return
    }
    let id = key.attemptID
    switch report {
    case .ended(let outcome): driver.send(.ended(id, outcome))
    case .neverStarted: driver.send(.neverStarted(id))
    case .runs(let deadline):
      if let deadline { deadlines.set(.attempt(id), deadline) }
    }
  }
}
