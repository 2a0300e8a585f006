internal import HeapModule

/// The state machine of one run (G14–G19, G35–G42).
///
/// Every event is a method; what it changes and what must be done afterwards is collected and
/// taken with `takeTransition`. The machine has no clock, does no input or output and never
/// waits: decisions depend on its state alone, so that the same events give the same run (G61).
///
/// A driver asks `nextReady` for the node that may start now, prepares it (templates, expression),
/// and reports with `start` or `execute`. Starting order is graph order (G18).
package struct RunMachine: Sendable {
  package let plan: RunPlan
  package let header: RunHeader
  package internal(set) var state: RunState
  /// By position in the workflow.
  package internal(set) var nodes: [NodeRecord]
  /// Attempts that are RUNNING, by position of their node.
  package internal(set) var running: [Int: AttemptRecord] = [:]

  /// Settled edges of each node, by position.
  var edges: [EdgeCount]
  /// Ranks of nodes whose start rule holds and that have not started; each at most once.
  var ready = Heap<Int>()
  var isReady: [Bool]
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

  /// How many edges of a node are settled, and how (G16).
  struct EdgeCount: Sendable {
    var settled = 0
    var satisfied = 0
    var broken = 0
  }

  /// A run that was just created, or one read from the store.
  ///
  /// - Parameters:
  ///   - plan: The workflow version to which the run is pinned.
  ///   - run: The run as stored.
  ///   - stored: Its nodes as stored, in any order.
  ///   - attempts: Its attempts that are RUNNING.
  package init(
    plan: RunPlan, run: RunRecord, nodes stored: [NodeRecord], running attempts: [AttemptRecord]
  ) {
    self.plan = plan
    header = run.header
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
    for attempt in attempts {
      if let position = plan.graph.index(of: attempt.id.node) { running[position] = attempt }
    }
    restoreEdges()
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

  /// The run begins: PENDING, STARTING, RUNNING, and its roots become ready (G17, G49).
  package mutating func begin(now: Timestamp) {
    precondition(state.status == .pending, "a run begins once; it is \(state.status.word)")
    setStatus(.starting, now: now)
    state.started = now
    setStatus(.running, now: now)
    for position in plan.graph.roots { makeReady(position) }
    endIfDone(now: now)
  }

  /// The next node that may start, in graph order; it stays ready until it is reported.
  package func nextReady() -> Int? {
    guard state.status == .running, ending == nil, let rank = ready.min else { return nil }
    return plan.graph.order[rank]
  }

  /// Nodes that the step under way has changed: what they put is not committed yet.
  package var changedNodes: [Int] { touched }

  // MARK: - Changes

  /// Adds a node to those that may start; once, however many edges say so (G18).
  mutating func makeReady(_ position: Int) {
    guard !isReady[position] else { return }
    isReady[position] = true
    ready.insert(plan.graph.rank[position])
  }

  mutating func clearReady() {
    ready = []
    for position in isReady.indices { isReady[position] = false }
  }

  mutating func setStatus(_ status: RunStatus, reason: String? = nil, now: Timestamp) {
    let from = state.status
    state.status = status
    state.reason = reason
    stateChanged = true
    record(.run(from: from, to: status, reason: reason), now: now)
  }

  mutating func setNode(
    _ position: Int, _ status: NodeStatus, reason: String? = nil, now: Timestamp
  ) {
    let from = nodes[position].status
    precondition(!from.hasEnded, "\(nodes[position].node) has ended \(from.word)")
    nodes[position].status = status
    nodes[position].reason = reason
    if status.hasEnded { open -= 1 }
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
