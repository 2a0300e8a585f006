import BatonCore
import Testing

/// What of a re-run is accepted, by status of the run, of those above it, and of the node.
@Suite("Tables of re-runs") struct RerunTableTests {
  private static let parentID = RunID(milliseconds: 1_767_225_600_000, sequence: 9, random: 7)

  /// A run as it is stored, with nodes in given statuses and one attempt for each of them.
  private static func machine(
    _ graph: [String], _ nodes: [String: NodeRecord], _ status: RunStatus, id: RunID = RunScript.id,
    parent: AttemptID? = nil, child: RunID? = nil, olderFailures: Int = 0
  ) -> RunMachine {
    let plan = RunScript.plan(graph)
    var state = RunState(status: status)
    state.lastEvent = 1
    state.started = RunScript.start
    state.failures = nodes.values.filter { $0.status == .failed }.map {
      RunFailure(node: $0.node, attempt: 1, reason: "exit_nonzero", message: "")
    }
    state.olderFailures = olderFailures
    let header = RunHeader(
      id: id, workflow: RunScript.workflow, version: 1, created: RunScript.start, parent: parent,
      root: parent?.run)
    var attempts: [AttemptRecord] = []
    for node in nodes.values where node.attempts > 0 {
      var attempt = AttemptRecord(
        id: AttemptID(run: id, node: node.node, attempt: 1), cause: .first, chain: 1,
        started: RunScript.start)
      switch node.status {
      case .running: break
      case .completed: attempt.status = .completed
      case .killed: attempt.status = .killed
      default: attempt.status = .failed
      }
      if attempt.status != .running { attempt.ended = RunScript.start }
      attempt.child = child
      attempts.append(attempt)
    }
    return RunMachine(
      plan: plan, run: RunRecord(header: header, state: state), nodes: Array(nodes.values),
      attempts: attempts)
  }

  private static func node(
    _ name: String, _ status: NodeStatus, _ reason: String? = nil, attempts: Int = 1,
    run: RunID = RunScript.id
  ) -> NodeRecord {
    var node = NodeRecord(run: run, node: name, rank: 0)
    node.status = status
    node.reason = reason
    node.attempts = attempts
    if attempts > 0 { node.chain.first = 1 }
    return node
  }

  /// - Returns: The answer without and with `allow_completed`; `-` is OK.
  private static func answers(
    _ tree: RunTree, in run: RunID = RunScript.id, _ node: String = "B"
  ) -> [String] {
    [false, true].map { allows in
      var tree = tree
      let order = RerunOrder(
        nodes: [NamedNode(node)], change: EnvChange(values: ["K": "2"]), allowsCompleted: allows,
        call: RerunCall(principal: "ann", time: RunScript.start))
      do throws(BatonError) {
        try tree.rerun(order, in: run, now: RunScript.start)
        return "-"
      } catch {
        // Nothing has changed.
        #expect(tree.takeTransition().isEmpty && tree.environment.revision == 1)
        #expect(tree[run].nodes.contains { $0.chain.call != nil } == (node == "R"))
        return error.reason.rawValue
      }
    }
  }

  // MARK: - Runs

  /// A row of RE31: the run's status, whether it is ending, and the answers.
  static let runs: [(RunStatus, Bool, [String])] = [
    (.pending, false, ["run_not_started", "run_not_started"]),
    (.starting, false, ["run_not_started", "run_not_started"]),
    (.running, false, ["-", "-"]),
    (.running, true, ["run_ending", "run_ending"]),
    (.suspended, false, ["-", "-"]),
    (.suspended, true, ["run_ending", "run_ending"]),
    (.resuming, false, ["-", "-"]),
    (.stopping, false, ["run_stopping", "run_stopping"]),
    (.completed, false, ["run_completed", "-"]),
    (.failed, false, ["-", "-"]),
    (.killed, false, ["-", "-"]),
    (.rejected, false, ["run_rejected", "run_rejected"]),
  ]

  /// A F (with stop-siblings, before or since the run was opened again), B F handled, C runs.
  private static func run(_ status: RunStatus, isEnding: Bool) -> RunMachine {
    var nodes = ["A": node("A", .failed), "B": node("B", .failed), "H": node("H", .completed)]
    nodes["C"] = node("C", status.isActive ? .running : .completed)
    return machine(
      ["A", "B", "H: B.failure", "C"], nodes, status, olderFailures: isEnding ? 0 : 2)
  }

  @Test("RR-17 every status and phase of the run", arguments: runs.indices)
  func runStatuses(row: Int) {
    let (status, isEnding, expected) = Self.runs[row]
    let tree = RunTree(Self.run(status, isEnding: isEnding))
    #expect(Self.answers(tree) == expected, "\(status.word)")
  }

  /// The last row of RE31: the status of the run above, whether it is ending, and the answers.
  static let ancestors: [(RunStatus, Bool, [String], RunStatus)] = [
    (.running, false, ["-", "-"], .running),
    (.running, true, ["run_ending", "run_ending"], .failed),
    (.suspended, false, ["-", "-"], .suspended),
    (.suspended, true, ["run_ending", "run_ending"], .failed),
    (.stopping, false, ["run_stopping", "run_stopping"], .failed),
    (.completed, false, ["ancestor_completed", "-"], .running),
    (.failed, false, ["-", "-"], .running),
    (.killed, false, ["-", "-"], .running),
  ]

  @Test("RR-17 every status and phase of a run above", arguments: ancestors.indices)
  func ancestorStatuses(row: Int) {
    let (status, isEnding, expected, child) = Self.ancestors[row]
    let id = Self.parentID
    var nodes = ["A": Self.node("A", .failed, run: id), "p": Self.node("p", .failed, run: id)]
    nodes["H"] = Self.node("H", .completed, run: id)
    nodes["C"] = Self.node("C", status.isActive ? .running : .completed, run: id)
    let parent = Self.machine(
      ["A", "p", "H: p.failure", "C"], nodes, status, id: id, child: RunScript.id,
      olderFailures: isEnding ? 0 : 2)
    var tree = RunTree(parent)
    tree.insert(
      Self.machine(
        ["B"], ["B": Self.node("B", .failed)], .failed,
        parent: AttemptID(run: id, node: "p", attempt: 1)))
    #expect(Self.answers(tree) == expected, "\(status.word)")
    let order = RerunOrder(
      nodes: [NamedNode("B")], allowsCompleted: true,
      call: RerunCall(principal: "ann", time: RunScript.start))
    _ = try? tree.rerun(order, in: RunScript.id, now: RunScript.start)
    #expect(tree[RunScript.id].state.status == child, "\(status.word)")
  }

  // MARK: - Nodes

  /// A row of RE32: the node's status and reason, the answers, and those of SkipNode.
  static let nodes: [(NodeStatus, String?, [String], String)] = [
    (.failed, "exit_nonzero", ["-", "-"], "-"),
    (.killed, "run_stopped", ["-", "-"], "-"),
    (.skipped, "run_failed", ["-", "-"], "node_not_taken"),
    (.skipped, "run_stopped", ["-", "-"], "node_not_taken"),
    (.completed, nil, ["node_completed", "-"], "node_completed"),
    (.skipped, "operator_skip", ["node_skipped", "-"], "node_skipped"),
    (.skipped, "no_edge_satisfied", ["node_not_taken", "node_not_taken"], "node_not_taken"),
    (.skipped, "handler_obsolete", ["node_not_taken", "node_not_taken"], "node_not_taken"),
    (
      .upstreamFailed, nil, ["node_upstream_failed", "node_upstream_failed"],
      "node_upstream_failed"
    ),
    (.pending, nil, ["node_not_started", "node_not_started"], "node_not_started"),
    (.waiting, nil, ["node_active", "node_active"], "node_active"),
    (.running, nil, ["node_active", "node_active"], "node_active"),
  ]

  @Test("RR-18 every status of the node", arguments: nodes.indices)
  func nodeStatuses(row: Int) {
    let (status, reason, expected, skip) = Self.nodes[row]
    let attempts = [.pending, .upstreamFailed].contains(status) || reason == "run_failed" ? 0 : 1
    let tree = RunTree(
      Self.machine(
        ["A", "B", "C"],
        [
          "A": Self.node("A", .failed), "B": Self.node("B", status, reason, attempts: attempts),
          "C": Self.node("C", .running),
        ], .running, olderFailures: 9))
    #expect(Self.answers(tree) == expected, "\(status.word) \(reason ?? "")")
    var skipped = tree
    let order = SkipOrder(
      node: NamedNode("B"), call: RerunCall(principal: "ann", time: RunScript.start))
    do throws(BatonError) {
      try skipped.skip(order, in: RunScript.id, now: RunScript.start)
      #expect(skip == "-")
    } catch {
      #expect(error.reason.rawValue == skip, "\(status.word) \(reason ?? "")")
      #expect(skipped.takeTransition().isEmpty)
    }
  }

  @Test(
    "RR-18 a node whose re-run is in progress",
    arguments: [
      AttemptCause.rerun, .downstream, .handler, .sibling, .child,
    ])
  func inProgress(cause: AttemptCause) {
    for status in [NodeStatus.pending, .waiting, .running] {
      var node = Self.node("R", status)
      node.chain.cause = cause
      node.chain.call = RerunCall(principal: "bob", time: RunScript.start)
      if status == .pending { node.chain.first = 0 }
      let tree = RunTree(
        Self.machine(
          ["A: R", "R", "C"], ["R": node, "C": Self.node("C", .running)], .running))
      #expect(
        Self.answers(tree, "R") == ["rerun_in_progress", "rerun_in_progress"], "\(status.word)")
    }
  }

  // MARK: - Others

  @Test("no_reset needs for_each or a child run (check 11); nothing downstream may be active (12)")
  func kinds() {
    var script = RunScript(["A", "B: A.complete", "C: B"], .finishSiblings)
    script.begin()
    script.end("A", .failed)
    #expect(script.rerun("A", noReset: true) == "no_reset_not_applicable")
    #expect(script.lastError?.code == .invalidArgument)
    #expect(script.rerun("A", downstream: true) == "downstream_active")
    #expect(script.lastError?.message.contains("downstream: B") == true)
    #expect(script.statuses == "F R –" && script.rerun("A") == nil)
    #expect(script.statuses == "R R –")
  }

  @Test("max_active_runs and the number of attempts are bounds of a re-run (check 14)")
  func bounds() {
    let order = RerunOrder(
      nodes: [NamedNode("B")], call: RerunCall(principal: "ann", time: RunScript.start))
    var ended = RunTree(Self.run(.failed, isEnding: false))
    let full = #expect(throws: BatonError.self) {
      try ended.rerun(order, in: RunScript.id, now: RunScript.start) { _ in [Self.parentID] }
    }
    #expect(full?.reason == "active_runs_full")
    #expect(full?.message.contains(Self.parentID.description) == true)
    // One that is active takes no further place.
    var active = RunTree(Self.run(.running, isEnding: false))
    #expect(throws: Never.self) {
      try active.rerun(order, in: RunScript.id, now: RunScript.start) { _ in [Self.parentID] }
    }
    var many = Self.node("B", .failed, attempts: 10_000)
    many.chain.first = 10_000
    var exhausted = RunTree(Self.machine(["B"], ["B": many], .failed))
    let error = #expect(throws: BatonError.self) {
      try exhausted.rerun(order, in: RunScript.id, now: RunScript.start)
    }
    #expect(error?.reason == "attempt_limit" && error?.code == .resourceExhausted)
  }
}
