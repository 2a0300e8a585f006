internal import HeapModule

/// The state machine of one run (G14–G19, G35–G46, G49–G51).
///
/// Every event is a method; what it changes and what must be done afterwards is collected and
/// taken with `takeTransition`. The machine has no clock, does no input or output and never
/// waits: decisions depend on its state alone, so that the same events give the same run (G61).
///
/// A driver asks `nextHook` and `nextDue` for what may start now, prepares it (templates,
/// expression), and reports with `start`, `execute` and their like. Starting order is graph order
/// (G18).
package struct RunMachine: Sendable {
  package let plan: RunPlan
  package let header: RunHeader
  package internal(set) var state: RunState
  /// By position in the workflow.
  package internal(set) var nodes: [NodeRecord]
  /// That of the tree of runs, as of its newest revision (RE10, RE17).
  package var environment: RunEnvironment
  /// Attempts that are RUNNING, by position of their node.
  package internal(set) var running: [Int: AttemptRecord] = [:]
  /// The attempt of a hook that is RUNNING (T6).
  package internal(set) var runningHook: AttemptRecord?
  /// Passes that are under way, by position of their node (RE106).
  var passes: [Int: ItemPass] = [:]
  /// Items of nodes with `for_each` by index, by position of their node.
  var items: [Int: [ItemRecord]] = [:]

  /// The child run of each node's newest attempt, by position (RE63).
  package internal(set) var children: [Int: RunID] = [:]

  var hooks: Hooks
  /// Nodes that had FAILED attempts, by position.
  var chains: [Int: Chain] = [:]
  /// Settled edges of each node, by position.
  var edges: [EdgeCount]
  /// Ranks of nodes whose start rule holds and that have not started; each at most once.
  var ready = Heap<Int>()
  /// Those of them whose attempts `concurrency` of the workflow bounds (RE99).
  var bounded = Heap<Int>()
  /// Sentences for the reasons of nodes in `wait_after`, by position.
  var messages: [Int: String] = [:]
  var isReady: [Bool]
  /// Nodes among them that wait for a worker, and are not in `ready` (CT20).
  var awaitingWorker: Set<Int> = []
  /// Nodes whose newest attempt nobody could prove gone (RE47).
  var unprovenGone: Set<Int> = []
  /// Nodes that have not ended.
  var open: Int
  /// Whether no node starts any more, and the reason of the nodes this ends (G41).
  var ending: String?

  // What the step under way has changed.
  var pending = RunTransition()
  var touched: [Int] = []
  var isTouched: [Bool]
  var storedStatus: RunStatus
  var stateChanged = false
  /// Child runs to be stopped, because their attempts are being killed, with the grace of the stop
  /// of this run; the tree takes them (RE112).
  var childStops: [(child: RunID, graceMS: Int64?)] = []

  /// How many edges of a node are settled, and how (G16).
  struct EdgeCount: Sendable {
    var settled = 0
    var satisfied = 0
    var broken = 0
  }

  /// How far the hooks are (G49, G50).
  struct Hooks: Sendable {
    /// The number of the newest attempt of the workflow's name.
    var attempts = 0
    /// The number of the first attempt of its chain (RE2).
    var first = 0
    /// Whether the program of that attempt was never started (G60).
    var wasNeverStarted = false
    /// Hooks that were executed at least once.
    var executed: Set<HookKind> = []
    /// Whether `initialize` is absent or has succeeded.
    var isInitialized: Bool
    /// Whether `finish` is absent or is not to be executed any more.
    var isFinished: Bool
    /// Whether `initialize` ended otherwise than COMPLETED since the run was opened.
    var hasFailed = false
  }

  /// What policies must know of the attempts of a node: those of its chain (G39, RE2).
  struct Chain: Hashable, Sendable {
    var count = ChainCount()
    /// When the newest attempt ended, if it FAILED.
    var failedAt: Timestamp?
    /// When the newest of the chains before that FAILED ended (RE55).
    var failedBefore: Timestamp?
  }

  /// A run that was just created, or one read from the store.
  ///
  /// One that was read needs `takeUp` before anything else happens to it.
  ///
  /// - Parameters:
  ///   - plan: The workflow version to which the run is pinned.
  ///   - run: The run as stored.
  ///   - stored: Its nodes as stored, in any order.
  ///   - attempts: All its attempts, in any order; of items those of passes that are RUNNING.
  ///   - items: All its items, in any order.
  package init(
    plan: RunPlan, run: RunRecord, nodes stored: [NodeRecord], attempts: [AttemptRecord],
    items: [ItemRecord] = []
  ) {
    self.plan = plan
    hooks = Hooks(isInitialized: plan.initialize == nil, isFinished: plan.finish == nil)
    header = run.header
    environment = RunEnvironment(values: run.header.env)
    state = run.state
    storedStatus = run.state.status
    var nodes = Self.pendingNodes(plan, run.header.id)
    for record in stored {
      if let position = plan.graph.index(of: record.node) { nodes[position] = record }
    }
    self.nodes = nodes
    isTouched = Array(repeating: false, count: nodes.count)
    isReady = Array(repeating: false, count: nodes.count)
    edges = Array(repeating: EdgeCount(), count: nodes.count)
    open = nodes.count { !$0.status.hasEnded }
    for attempt in attempts.sorted(by: { $0.id.attempt < $1.id.attempt }) { restore(attempt) }
    restore(items, attempts)
    for (position, node) in self.nodes.enumerated() where node.chain.first == 0 {
      beginChain(position)
    }
    restoreEdges()
  }

  /// Takes over a stored attempt; those of a node come in the order of their numbers.
  private mutating func restore(_ attempt: AttemptRecord) {
    guard attempt.id.item == nil else { return }
    guard let position = plan.graph.index(of: attempt.id.node) else {
      restoreHook(attempt)
      return
    }
    if attempt.chain == attempt.id.attempt { beginChain(position) }
    children[position] = attempt.child
    if attempt.status == .running {
      running[position] = attempt
    } else {
      note(ended: attempt, at: position)
      if nodes[position].outcomeToCome != nil { messages[position] = attempt.message }
    }
  }

  private mutating func restoreHook(_ attempt: AttemptRecord) {
    hooks.attempts = attempt.id.attempt
    hooks.first = attempt.chain
    hooks.wasNeverStarted = attempt.wasNeverStarted
    if let hook = attempt.hook, !attempt.wasNeverStarted { hooks.executed.insert(hook) }
    if attempt.status == .running {
      runningHook = attempt
    } else if attempt.hook == .initialize, attempt.status == .completed {
      hooks.isInitialized = true
    }
  }

  /// The nodes of a run that has not begun, by position.
  package static func pendingNodes(_ plan: RunPlan, _ run: RunID) -> [NodeRecord] {
    plan.steps.indices.map { position in
      NodeRecord(run: run, node: plan.steps[position].name, rank: plan.graph.rank[position])
    }
  }

  /// Takes what the events since the last call have changed.
  package mutating func takeTransition() -> RunTransition {
    var transition = pending
    pending = RunTransition()
    if stateChanged || !transition.events.isEmpty {
      transition.state = (state, expecting: storedStatus)
    }
    touched.sort { plan.graph.rank[$0] < plan.graph.rank[$1] }
    transition.nodes = touched.map { nodes[$0] }
    for position in touched { isTouched[position] = false }
    touched.removeAll(keepingCapacity: true)
    storedStatus = state.status
    stateChanged = false
    return transition
  }

  // MARK: - Events

  /// The run begins: PENDING, STARTING and, after the initialize hook, RUNNING (G35, G49).
  package mutating func begin(now: Timestamp) {
    precondition(state.status == .pending, "a run begins once; it is \(state.status.word)")
    setStatus(.starting, now: now)
    state.started = now
    startNodes(now: now)
  }

  /// A run that was read from the store goes on: delays and a resume under way (G58).
  ///
  /// Attempts that ran are the driver's to take up again.
  package mutating func takeUp(now: Timestamp) {
    guard state.status.isActive, state.status != .pending else { return }
    if state.status == .resuming { goOn(now: now) }
    for (position, node) in nodes.enumerated() where node.status == .waiting {
      takeUpWait(position, now: now)
    }
    for position in passes.keys.sorted() {
      if let attempt = running[position] { setDeadline(of: attempt) }
      wakeItems(position, now: now)
    }
    endIfDone(now: now)
  }

  /// Nodes that the step under way has changed: what they put is not committed yet.
  package var changedNodes: [Int] { touched }

  // MARK: - Changes

  mutating func setStatus(
    _ status: RunStatus, reason: String? = nil, cause: String? = nil, now: Timestamp
  ) {
    let from = state.status
    precondition(from.canBecome(status), "no run goes from \(from.word) to \(status.word)")
    state.status = status
    state.reason = reason
    stateChanged = true
    record(.run(from: from, to: status, reason: reason, cause: cause), now: now)
  }

  mutating func setNode(
    _ position: Int, _ status: NodeStatus, reason: String? = nil, now: Timestamp
  ) {
    let from = nodes[position].status
    precondition(
      from.canBecome(status),
      "\(nodes[position].node) does not go from \(from.word) to \(status.word)")
    nodes[position].status = status
    nodes[position].reason = reason
    if status.hasEnded != from.hasEnded { open += status.hasEnded ? -1 : 1 }
    if status.hasEnded { nodes[position].isHeld = false }
    touch(position)
    record(
      .node(name: nodes[position].node, from: from, to: status, reason: reason), now: now)
  }

  mutating func touch(_ position: Int) {
    guard !isTouched[position] else { return }
    isTouched[position] = true
    touched.append(position)
  }

  mutating func record(_ change: EventRecord.Change, now: Timestamp) {
    state.lastEvent += 1
    pending.events.append(
      EventRecord(
        event: state.lastEvent, time: now, run: header.id, workflow: header.workflow,
        version: header.version, change: change))
  }
}
