import BatonCore
import Testing

/// A tree of runs driven by values: node `p` of each run starts a child run of the next graph.
struct TreeScript {
  private(set) var tree: RunTree
  private(set) var transitions: [TreeTransition] = []
  private(set) var now = RunScript.start
  /// The runs made, in order: the root first.
  private(set) var runs: [RunID] = [RunScript.id]

  /// Attempts of all runs.
  private(set) var attempts: [AttemptID: AttemptRecord] = [:]
  /// What the last call that was accepted said.
  private(set) var plan: CallPlan?

  private let plans: [RunPlan]
  /// Runs whose end was reported, as they are stored.
  private var ended: [RunID: RunMachine] = [:]

  /// - Parameters:
  ///   - graphs: Nodes of the root, of its child run, of the child's; as in ``RunScript``.
  ///   - onFailure: What an unhandled failure does in each of them.
  ///   - timeoutMS: Of each attempt.
  init(
    _ graphs: [[String]], _ onFailure: FailurePolicy = .finishSiblings, timeoutMS: Int64? = nil
  ) {
    plans = graphs.map { RunScript.plan($0, onFailure, timeoutMS) }
    var state = RunState(status: .pending)
    state.lastEvent = 1
    let record = RunRecord(
      header: RunHeader(
        id: RunScript.id, workflow: RunScript.workflow, version: 1, created: RunScript.start,
        env: ["K": "1"]), state: state)
    tree = RunTree(
      RunMachine(
        plan: plans[0], run: record, nodes: RunMachine.pendingNodes(plans[0], RunScript.id),
        attempts: []))
    step { tree, now in tree[tree.id].begin(now: now) }
  }

  /// Applies an event, starts what may start, and what follows once that is stored.
  mutating func step(_ body: (inout RunTree, Timestamp) -> Void) {
    now = now.advanced(by: .milliseconds(10))
    body(&tree, now)
    tree.reachDown(now: now)
    for run in tree.members { startWhatMay(in: run) }
    let transition = tree.takeTransition()
    transitions.append(transition)
    for change in transition.root.changes + transition.below.flatMap(\.transition.changes) {
      switch change {
      case .insertAttempt(let attempt), .updateAttempt(let attempt):
        attempts[attempt.id] = attempt
      default: continue
      }
    }
    for child in transition.begins where tree.suspendedAncestor(of: child) == nil {
      step { tree, now in tree[child].begin(now: now) }
    }
    for (child, changes) in transition.below where changes.actions.contains(.ended) {
      report(child)
    }
    for child in transition.ended { report(child) }
  }

  private mutating func startWhatMay(in run: RunID) {
    while let position = tree[run].nextReady() {
      guard tree[run].nodes[position].node == "p" else {
        tree[run].start(position, inputs: .init(), credentialHash: [1], host: "here", now: now)
        continue
      }
      if let child = tree.childToContinue(by: position, of: run) {
        load(child)
        tree.continueChild(child, by: position, of: run, inputs: .init(), now: now)
        continue
      }
      let plan = plans[tree.depth(of: run)]
      let child = ChildRun(
        id: RunID(milliseconds: now.milliseconds, sequence: UInt16(runs.count), random: 7),
        workflow: RunScript.workflow, plan: plan, arguments: ["n": "5"])
      tree[run].start(position, child: child.id, inputs: .init(), now: now)
      let attempt = tree[run].running[position]?.id
      tree.create(child, by: attempt ?? AttemptID(run: run, node: "p", attempt: 0), now: now)
      runs.append(child.id)
    }
  }

  /// The end of a child run settles the attempt that made it.
  private mutating func report(_ child: RunID) {
    guard let parent = tree.attempt(servedBy: child) else {
      ended[child] = tree[child]
      return tree.remove(child)
    }
    let outcome = AttemptOutcome(
      of: child, tree[child].state.status, exported: [], missing: [])
    ended[child] = tree[child]
    tree.remove(child)
    guard tree.contains(parent.run) else { return }
    step { tree, now in tree[parent.run].attemptEnded(parent, outcome, now: now) }
  }

  /// Takes a run that has ended into the tree again, with those above it.
  private mutating func load(_ run: RunID) {
    guard !tree.contains(run), let machine = ended[run] else { return }
    if let parent = machine.header.parent { load(parent.run) }
    tree.insert(machine)
  }

  /// Re-runs a node of the run made as n-th; none: all that failed.
  ///
  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func rerun(
    _ node: String?, in run: Int, env: [String: String] = [:], noReset: Bool = false,
    resume: Bool = false, allowCompleted: Bool = false
  ) -> String? {
    let id = runs[run]
    let order = RerunOrder(
      nodes: node.map { [NamedNode($0)] } ?? [], allFailed: node == nil,
      change: EnvChange(values: env), keepsFinished: noReset, resumes: resume,
      allowsCompleted: allowCompleted, call: RerunCall(principal: "ann", time: now))
    load(id)
    for child in tree[id].children.values { load(child) }
    return call { tree, now throws(BatonError) in try tree.rerun(order, in: id, now: now) }
  }

  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func skip(_ node: String, in run: Int) -> String? {
    let id = runs[run]
    load(id)
    let order = SkipOrder(
      node: NamedNode(node), call: RerunCall(principal: "ann", time: now))
    return call { tree, now throws(BatonError) in try tree.skip(order, in: id, now: now) }
  }

  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func resume(_ run: Int, env: [String: String]) -> String? {
    let id = runs[run]
    let call = RerunCall(principal: "ann", time: now)
    load(id)
    return self.call { tree, now throws(BatonError) in
      try tree.resume(id, EnvChange(values: env), by: call, now: now)
    }
  }

  private mutating func call(
    _ body: (inout RunTree, Timestamp) throws(BatonError) -> CallPlan
  ) -> String? {
    var reason: String?
    var answer = plan
    step { tree, now in
      do throws(BatonError) {
        answer = try body(&tree, now)
      } catch {
        reason = error.reason.rawValue
      }
    }
    plan = answer
    // What was loaded and is not active goes away again, the lowest first.
    for member in tree.members.reversed()
    where member != tree.id && !tree[member].state.status.isActive {
      tree.remove(member)
    }
    return reason
  }

  /// The attempts of a node of the run made as n-th: number, cause, status, revision, child.
  func attempts(of node: String, in run: Int = 0) -> [String] {
    attempts.values.filter { $0.id.run == runs[run] && $0.id.node == node }
      .sorted { $0.id.attempt < $1.id.attempt }
      .map { attempt in
        let child = attempt.child.flatMap { runs.firstIndex(of: $0) }.map { " run \($0)" } ?? ""
        return "\(attempt.id.attempt) \(attempt.cause.word) \(attempt.status.word.prefix(1)) "
          + "\(attempt.envRevision)\(child)"
      }
  }

  /// A run as it stands, also when its end was reported.
  func machine(_ run: Int) -> RunMachine? {
    tree.contains(runs[run]) ? tree[runs[run]] : ended[runs[run]]
  }

  /// Ends the running attempt of a node of the run made as n-th.
  mutating func end(_ node: String, in run: Int, _ status: AttemptStatus = .completed) {
    let id = AttemptID(run: runs[run], node: node, attempt: attempt(of: node, in: run))
    let outcome = AttemptOutcome(
      status: status, reason: status == .failed ? "exit_nonzero" : nil,
      exitCode: status == .completed ? 0 : 1)
    step { tree, now in tree[id.run].attemptEnded(id, outcome, now: now) }
  }

  /// - Returns: The reason of the refusal; nil: it was accepted.
  @discardableResult
  mutating func order(_ order: RunOrder, to run: Int) -> String? {
    let id = runs[run]
    var reason: String?
    step { tree, now in
      do throws(BatonError) {
        try tree.apply(order, to: id, now: now)
      } catch {
        reason = error.reason.rawValue
      }
    }
    return reason
  }

  func attempt(of node: String, in run: Int) -> Int {
    tree[runs[run]].nodes.first { $0.node == node }?.attempts ?? 0
  }

  /// The word of a run's status; `gone`: it has ended and its end is reported.
  func status(_ run: Int) -> String {
    tree.contains(runs[run]) ? tree[runs[run]].state.status.word : "gone"
  }

  /// Words of all runs' statuses.
  var statuses: [String] { runs.indices.map(status) }

  /// The status of a node, with its reason.
  func node(_ node: String, in run: Int = 0) -> String {
    guard let record = tree[runs[run]].nodes.first(where: { $0.node == node }) else { return "" }
    return record.status.word + (record.reason.map { " \($0)" } ?? "")
  }

  /// What the programs of a run are asked since the last look.
  var killed: [String] {
    transitions.flatMap { $0.root.actions + $0.below.flatMap(\.transition.actions) }.compactMap {
      if case .kill(let id, let grace, let reason) = $0 {
        "\(id.node) \(grace) \(reason)"
      } else {
        nil
      }
    }
  }
}
