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
  /// Items by node and index.
  private(set) var items: [String: [Int: ItemRecord]] = [:]
  private(set) var events: [EventRecord] = []
  private(set) var actions: [RunAction] = []
  private(set) var puts: [TokenPutBatch] = []
  /// Names of nodes and hooks in the order of their starts.
  private(set) var starts: [String] = []
  /// That of the tree, as of its newest revision, and its revisions from the second on.
  private(set) var environment = RunEnvironment(values: ["K": "1"])
  private(set) var revisions: [EnvRevision] = []
  /// What the last call that was accepted said.
  private(set) var lastPlan: CallPlan?
  /// Why the last call was refused; nil: it was not.
  private(set) var lastError: BatonError?
  /// Delays under way.
  private(set) var wakes: [String: Timestamp] = [:]
  /// What expressions and publishing give.
  var answers = ScriptedAnswers()
  /// The chance of `jitter`.
  var u = 0.0
  /// The texts of templates of policies, by their source.
  var texts: [String: String] = [:]
  /// Lists of `for_each` by node; otherwise `items` is the list.
  var lists: [String: String] = [:]
  /// Whether the machine is rebuilt from what is stored before every event.
  var recoversAlways = false
  private(set) var now: Timestamp = Self.start

  /// A run of nodes written as `C: A, B.failure join any`; a name with `?` is a condition.
  init(_ graph: [String], _ onFailure: FailurePolicy = .stopSiblings, timeoutMS: Int64? = nil) {
    self.init(Self.plan(graph, onFailure, timeoutMS))
  }

  /// A run of a graph with policies for all nodes, and hooks.
  init(
    _ graph: [String], _ onFailure: FailurePolicy = .stopSiblings, policy: NodePolicy,
    waitBeforeMS: [String: Int64] = [:], hooks: Set<HookKind> = []
  ) {
    var workflow = Self.plan(graph, onFailure).workflow
    for index in workflow.nodes.indices {
      workflow.nodes[index].policy = policy
      workflow.nodes[index].waitBeforeMS = .literal(
        waitBeforeMS[workflow.nodes[index].name] ?? 0)
    }
    if hooks.contains(.initialize) { workflow.initialize = Hook(argv: []) }
    if hooks.contains(.finish) { workflow.finish = Hook(argv: []) }
    self.init(Self.plan(workflow))
  }

  /// A run with hooks.
  init(_ graph: [String], hooks: Set<HookKind>) {
    self.init(graph, policy: NodePolicy(), hooks: hooks)
  }

  init(_ plan: RunPlan) {
    self.plan = plan
    var state = RunState(status: .pending)
    state.lastEvent = 1
    stored = RunRecord(
      header: RunHeader(
        id: Self.id, workflow: Self.workflow, version: 1, created: Self.start, env: ["K": "1"]),
      state: state)
    for node in RunMachine.pendingNodes(plan, Self.id) { nodes[node.node] = node }
    machine = RunMachine(plan: plan, run: stored, nodes: Array(nodes.values), attempts: [])
  }

  static func plan(_ workflow: Workflow) -> RunPlan {
    RunPlan(
      application: Application(
        name: "app", programs: ["p": Program(type: .command)], workflows: ["W": workflow]),
      workflow: workflow, version: 1)
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
        policy: NodePolicy(timeoutMS: timeoutMS.map(Templated.literal)))
    }
    return plan(Workflow(name: "W", onFailure: onFailure, nodes: nodes))
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
    report(id(node, attempt), outcome)
  }

  /// Reports an outcome as the policies judge it.
  @discardableResult
  mutating func report(_ id: AttemptID, _ outcome: AttemptOutcome) -> Bool {
    let (answers, u) = (answers, u)
    var counts = false
    event { machine, now in
      let judged = machine.judged(id, outcome, u: u, now: now, answers)
      counts = machine.attemptEnded(id, judged, now: now)
    }
    return counts
  }

  mutating func timeOut(_ node: String) { timeOut(id(node)) }

  mutating func timeOut(_ id: AttemptID) {
    event { machine, _ in machine.attemptTimedOut(id) }
  }

  @discardableResult
  mutating func neverStarted(_ node: String) -> Bool { neverStarted(id(node)) }

  @discardableResult
  mutating func neverStarted(_ id: AttemptID) -> Bool {
    var counts = false
    event { counts = $0.attemptNeverStarted(id, now: $1) }
    return counts
  }

  /// Gives an order.
  ///
  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func order(_ order: RunOrder, left: [AttemptID: AttemptEnding] = [:]) -> String? {
    var reason: String?
    event { machine, now in
      do throws(BatonError) {
        try machine.apply(order, left: left, now: now)
      } catch {
        #expect(error.code == .failedPrecondition)
        reason = error.reason.rawValue
      }
    }
    return reason
  }

  @discardableResult
  mutating func stop(graceMS: Int64? = nil, isForced: Bool = false) -> String? {
    order(.stop(StopOrder(graceMS: graceMS, isForced: isForced)))
  }

  /// Re-runs nodes; none: all that failed.
  ///
  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func rerun(
    _ nodes: String..., expecting: Int = 0, env: [String: String] = [:], unset: [String] = [],
    expectedRevision: Int = 0, noReset: Bool = false, resume: Bool = false,
    allowCompleted: Bool = false, downstream: Bool = false, isDry: Bool = false
  ) -> String? {
    rerun(
      all: nodes, expecting: expecting, env: env, unset: unset, expectedRevision: expectedRevision,
      noReset: noReset, resume: resume, allowCompleted: allowCompleted, downstream: downstream,
      isDry: isDry)
  }

  @discardableResult
  mutating func rerun(
    all nodes: [String], expecting: Int = 0, env: [String: String] = [:], unset: [String] = [],
    expectedRevision: Int = 0, noReset: Bool = false, resume: Bool = false,
    allowCompleted: Bool = false, downstream: Bool = false, isDry: Bool = false
  ) -> String? {
    let order = RerunOrder(
      nodes: nodes.map { NamedNode($0, expectedAttempt: expecting) }, allFailed: nodes.isEmpty,
      change: EnvChange(values: env, unset: unset, expectedRevision: expectedRevision),
      keepsFinished: noReset, resumes: resume, allowsCompleted: allowCompleted,
      call: RerunCall(
        principal: "ann", time: now, requestID: "r", note: "n", rerunsDownstream: downstream))
    return call(isDry: isDry) { tree, now throws(BatonError) in
      try order.checkForm()
      return try tree.rerun(order, in: Self.id, now: now)
    }
  }

  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func skip(
    _ node: String, expecting: Int = 0, outputs: [String: String] = [:], outcome: Bool? = nil,
    env: [String: String] = [:], isDry: Bool = false
  ) -> String? {
    let order = SkipOrder(
      node: NamedNode(node, expectedAttempt: expecting),
      outputs: outputs.sorted { $0.key < $1.key }
        .map { TokenPutBatch.Entry(scope: .user, key: $0.key, value: $0.value) },
      outcome: outcome, change: EnvChange(values: env),
      call: RerunCall(principal: "ann", time: now))
    return call(isDry: isDry) { tree, now throws(BatonError) in
      try order.checkForm()
      return try tree.skip(order, in: Self.id, now: now)
    }
  }

  /// Changes the environment, and nothing else.
  ///
  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func update(_ env: [String: String]) -> String? {
    let call = RerunCall(principal: "ann", time: now)
    return self.call(isDry: false) { tree, now throws(BatonError) in
      var plan = CallPlan(envRevision: 0)
      plan.edits = try tree.update(Self.id, EnvChange(values: env), by: call)
      return plan
    }
  }

  /// Carries out a call on the run as the root of a tree.
  private mutating func call(
    isDry: Bool, _ body: (inout RunTree, Timestamp) throws(BatonError) -> CallPlan
  ) -> String? {
    var reason: String?
    var failure: BatonError?
    var (environment, revisions, lastPlan) = (environment, revisions, lastPlan)
    event { machine, now in
      var tree = RunTree(machine, environment: environment)
      do throws(BatonError) {
        lastPlan = try body(&tree, now)
        guard !isDry else { return }
        machine = tree.root
        environment = tree.environment
        revisions += tree.takeTransition().revisions
      } catch {
        reason = error.reason.rawValue
        failure = error
      }
    }
    (self.environment, self.revisions, self.lastPlan) = (environment, revisions, lastPlan)
    lastError = failure
    return reason
  }

  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func hold(_ nodes: String...) -> String? { hold(all: nodes) }

  @discardableResult
  mutating func hold(all nodes: [String]) -> String? {
    refusal { machine, _ throws(BatonError) in try machine.hold(nodes) }
  }

  @discardableResult
  mutating func release(_ nodes: String...) -> String? { release(all: nodes) }

  @discardableResult
  mutating func release(all nodes: [String]) -> String? {
    refusal { machine, now throws(BatonError) in try machine.release(nodes, now: now) }
  }

  /// Reports an outcome of an attempt that has ended.
  mutating func reportLate(
    _ node: String, _ attempt: Int, _ status: AttemptStatus, code: Int?
  ) -> String? {
    guard let stored = attempts[id(node, attempt)] else { return "no attempt" }
    let outcome = AttemptOutcome(status: status, exitCode: code)
    return refusal { machine, now throws(BatonError) in
      try machine.reportedLate(outcome, of: stored, by: "worker", now: now)
    }
  }

  private mutating func refusal(
    _ body: (inout RunMachine, Timestamp) throws(BatonError) -> Void
  ) -> String? {
    var reason: String?
    event { machine, now in
      do throws(BatonError) {
        try body(&machine, now)
      } catch {
        reason = error.reason.rawValue
      }
    }
    return reason
  }

  /// Lets time pass, and ends the delays that are over then.
  mutating func pass(milliseconds: Int64) {
    now = Timestamp(milliseconds: now.milliseconds + milliseconds)
    deliverWakes()
  }

  private mutating func deliverWakes() {
    while let due = wakes.filter({ $0.value <= now }).min(by: { $0.key < $1.key }) {
      wakes[due.key] = nil
      event { machine, now in machine.delayOver(due.key, now: now) }
    }
  }

  /// Rebuilds the machine from what is stored.
  mutating func recover() {
    machine = RunMachine(
      plan: plan, run: stored, nodes: Array(nodes.values), attempts: Array(attempts.values),
      items: items.values.flatMap { Array($0.values) })
    machine.environment = environment
    wakes = [:]
    machine.takeUp(now: now)
    let transition = machine.takeTransition()
    #expect(transition.isEmpty, "a return changes nothing by itself")
    note(transition.actions)
  }

  /// Applies an event, starts what is ready, and stores the transition.
  mutating func step(_ body: (inout RunMachine, Timestamp) -> Void) { event(body) }

  private mutating func event(_ body: (inout RunMachine, Timestamp) -> Void) {
    if recoversAlways { recover() }
    now = now.advanced(by: .milliseconds(10))
    body(&machine, now)
    startWhatMay()
    store(machine.takeTransition())
    deliverWakes()
  }

  private mutating func startWhatMay() {
    while true {
      if let hook = machine.nextHook {
        starts.append(hook.word)
        machine.start(hook, inputs: .init(), credentialHash: [1], host: "here", now: now)
      } else if let due = machine.nextDue() {
        start(due)
      } else {
        return
      }
    }
  }

  private mutating func start(_ due: RunDue) {
    switch due {
    case .opening(let position): open(position)
    case .start(let position):
      let step = plan.steps[position]
      starts.append(step.name)
      if let forEach = step.forEach {
        guard let elements = try? ForEach.elements(of: lists[step.name] ?? forEach.items.source)
        else {
          let failure = AttemptOutcome.failed(ForEachFailure.reason, "no list")
          return machine.execute(position, outcome: failure, now: now)
        }
        machine.startPass(position, elements, now: now)
      } else {
        machine.start(position, inputs: .init(), credentialHash: [1], host: "here", now: now)
      }
    case .item(let position, let index):
      starts.append("\(plan.steps[position].name)[\(index)]")
      machine.startItem(
        position, index: index, inputs: .init(), credentialHash: [1], host: "here", now: now)
    case .passEnd(let position):
      guard let id = machine.running[position]?.id else { return }
      let outcome = machine.judged(id, machine.passOutcome(position), now: now, answers)
      machine.endPass(position, outcome, now: now)
    }
  }

  private mutating func open(_ position: Int) {
    let step = plan.steps[position]
    switch machine.pauseToDecide(position) {
    case .fixed(true)?: return machine.pause(position, now: now)
    case .expression(let text)?:
      let about = ExpressionAttempt(number: machine.nextAttempt(of: position).attempt)
      if case .success(true) = answers.holds(text, about: about) {
        return machine.pause(position, now: now)
      }
    default: break
    }
    do {
      let reads = step.hasPolicyTemplates && machine.nodes[position].chain.policy == nil
      let policy = reads ? try step.chainPolicy { texts[$0.source] ?? "" } : nil
      machine.open(position, policy, now: now)
    } catch {
      machine.execute(
        position, outcome: .failed(PolicyFailure.reason, "\(error)"), now: now)
    }
  }

  private mutating func note(_ actions: [RunAction]) {
    for action in actions {
      switch action {
      case .setWake(let node, let time): wakes[node] = time
      case .removeWake(let node): wakes[node] = nil
      default: continue
      }
    }
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
      case .recordLate(let id, let report):
        #expect(attempts[id]?.status != .running)
        attempts[id]?.addLate(report)
      case .putItem(let item): items[item.node, default: [:]][item.index] = item
      case .insertEnvRevision(let revision): revisions.append(revision)
      case .put(let batch, _), .publish(let batch): puts.append(batch)
      }
    }
    for node in transition.nodes { nodes[node.node] = node }
    if let (state, expected) = transition.state {
      #expect(stored.state.status == expected)
      stored.state = state
    }
    events += transition.events
    actions += transition.actions
    note(transition.actions)
    #expect(events.map(\.event) == Array(2..<(2 + events.count)), "events are 1, 2, …")
  }

  // MARK: - Looking

  func id(_ node: String, _ attempt: Int? = nil) -> AttemptID {
    let newest = attempts.keys.filter { $0.node == node && $0.item == nil }.map(\.attempt).max()
    return AttemptID(run: Self.id, node: node, attempt: attempt ?? newest ?? 0)
  }

  /// The newest attempt of an item in the newest pass.
  func id(_ node: String, item index: Int) -> AttemptID {
    var id = id(node)
    id.item = AttemptID.Item(index: index, attempt: items[node]?[index]?.attempts ?? 0)
    return id
  }

  /// Item statuses by index, those that are kept in lower case and dropped ones left out.
  func items(of node: String) -> String {
    let letters: [ItemStatus: String] = [
      .pending: "–", .waiting: "W", .running: "R", .completed: "C", .failed: "F", .killed: "K",
    ]
    return (items[node] ?? [:]).values.filter { !$0.isDropped }.sorted { $0.index < $1.index }
      .map { item in
        let letter = letters[item.status] ?? "?"
        return item.isKept ? letter.lowercased() : letter
      }.joined(separator: " ")
  }

  /// The times of a node's attempts in milliseconds since the start, `start-end`.
  func times(of node: String) -> [String] {
    attempts.values.filter { $0.id.node == node && $0.id.item == nil }.sorted {
      $0.id.attempt < $1.id.attempt
    }
    .map { attempt in
      let start = attempt.started.milliseconds - Self.start.milliseconds
      return "\(start)-\(attempt.ended.map { $0.milliseconds - Self.start.milliseconds } ?? -1)"
    }
  }

  var kills: [RunAction] {
    actions.filter { if case .kill = $0 { true } else { false } }
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

  /// The attempts of a node: number, cause, status and revision, `2 RERUN C 2`.
  func attempts(of node: String) -> [String] {
    attempts.values.filter { $0.id.node == node }.sorted { $0.id.attempt < $1.id.attempt }
      .map { "\($0.id.attempt) \($0.cause.word) \($0.status.word.prefix(1)) \($0.envRevision)" }
  }

  /// What the last accepted call said: attempts, nodes judged again, nodes untouched.
  var plannedAttempts: [String] {
    lastPlan?.attempts.map { attempt in
      let starts: [CallPlan.Start: String] = [
        .now: "NOW", .afterUpstream: "AFTER_UPSTREAM", .onResume: "ON_RESUME",
      ]
      return
        "\(attempt.node) \(attempt.number) \(attempt.cause.word) \(starts[attempt.starts] ?? "")"
    } ?? []
  }

  var reevaluated: [String] { lastPlan?.reevaluated.map(\.node) ?? [] }
  var untouched: [String] { lastPlan?.untouched.map(\.node) ?? [] }

  /// The changes of status of a node or, with nil, of the run, `PENDING>RUNNING`.
  func changes(of node: String?) -> [String] {
    events.compactMap { event in
      switch event.change {
      case .run(let from, let to, _, _): node == nil ? "\(from?.word ?? "")>\(to.word)" : nil
      case .node(let name, let from, let to, _):
        name == node ? "\(from.word)>\(to.word)" : nil
      default: nil
      }
    }
  }

  /// The reasons of a node's attempts, in order.
  func reasons(of node: String) -> [String?] {
    attempts.values.filter { $0.id.node == node && $0.id.item == nil }.sorted {
      $0.id.attempt < $1.id.attempt
    }
    .map(\.reason)
  }
}

extension RunMachine {
  /// The node that may start next, where nothing is asked before.
  func nextReady() -> Int? {
    if case .start(let position) = nextDue() { position } else { nil }
  }

  /// Reports an outcome that no expression judges.
  @discardableResult
  mutating func attemptEnded(
    _ id: AttemptID, _ outcome: AttemptOutcome, now: Timestamp
  ) -> Bool {
    attemptEnded(id, JudgedOutcome(outcome), now: now)
  }

  /// Executes a node whose outcome no expression judges.
  mutating func execute(
    _ position: Int, outcome: AttemptOutcome, inputs: AttemptInputs? = nil, now: Timestamp
  ) {
    execute(position, outcome: JudgedOutcome(outcome), inputs: inputs, now: now)
  }
}
