internal import BatonCore
internal import BatonStore

/// One step of a tree of runs: inputs are applied, then the hooks and nodes that may start are
/// prepared, run by run from the root down.
///
/// A node that reads the token is prepared only when what its ancestors changed is stored, because
/// a view holds what was committed before the start (T10, T43). Nodes without a process follow
/// each other within the step, up to a bound.
struct RunStepper {
  private(set) var tree: RunTree
  /// The member that is looked at.
  private(set) var run: RunID
  var credentials: [AttemptID: TaskCredential] = [:]
  /// Places at workers that starts have taken.
  var places: [AttemptID: WorkerPlace] = [:]
  /// Places that were offered to nodes which have not started yet.
  var offered: [WorkerQueues.Entry: WorkerPlace] = [:]
  /// Places that were offered or taken in vain.
  var unusedPlaces: [WorkerPlace] = []
  /// Reports of workers, with what became of them.
  private(set) var reports: [(report: WorkerReport, answer: WorkerReport.Answer)] = []
  /// Reports that the next step looks at.
  private(set) var reportedAgain: [WorkerReport] = []
  /// What the starts and beginnings took for granted.
  private(set) var guards = StepGuards()
  /// Slots that the starts took.
  private(set) var slotsTaken = 0
  /// Whether something is due in the member looked at that the next step will start.
  var hasMore = false
  /// Runs in which something is due that the next step will start.
  private(set) var unfinished: [RunID] = []
  /// PENDING runs that may not begin now, because a run above is suspended (RE70).
  private(set) var heldBack: [RunID] = []
  /// What became of the order of this step.
  private(set) var order: (call: OrderCall, result: Result<OrderAnswer, BatonError>)?
  /// Why something could not be prepared now; nil: everything could (reliability R4).
  var trouble: (any Error)?
  /// Inputs that could not be applied for it.
  var deferred: [TreeDriver.Input] = []
  /// Whether something is due that may take its time, which this thread has not.
  var needsThread = false
  /// Inputs that were not applied for it.
  private(set) var postponed: [TreeDriver.Input] = []

  let engine: Engine
  let now: Timestamp
  let refusals: Refusals
  let mayBlock: Bool
  private let retry: @Sendable (RunID) -> Bool
  /// Whether the step is made within a unit of work, where nothing may wait or take long.
  let isWithinUnit: Bool
  /// Members below the root in which something may be due.
  private var due: Set<RunID> = []
  /// Members that were read for the order; they go again unless it opens them.
  private var loaded: [RunID] = []
  var outcomes = 0
  /// Passes that have started in this step, and items, as attempt 0, of which one has ended: what
  /// they put is not stored yet.
  var unstored: Set<AttemptID> = []
  /// Whether a hook has ended in this step.
  private var hookEnded = false

  /// - Parameters:
  ///   - tree: The tree as it is stored; moved in, so that it is changed in place.
  ///   - engine: What prepares nodes.
  ///   - refusals: Attempts whose entries the token did not take when the step was tried before.
  ///   - mayBlock: Whether the step may evaluate expressions and wait for reads (R5).
  ///   - retry: Called with a run when a slot is free for a node of it that found none.
  init(
    tree: consuming RunTree, engine: Engine, refusals: Refusals, mayBlock: Bool,
    retry: @escaping @Sendable (RunID) -> Bool
  ) {
    run = tree.id
    self.tree = tree
    self.engine = engine
    self.refusals = refusals
    self.mayBlock = mayBlock
    self.retry = retry
    now = engine.clock.now()
    isWithinUnit = false
  }

  /// A step within the unit of work that creates the run: what needs a slot, the token, an
  /// expression or entries of its own is left to the next.
  ///
  /// - Parameters:
  ///   - tree: The run as it is created.
  ///   - engine: What prepares nodes.
  ///   - now: The commit time of the unit.
  init(creating tree: consuming RunTree, engine: Engine, now: Timestamp) {
    run = tree.id
    self.tree = tree
    self.engine = engine
    self.now = now
    refusals = Refusals()
    retry = { _ in false }
    mayBlock = false
    isWithinUnit = true
  }

  /// The machine of the member that is looked at.
  var machine: RunMachine {
    _read { yield tree[run] }
    _modify { yield &tree[run] }
  }

  /// Looks at a run.
  ///
  /// - Returns: Whether it is a member; one that is not has ended.
  mutating func turn(to id: RunID) -> Bool {
    guard tree.contains(id) else { return false }
    run = id
    if id != tree.id { due.insert(id) }
    return true
  }

  /// Goes on with a tree that was read from the store (G58).
  mutating func takeUp() {
    for member in tree.members where turn(to: member) {
      machine.takeUp(now: now)
      for child in machine.runningChildren where !tree.contains(child) {
        childEnded(child, .childEnded(child))
      }
    }
  }

  mutating func apply(_ inputs: [TreeDriver.Input]) {
    var wasWoken = false
    for input in inputs {
      switch input {
      case .begin(let run): if turn(to: run) { begin() }
      case .wake(let run):
        wasWoken = true
        _ = turn(to: run)
      case .goOn(let run): _ = turn(to: run)
      case .ended(let id, let end): if turn(to: id.run) { ended(id, end, input) }
      case .childEnded(let child): childEnded(child, input)
      case .timedOut(let id): if turn(to: id.run) { machine.attemptTimedOut(id) }
      case .neverStarted(let id):
        if turn(to: id.run), machine.attemptNeverStarted(id, now: now) { noteOutcome(of: id) }
      case .delayOver(let run, let node):
        if turn(to: run) { machine.delayOver(node, now: now) }
      case .workerFound(let offer): workerFound(offer)
      case .reported(let report):
        if let answer = reported(report) {
          reports.append((report, answer))
        } else {
          reportedAgain.append(report)
        }
      case .lost(let lease): lost(lease)
      case .order(let call): carryOut(call)
      }
    }
    startDueOfAll()
    engine.release(unusedPlaces + offered.values)
    if wasWoken { engine.slots.offer() }
  }

  /// Takes what the step has changed; runs that were read for its order and stay ended go.
  mutating func takeTransition() -> TreeTransition {
    let transition = tree.takeTransition()
    guard transition.opensRuns || !loaded.isEmpty else { return transition }
    for run in transition.opened {
      if let bound = ActiveRunGuard(tree[run]) { guards.reopened.append(bound) }
    }
    for run in loaded where tree.contains(run) && !tree[run].state.status.isActive {
      tree.remove(run)
    }
    return transition
  }

  /// One that was stopped before its turn came has ended.
  private mutating func begin() {
    guard machine.state.status == .pending else { return }
    guard tree.suspendedAncestor(of: run) == nil else { return heldBack.append(run) }
    machine.begin(now: now)
    if let bound = ActiveRunGuard(machine) { guards.beginnings.append(bound) }
  }

  /// The end of a child run settles the attempt that it carried out (RE62).
  private mutating func childEnded(_ child: RunID, _ input: TreeDriver.Input) {
    guard mayBlock else {
      needsThread = true
      postponed.append(input)
      return
    }
    do {
      guard let end = try ChildEnd(child, engine.store) else { return }
      tree.remove(child)
      guard turn(to: end.parent.run), let attempt = machine.attempt(of: child, madeBy: end.parent)
      else {
        return
      }
      let outcome = admit(try end.outcome(machine.step(of: attempt), engine), of: attempt.id)
      let judged = try judge(attempt.id, outcome)
      if machine.attemptEnded(attempt.id, judged, now: now) { noteOutcome(of: attempt.id) }
    } catch {
      trouble = error
      deferred.append(input)
    }
  }

  private mutating func ended(_ id: AttemptID, _ end: ProgramEnd, _ input: TreeDriver.Input) {
    if mustLeave(endOf: id) {
      postponed.append(input)
      return
    }
    do {
      let ended = admit(try outcome(of: id, end), of: id)
      let judged = try judge(id, ended)
      if machine.attemptEnded(id, judged, now: now) { noteOutcome(of: id) }
    } catch {
      trouble = error
      deferred.append(input)
    }
  }

  /// Records how an attempt ended.
  ///
  /// - Throws: when the token cannot be read now.
  mutating func settle(_ id: AttemptID, _ outcome: AttemptOutcome) throws {
    let judged = try judge(id, outcome)
    if machine.attemptEnded(id, judged, now: now) { noteOutcome(of: id) }
  }

  mutating func noteOutcome(of id: AttemptID) {
    outcomes += 1
    if id.node == machine.plan.workflow.name { hookEnded = true }
    if id.item != nil { unstored.insert(id.ofAnyAttempt) }
  }

  /// Carries out an order, on a copy of the tree if it only asks what would be (RE86).
  private mutating func carryOut(_ call: OrderCall) {
    do {
      try load(call.run, withChildren: call.readsChildren)
    } catch {
      order = (call, .failure(answer(to: error)))
      return
    }
    do throws(BatonError) {
      guard !call.isDryRun else {
        var copy = tree
        let answer = try call.carryOut(&copy, now)
        try checkBounds(copy.takeTransition().opened)
        order = (call, .success(answer))
        return
      }
      order = (call, .success(try call.carryOut(&tree, now)))
      for member in tree.members { _ = turn(to: member) }
    } catch {
      order = (call, .failure(error))
    }
  }

  private func answer(to error: any Error) -> BatonError {
    error as? BatonError ?? (error as? StoreError)?.answer
      ?? BatonError(.unavailable, "unavailable", "the run cannot be read now")
  }

  /// Whether runs that a dry run opens would find room (RE30); the call itself is checked when it
  /// is stored.
  private func checkBounds(_ opened: [RunID]) throws(BatonError) {
    do {
      for run in opened {
        guard let bound = ActiveRunGuard(tree[run]),
          let refusal = try engine.store.read({ try bound.refusal($0) })
        else { continue }
        throw refusal
      }
    } catch {
      throw answer(to: error)
    }
  }

  /// Starts an attempt that goes on with the child run of an earlier one (RE65).
  mutating func goOn(with child: RunID, _ position: Int) throws {
    if !tree.contains(child) {
      guard let machine = try engine.readMachine(child) else {
        throw StoreError.unreadable("run \(child) is missing")
      }
      insert(machine)
    }
    tree.continueChild(child, by: position, of: run, inputs: AttemptInputs(), now: now)
    due.insert(child)
  }

  /// Runs of a workflow that the step has made and that are active.
  func made(of workflow: WorkflowID) -> Int {
    guards.admissions.count {
      $0.child.workflow == workflow && !$0.child.isRejected(active: $0.child.active)
    }
  }

  /// Has the run of an attempt made with its start.
  mutating func create(_ child: ChildRun, by attempt: AttemptID) {
    tree.create(child, by: attempt, now: now)
    if ActiveRunBound(child.plan.workflow)?.whenFull == .reject {
      guards.admissions.append(AdmissionGuard(child: child, before: made(of: child.workflow)))
    }
  }

  /// Reads the members that an order needs: the run and those above it, and the child runs of its
  /// nodes.
  mutating func load(_ run: RunID, withChildren: Bool) throws {
    var missing: [RunMachine] = []
    var next: RunID? = run
    while let id = next, !tree.contains(id) {
      guard let machine = try engine.readMachine(id) else {
        throw BatonError(.notFound, "run_not_found", "no run \(id)")
      }
      missing.append(machine)
      next = machine.header.parent?.run
    }
    for machine in missing.reversed() { insert(machine) }
    guard withChildren else { return }
    for child in tree[run].children.values.sorted() where !tree.contains(child) {
      if let machine = try engine.readMachine(child) { insert(machine) }
    }
  }

  mutating func insert(_ machine: RunMachine) {
    loaded.append(machine.header.id)
    tree.insert(machine)
  }

  // MARK: - Starting

  /// Starts what may start, from the root down: a run that fails may stop those below it (G42).
  private mutating func startDueOfAll() {
    due.formUnion(tree.reachDown(now: now))
    startDue(of: tree.id)
    guard !tree.isPlain else { return }
    var left = due.union(tree.reachDown(now: now)).sorted(by: >)
    while let next = left.popLast() {
      guard tree.contains(next) else { continue }
      due.removeAll()
      startDue(of: next)
      due.formUnion(tree.reachDown(now: now))
      if !due.isEmpty { left = due.union(left).sorted(by: >) }
    }
  }

  private mutating func startDue(of member: RunID) {
    run = member
    hasMore = false
    startWhatMay()
    if hasMore { unfinished.append(member) }
  }

  private mutating func startWhatMay() {
    while trouble == nil {
      if let hook = machine.nextHook {
        guard start(hook) else { return }
      } else if let due = machine.nextDue() {
        guard start(due) else { return }
      } else {
        return
      }
    }
  }

  /// - Returns: Whether to go on with what is due next.
  private mutating func start(_ due: RunDue) -> Bool {
    switch due {
    case .opening(let position): open(position)
    case .start(let position): start(position)
    case .item(let position, let index): startItem(position, index)
    case .passEnd(let position): endPass(position)
    }
  }

  /// - Returns: Whether to go on with what is due next.
  private mutating func start(_ hook: HookKind) -> Bool {
    guard let step = machine.plan.step(of: hook) else { return false }
    // The finish hook reads what the last nodes put.
    if isWithinUnit || step.readsToken && outcomes > 0 {
      hasMore = true
      return false
    }
    if mustLeave(reads: step.readsToken) { return false }
    // A stop is never queued behind work (SR120).
    if machine.state.status == .stopping {
      engine.slots.takeAnyway(1)
    } else if !takeSlot() {
      return false
    }
    slotsTaken += 1
    do {
      let tokens =
        step.readsToken
        ? try NodeTokenReader(
          startOf: machine.nextHookAttempt, hook: hook, machine, host: engine.options.host,
          now: now, engine.store)
        : .none
      guard case .command(let argv) = step.kind else { return false }
      let inputs = try InputRenderer(machine, step, tokens).inputs(argv: argv)
      let credential = TaskCredential()
      credentials[machine.nextHookAttempt] = credential
      machine.start(
        hook, inputs: inputs, credentialHash: credential.hash, host: engine.options.host, now: now)
    } catch {
      releaseSlot()
      guard let failure = error as? PreparationError else {
        trouble = error
        return false
      }
      machine.execute(hook, outcome: .failed(failure.reason, failure.message), now: now)
      outcomes += 1
      hookEnded = true
    }
    return true
  }

  /// - Returns: Whether to go on with what is due next.
  private mutating func start(_ position: Int) -> Bool {
    let step = machine.plan.steps[position]
    if mustWait(step) {
      hasMore = true
      return false
    }
    if mustLeave(position) { return false }
    if let forEach = step.forEach {
      startPass(position, step, forEach)
      return trouble == nil
    }
    guard takeSlot(for: step) else { return false }
    prepare(position, step)
    return true
  }

  /// Takes a slot for an attempt that needs one; false: none is free.
  mutating func takeSlot(for step: RunPlan.Step) -> Bool {
    guard step.needsSlot else { return true }
    guard takeSlot() else { return false }
    slotsTaken += 1
    return true
  }

  private func takeSlot() -> Bool {
    engine.slots.take(for: run) { [retry, run] in retry(run) }
  }

  mutating func releaseSlot() {
    slotsTaken -= 1
    engine.slots.release()
  }

  /// Whether what this step has changed must be stored before the node can start.
  func mustWait(_ step: RunPlan.Step) -> Bool {
    if outcomes >= engine.options.maximumCascade { return true }
    if isWithinUnit, !step.isPassedWithinUnit { return true }
    guard step.startReadsToken else { return false }
    if hookEnded { return true }
    return machine.changedNodes.contains {
      machine.plan.tokenGraph.isAncestor(machine.nodes[$0].node, step.name)
    }
  }

  private mutating func prepare(_ position: Int, _ step: RunPlan.Step) {
    do {
      if case .worker(let queue) = step.kind {
        return try startAtWorker(position, step, queue: queue)
      }
      let tokens = try reader(position, step)
      let renderer = InputRenderer(machine, step, tokens)
      switch step.kind {
      case .noop:
        let inputs = try renderer.inputs(argv: [])
        let puts = try renderer.puts(step.put, outcome: nil)
        execute(position, AttemptOutcome(status: .completed, puts: puts), inputs)
      case .expression(let text):
        execute(position, decide(position, text, renderer), nil)
      case .command(let argv), .conditionCommand(let argv):
        start(position, try renderer.inputs(argv: argv))
      case .workflow(let program): try startChild(position, program, renderer)
      case .unavailable, .worker:
        let type = step.program?.type.rawValue ?? ""
        throw PreparationError(
          reason: "exec_failed", message: "this server does not execute type \(type)")
      }
    } catch {
      if step.needsSlot { releaseSlot() }
      fail(position, error)
    }
  }

  /// What the templates of a start read, and the guard that goes with it.
  ///
  /// - Parameters:
  ///   - position: The node.
  ///   - step: What it executes.
  ///   - item: The attempt of an item that is to start; nil: the next one of the node.
  ///   - host: Who executes it; nil: this host, if a process does.
  /// - Returns: What reads the token for it.
  /// - Throws: when the token cannot be read now.
  mutating func reader(
    _ position: Int, _ step: RunPlan.Step, of item: AttemptID? = nil, host: String? = nil
  ) throws -> NodeTokenReader {
    guard step.startReadsToken else { return .none }
    let reader = try NodeTokenReader(
      startOf: item ?? machine.nextAttempt(of: position), hook: nil, machine,
      host: host ?? (step.needsSlot && step.forEach == nil ? engine.options.host : nil), now: now,
      engine.store)
    let sources = machine.running.values.map(\.id.node)
      .filter { machine.plan.tokenGraph.isAncestor($0, step.name) }
    if !sources.isEmpty {
      guards.views.append(ViewGuard(run: run, seq: reader.seq, sources: Set(sources)))
    }
    return reader
  }

  private mutating func start(_ position: Int, _ inputs: AttemptInputs) {
    let credential = TaskCredential()
    machine.start(
      position, inputs: inputs, credentialHash: credential.hash, host: engine.options.host,
      now: now)
    if let id = machine.running[position]?.id { credentials[id] = credential }
  }

  private func decide(
    _ position: Int, _ text: String, _ renderer: InputRenderer
  ) -> AttemptOutcome {
    let values = NodeExpressionValues(machine: machine, position: position, tokens: renderer.tokens)
    switch engine.evaluator.evaluate(text, values: values) {
    case .failure(let failure): return .failed(failure.reason.rawValue, failure.message)
    case .success(let decision):
      do {
        let puts = try renderer.puts(machine.plan.steps[position].put, outcome: decision)
        return AttemptOutcome(status: .completed, decision: decision, puts: puts)
      } catch {
        return .failed(error.reason, error.message)
      }
    }
  }

  mutating func execute(
    _ position: Int, _ outcome: AttemptOutcome, _ inputs: AttemptInputs?
  ) {
    do {
      let admitted = admit(outcome, of: machine.nextAttempt(of: position))
      let judged = try judge(position, admitted)
      machine.execute(position, outcome: judged, inputs: inputs, now: now)
      outcomes += 1
    } catch {
      trouble = error
    }
  }

  // MARK: - Ends

  /// How an attempt ended, with what a decided command condition puts (G21).
  ///
  /// - Throws: when the token cannot be read now.
  private func outcome(of id: AttemptID, _ end: ProgramEnd) throws -> AttemptOutcome {
    guard let position = machine.plan.graph.index(of: id.node) else {
      return end.outcome(isCondition: false)
    }
    let step = machine.plan.steps[position]
    var outcome = end.outcome(isCondition: step.isCondition)
    guard let decision = outcome.decision, !step.put.isEmpty,
      let attempt = machine.running[position], attempt.id == id, attempt.killReason == nil
    else { return outcome }
    do {
      let tokens =
        step.put.contains(where: \.value.readsToken)
        ? try NodeTokenReader(
          endOf: id, with: outcome.puts, machine, now: now, engine.store)
        : .none
      outcome.puts += try InputRenderer(machine, step, tokens).puts(step.put, outcome: decision)
    } catch let failure as PreparationError {
      outcome.status = .failed
      outcome.reason = failure.reason
      outcome.message = failure.message
      outcome.decision = nil
    }
    return outcome
  }

  /// The outcome as it can be recorded: entries that the token did not take change it (T51, G21).
  func admit(_ outcome: AttemptOutcome, of id: AttemptID) -> AttemptOutcome {
    guard !outcome.puts.isEmpty, let refusal = refusals.puts[id] else { return outcome }
    return outcome.withoutPuts(refusal.reason.rawValue, refusal.message)
  }
}

extension RunPlan.Step {
  /// Whether the start needs values of the run's token; what executes nothing has its end with it.
  var startReadsToken: Bool { readsToken || isInProcess && endReadsToken }

  /// Whether the node can start and end within the unit that creates its run: nothing is executed
  /// or read, and no entries are put, which the token could refuse.
  fileprivate var isPassedWithinUnit: Bool {
    guard case .noop = kind, put.isEmpty, forEach == nil else { return false }
    return !startReadsToken && declared.published.isEmpty && declared.retry?.continueOn == nil
  }
}
