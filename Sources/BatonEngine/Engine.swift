package import BatonCore
package import BatonExec
package import BatonStore
package import Logging

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
  /// What takes its time to happen on (R5).
  let threads = RunThreads()
  let workers: Workers
  private let activeRunQueue = ActiveRuns()
  let ids: RunIDSource
  /// Draws uniformly from [−1, 1), for `jitter` (RE91).
  let chance: @Sendable () -> Double
  private let trees = TreeDrivers()

  package init(
    options: EngineOptions, store: any Store, catalog: ApplicationCatalog,
    evaluator: any ConditionEvaluator, reader: any DocumentReader, executor: any Executor,
    outcomes: ProcessOutcomes, clock: any WallClock, ids: RunIDSource = RunIDSource(),
    chance: @escaping @Sendable () -> Double = { Double.random(in: -1..<1) }, logger: Logger
  ) {
    self.options = options
    self.store = store
    self.catalog = catalog
    self.evaluator = evaluator
    self.reader = reader
    self.clock = clock
    self.ids = ids
    self.chance = chance
    self.logger = logger
    deadlines = Deadlines(clock: clock)
    workers = Workers(leaseDuration: options.workerLease, clock: clock, deadlines: deadlines)
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
          case .node(let run, let node): driver(of: run)?.send(.delayOver(run, node))
          case .retry(let run): driver(of: run)?.leaveParking()
          case .prepare(let run): driver(of: run)?.prepareAgain()
          case .program(let key, let work): programs.tryAgain(key, work)
          case .leases: expireLeases()
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
    guard let tree = creation.tree else { return }
    let driver = TreeDriver(tree, engine: self)
    trees.insert(driver)
    guard tree.root.state.status != .pending else {
      if enterQueue(header.id, of: tree.root) { driver.send(.begin(header.id)) }
      return
    }
    driver.perform(creation.actions, of: header.id)
    if creation.isDue { driver.send(.goOn(header.id)) }
  }

  /// Has a PENDING run wait for its turn (G36).
  ///
  /// - Returns: Whether it may try to begin.
  func enterQueue(_ run: RunID, of machine: borrowing RunMachine) -> Bool {
    ActiveRunBound(machine.plan.workflow) == nil
      || activeRunQueue.enter(run, of: machine.header.workflow)
  }

  /// A run has begun, has ended, or may not begin: the oldest that waits behind it may try.
  func leaveQueue(_ run: RunID, of workflow: WorkflowID) {
    if let next = activeRunQueue.leave(run, of: workflow) { driver(of: next)?.send(.begin(next)) }
  }

  /// Takes up every active run after a return (G58, G60).
  ///
  /// - Throws: what the store throws; a run that cannot be read stops the start, because leaving
  ///   it out would lose it.
  package func recover() throws {
    let active = try store.read { reader in
      try reader.activeRuns().map { ($0, try reader.run($0)?.header.root ?? $0) }
    }
    var recovered: [(driver: TreeDriver, tree: RunTree)] = []
    var running: Set<AttemptKey> = []
    var known: Set<RunID> = []
    for (_, root) in active where known.insert(root).inserted {
      guard let tree = try readTree(root) else { continue }
      let driver = TreeDriver(tree, isRead: true, engine: self)
      trees.insert(driver)
      recovered.append((driver, tree))
      for member in tree.members { running.formUnion(takeUp(tree[member], of: root)) }
    }
    programs.takeUpEnded(running: running)
    for (driver, tree) in recovered where tree.root.state.status != .pending {
      driver.send(.wake(tree.id))
    }
    // Those that wait for their turn do so in the order of their creation.
    let drivers = Dictionary(uniqueKeysWithValues: recovered.map { ($0.driver.id, $0) })
    for (run, root) in active {
      guard let (driver, tree) = drivers[root], tree.contains(run),
        tree[run].state.status == .pending
      else { continue }
      if enterQueue(run, of: tree[run]) { driver.send(.begin(run)) }
    }
    if !active.isEmpty {
      logger.info("runs continue", metadata: ["runs": "\(active.count)"])
    }
  }

  /// Takes up the programs of a run that were running.
  private func takeUp(_ machine: RunMachine, of root: RunID) -> Set<AttemptKey> {
    if machine.header.id != root { trees.join(machine.header.id, of: root) }
    var running: Set<AttemptKey> = []
    for attempt in machine.runningAttempts {
      guard attempt.child == nil, attempt.lease == nil else {
        if attempt.lease != nil {
          workers.takeUp(attempt, graceMS: machine.killGraceMS(of: attempt))
        }
        if let deadline = machine.deadline(of: attempt) {
          deadlines.set(.attempt(attempt.id), deadline)
        }
        continue
      }
      running.insert(AttemptKey(attempt.id))
      // What runs keeps its slots before anything else gets one.
      slots.takeAnyway(1)
      programs.attach(
        attempt, kill: killOrder(of: attempt, machine), deadline: machine.deadline(of: attempt))
    }
    return running
  }

  /// The tree of a stored root, with those of its child runs that are active; nil: there is none.
  func readTree(_ root: RunID) throws -> RunTree? {
    try store.read { reader in
      guard let machine = try readMachine(root, reader) else { return nil }
      var tree = RunTree(machine, environment: try reader.environment(of: root))
      for run in try reader.tree(of: root) {
        if let machine = try readMachine(run, reader) { tree.insert(machine) }
      }
      return tree
    }
  }

  /// The machine of a stored run; nil: there is none.
  func readMachine(_ id: RunID) throws -> RunMachine? {
    try store.read { try readMachine(id, $0) }
  }

  private func readMachine(_ id: RunID, _ reader: any StoreReader) throws -> RunMachine? {
    guard let record = try reader.run(id) else { return nil }
    guard
      let plan = try catalog.plan(record.header.workflow, version: record.header.version, reader)
    else { throw StoreError.unreadable("the application version of run \(id) is missing") }
    var attempts = try reader.attempts(of: id, node: nil)
    var items: [ItemRecord] = []
    for step in plan.steps where step.forEach != nil {
      items += try reader.items(
        of: id, node: step.name, after: nil, statuses: [], limit: .max)
      guard attempts.contains(where: { $0.id.node == step.name && $0.status == .running })
      else { continue }
      attempts += try reader.itemAttempts(of: id, node: step.name, indexes: nil)
    }
    return RunMachine(
      plan: plan, run: record, nodes: try reader.nodes(of: id), attempts: attempts, items: items)
  }

  // MARK: - Drivers

  /// Runs that are driven now.
  package var activeRuns: Int { trees.count }

  /// The driver of the tree that a run is an active member of.
  func driver(of run: RunID) -> TreeDriver? { trees.driver(of: run) }

  /// The driver of a run's tree, whether the run has ended or not; nil: there is no such run.
  func driverReading(_ run: RunID) throws -> TreeDriver? {
    if let driver = driver(of: run) { return driver }
    guard let root = try store.read({ try $0.run(run)?.header.root }) else { return nil }
    return trees.driver(of: root) { TreeDriver(unread: root, engine: self) }
  }

  func remove(_ driver: TreeDriver) { trees.remove(driver) }

  /// A child run is active from now on.
  func join(_ run: RunID, of root: RunID) { trees.join(run, of: root) }

  /// A child run has ended.
  func leave(_ run: RunID) { trees.leave(run) }

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
