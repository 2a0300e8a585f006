import BatonCore
import Testing

/// A machine driven by values, with a store made of what it says is to be stored.
struct RunScript {
  static let id = RunID(milliseconds: 1_767_225_600_000, sequence: 0, random: 7)
  static let start = Timestamp(milliseconds: 1_767_225_600_000)
  static let workflow = WorkflowID(namespace: "default", application: "app", workflow: "W")

  let plan: RunPlan
  private(set) var machine: RunMachine
  private(set) var stored: RunRecord
  private(set) var nodes: [String: NodeRecord] = [:]
  private(set) var attempts: [AttemptID: AttemptRecord] = [:]
  private(set) var events: [EventRecord] = []
  private(set) var actions: [RunAction] = []
  private(set) var puts: [TokenPutBatch] = []
  /// Names of nodes in the order of their starts.
  private(set) var starts: [String] = []
  /// Whether the machine is rebuilt from what is stored before every event.
  var recoversAlways = false
  private var now = Self.start

  /// A run of nodes written as `C: A, B.failure join any`; a name with `?` is a condition.
  init(_ graph: [String], _ onFailure: FailurePolicy = .stopSiblings, timeoutMS: Int64? = nil) {
    plan = Self.plan(graph, onFailure, timeoutMS)
    var state = RunState(status: .pending)
    state.lastEvent = 1
    stored = RunRecord(
      header: RunHeader(id: Self.id, workflow: Self.workflow, version: 1, created: Self.start),
      state: state)
    for node in RunMachine.pendingNodes(plan, Self.id) { nodes[node.node] = node }
    machine = RunMachine(plan: plan, run: stored, nodes: Array(nodes.values), running: [])
  }

  static func plan(
    _ graph: [String], _ onFailure: FailurePolicy = .stopSiblings, _ timeoutMS: Int64? = nil
  ) -> RunPlan {
    let lines = graph.map { line in
      line.split(separator: " ").map { String($0.filter { $0 != ":" && $0 != "," }) }
    }
    let names = lines.map { String($0[0].filter { $0 != "?" }) }
    let nodes = lines.enumerated().map { index, words in
      let join = words.firstIndex(of: "join")
      let edges = words[1..<(join ?? words.count)].map { edge(String($0), names) }
      let condition = Condition(form: .command([]))
      return Node(
        name: names[index],
        action: words[0].hasSuffix("?") ? .condition(condition) : .program("p"), edges: edges,
        join: join.map { words[$0 + 1] == "any" ? .any : .count(Int(words[$0 + 1]) ?? 0) } ?? .all,
        policy: NodePolicy(timeoutMS: timeoutMS))
    }
    let workflow = Workflow(name: "W", onFailure: onFailure, nodes: nodes)
    return RunPlan(
      application: Application(
        name: "app", programs: ["p": Program(type: .command)], workflows: ["W": workflow]),
      workflow: workflow, version: 1)
  }

  private static func edge(_ text: String, _ names: [String]) -> Edge {
    let parts = text.split(separator: ".")
    let kinds: [String: Edge.Kind] = [
      "success": .success, "failure": .failure, "complete": .complete, "true": .whenTrue,
      "false": .whenFalse,
    ]
    return Edge(
      upstream: names.firstIndex(of: String(parts[0])) ?? -1,
      kind: parts.count > 1 ? kinds[String(parts[1])] ?? .success : .success)
  }

  // MARK: - Driving

  mutating func begin() { event { $0.begin(now: $1) } }

  /// Ends the running attempt of a node.
  @discardableResult
  mutating func end(
    _ node: String, _ status: AttemptStatus = .completed, decision: Bool? = nil,
    reason: String? = nil, code: Int? = nil
  ) -> Bool {
    let outcome = AttemptOutcome(
      status: status, reason: reason ?? (status == .failed ? "exit_nonzero" : nil),
      exitCode: code ?? (status == .completed ? 0 : 1), decision: decision)
    return report(node, outcome)
  }

  @discardableResult
  mutating func report(_ node: String, _ outcome: AttemptOutcome, attempt: Int? = nil) -> Bool {
    let id = id(node, attempt)
    var counts = false
    event { counts = $0.attemptEnded(id, outcome, now: $1) }
    return counts
  }

  mutating func timeOut(_ node: String) {
    let id = id(node)
    event { machine, _ in machine.attemptTimedOut(id) }
  }

  @discardableResult
  mutating func neverStarted(_ node: String) -> Bool {
    let id = id(node)
    var counts = false
    event { counts = $0.attemptNeverStarted(id, now: $1) }
    return counts
  }

  /// Rebuilds the machine from what is stored.
  mutating func recover() {
    machine = RunMachine(
      plan: plan, run: stored, nodes: Array(nodes.values),
      running: attempts.values.filter { $0.status == .running })
  }

  /// Applies an event, starts what is ready, and stores the transition.
  mutating func step(_ body: (inout RunMachine, Timestamp) -> Void) { event(body) }

  private mutating func event(_ body: (inout RunMachine, Timestamp) -> Void) {
    if recoversAlways { recover() }
    now = now.advanced(by: .milliseconds(10))
    body(&machine, now)
    while let position = machine.nextReady() {
      starts.append(plan.steps[position].name)
      machine.start(
        position, inputs: AttemptInputs(), credentialHash: [1], host: "here", now: now)
    }
    store(machine.takeTransition())
  }

  private mutating func store(_ transition: RunTransition) {
    for change in transition.changes {
      switch change {
      case .insertAttempt(let attempt):
        #expect(attempts[attempt.id] == nil)
        attempts[attempt.id] = attempt
      case .updateAttempt(let attempt):
        // G39: what has ended is never overwritten.
        #expect(attempts[attempt.id]?.status == .running)
        attempts[attempt.id] = attempt
      case .put(let batch, _): puts.append(batch)
      }
    }
    for node in transition.nodes { nodes[node.node] = node }
    if let (state, expected) = transition.state {
      #expect(stored.state.status == expected)
      stored.state = state
    }
    events += transition.events
    actions += transition.actions
    #expect(events.map(\.event) == Array(2..<(2 + events.count)), "events are 1, 2, …")
  }

  // MARK: - Looking

  func id(_ node: String, _ attempt: Int? = nil) -> AttemptID {
    AttemptID(run: Self.id, node: node, attempt: attempt ?? nodes[node]?.attempts ?? 0)
  }

  /// Node statuses in declaration order, `C F K S U –`, `R` running and `W` waiting.
  var statuses: String {
    let letters: [NodeStatus: String] = [
      .pending: "–", .waiting: "W", .running: "R", .completed: "C", .failed: "F", .killed: "K",
      .skipped: "S", .upstreamFailed: "U",
    ]
    return plan.steps.map { step in nodes[step.name].flatMap { letters[$0.status] } ?? "?" }
      .joined(separator: " ")
  }

  var status: RunStatus { stored.state.status }

  /// The changes of status of a node or, with nil, of the run, `PENDING>RUNNING`.
  func changes(of node: String?) -> [String] {
    events.compactMap { event in
      switch event.change {
      case .run(let from, let to, _): node == nil ? "\(from?.word ?? "")>\(to.word)" : nil
      case .node(let name, let from, let to, _):
        name == node ? "\(from.word)>\(to.word)" : nil
      default: nil
      }
    }
  }

  /// The reasons of a node's attempts, in order.
  func reasons(of node: String) -> [String?] {
    attempts.values.filter { $0.id.node == node }.sorted { $0.id.attempt < $1.id.attempt }
      .map(\.reason)
  }
}
