import BatonCore
import Testing

/// Random graphs under random events; a second machine is rebuilt from what is stored on the way.
@Suite("Random walks of runs", .timeLimit(.minutes(2))) struct RunWalkTests {
  @Test("rules hold at every step, and a return at any of them changes nothing", arguments: 0..<40)
  func walks(block: UInt64) {
    for seed in block * 25..<(block + 1) * 25 { Walk(seed: seed).run() }
  }
}

/// A pair of equal runs: one goes through, the other is rebuilt again and again.
private struct Walk {
  private var random: SplitMix
  private var plain: RunScript
  private var returning: RunScript
  private let seed: UInt64
  /// Whether nodes have policies and items; then calls are not held against their plans.
  private let hasPolicies: Bool

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix(state: seed)
    hasPolicies = random.chance(2)
    let plan = RunScript.plan(Self.workflow(&random, hasPolicies: hasPolicies))
    plain = RunScript(plan)
    returning = RunScript(plan)
  }

  func run() {
    var walk = self
    walk.walk()
  }

  private mutating func walk() {
    if random.chance(20) { both { $0.stop() } }
    if plain.status == .pending { both { $0.begin() } }
    for _ in 0..<random.below(60) where plain.status.isActive { step() }
    for _ in 0..<random.below(4) {
      finish()
      expectEnded()
      for _ in 0..<4 where !plain.status.isActive {
        if hasPolicies { rerun() } else { repair() }
      }
      for _ in 0..<random.below(30) where plain.status.isActive { step() }
    }
    finish()
    expectEnded()
  }

  private mutating func both(_ body: (inout RunScript) -> Void) {
    if random.chance(3) { returning.recover() }
    body(&plain)
    body(&returning)
    if random.chance(3) { returning.recover() }
    expectSame()
  }

  /// Re-runs or skips something, at random; a dry run before it says the same.
  private mutating func repair() {
    let names = plain.plan.steps.map(\.name)
    guard !names.isEmpty else { return }
    let env = random.chance(3) ? ["K": String(random.below(4))] : [:]
    if random.chance(4) {
      let node = names[random.below(names.count)]
      let isCondition = plain.plan.steps[plain.plan.graph.index(of: node) ?? 0].isCondition
      let outcome = isCondition ? random.chance(2) : nil
      return repair { $0.skip(node, outcome: outcome, env: env, isDry: $1) }
    }
    var nodes: [String] = []
    for _ in 0..<random.below(3) {
      let node = names[random.below(names.count)]
      if !nodes.contains(node) { nodes.append(node) }
    }
    let (resume, downstream) = (random.chance(2), random.chance(3))
    let allowCompleted = !random.chance(3)
    repair {
      $0.rerun(
        all: nodes, env: env, resume: resume, allowCompleted: allowCompleted,
        downstream: downstream, isDry: $1)
    }
  }

  /// Re-runs something, with or without the items that completed.
  private mutating func rerun() {
    let names = plain.plan.steps.map(\.name)
    guard !names.isEmpty else { return }
    let node = names[random.below(names.count)]
    let (noReset, resume) = (random.chance(2), random.chance(2))
    both {
      $0.rerun(node, noReset: noReset, resume: resume, allowCompleted: true)
    }
  }

  private mutating func repair(_ call: (inout RunScript, Bool) -> String?) {
    var (asked, told) = (plain, plain)
    let expected = call(&asked, true)
    told.step { _, _ in }
    // RR-48: a dry run changes nothing.
    #expect(asked.stored == told.stored && asked.nodes == told.nodes, "seed \(seed)")
    #expect(asked.attempts == told.attempts && asked.events == told.events, "seed \(seed)")
    let before = plain
    var answer: String?
    both { answer = call(&$0, false) }
    #expect(answer == expected, "seed \(seed)")
    guard answer == nil else { return }
    #expect(plain.lastPlan == asked.lastPlan, "seed \(seed)")
    #expect(returning.lastPlan == plain.lastPlan, "seed \(seed)")
    // RE44, RE50: nothing else gets an attempt; a delay may be over, a handler obsolete.
    for node in plain.untouched {
      guard var old = before.nodes[node], old.status != .waiting else { continue }
      if old.status == .completed { old.isObsolete = plain.nodes[node]?.isObsolete ?? false }
      #expect(plain.nodes[node] == old, "seed \(seed)")
    }
    let judged = Set(plain.plannedAttempts.map { $0.split(separator: " ").first.map(String.init) })
      .union(plain.reevaluated.map { $0 }).union(plain.untouched.map { $0 })
    #expect(judged.count == plain.nodes.count, "seed \(seed)")
  }

  private mutating func hold() {
    let names = plain.plan.steps.map(\.name)
    guard !names.isEmpty else { return }
    let node = names[random.below(names.count)]
    if random.chance(2) { both { $0.hold(node) } } else { both { $0.release(node) } }
  }

  private mutating func step() {
    if random.chance(12) {
      if hasPolicies { rerun() } else { repair() }
      return
    }
    if random.chance(20) { return hold() }
    let running = runningAttempts
    let id = running.isEmpty ? plain.id("") : running[random.below(running.count)]
    switch random.below(running.isEmpty ? 5 : 16) {
    case 0: both { $0.order(.suspend) }
    case 1, 2: both { $0.order(.resume) }
    case 3:
      let time = Int64(random.below(400))
      both { $0.pass(milliseconds: time) }
    case 4:
      guard random.chance(4) else { return }
      let order = StopOrder(
        graceMS: random.chance(2) ? Int64(random.below(20_000)) : nil, isForced: random.chance(4))
      both { $0.order(.stop(order)) }
    case 5: both { $0.neverStarted(id) }
    case 6:
      // That of a pass is the time of its chain.
      let isPass = random.chance(2)
      both { $0.timeOut(isPass ? id.pass : id) }
    case 7:
      // A late report of an attempt before this one (G61).
      var late = id
      if late.item == nil { late.attempt -= 1 } else { late.item?.attempt -= 1 }
      both { $0.report(late, AttemptOutcome(status: .completed)) }
    case 8: both { $0.report(id, Self.failed("exit_nonzero")) }
    case 9:
      let reason = random.chance(2) ? "shim_lost" : "template_unresolved"
      both { $0.report(id, Self.failed(reason)) }
    default:
      let decision = random.chance(2)
      both { $0.report(id, Self.completed(decision)) }
    }
  }

  private static func failed(_ reason: String) -> AttemptOutcome {
    AttemptOutcome(status: .failed, reason: reason, exitCode: 1)
  }

  private static func completed(_ decision: Bool = false) -> AttemptOutcome {
    AttemptOutcome(status: .completed, exitCode: 0, decision: decision)
  }

  /// Lets everything end.
  private mutating func finish() {
    for _ in 0..<1_000 where plain.status.isActive {
      both { $0.order(.resume) }
      both { $0.release(all: $0.plan.steps.map(\.name)) }
      both { $0.pass(milliseconds: 100_000) }
      for id in runningAttempts where plain.status.isActive {
        both { $0.report(id, Self.completed()) }
      }
    }
  }

  /// What is executed now, passes left out.
  private var runningAttempts: [AttemptID] {
    plain.machine.runningAttempts.map(\.id).sorted { $0.description < $1.description }
  }

  // MARK: - Rules

  private func expectSame() {
    #expect(returning.stored == plain.stored, "seed \(seed)")
    #expect(returning.nodes == plain.nodes, "seed \(seed)")
    #expect(returning.attempts == plain.attempts, "seed \(seed)")
    #expect(returning.events == plain.events, "seed \(seed)")
    #expect(returning.starts == plain.starts, "seed \(seed)")
    #expect(returning.wakes == plain.wakes, "seed \(seed)")
    #expect(returning.environment == plain.environment, "seed \(seed)")
    #expect(returning.revisions == plain.revisions, "seed \(seed)")
    #expect(returning.items == plain.items, "seed \(seed)")
    #expect(returning.puts == plain.puts, "seed \(seed)")
    expectBounds()
  }

  /// RE99, RE105: no more runs at once than may.
  private func expectBounds() {
    let running = plain.machine.runningAttempts.filter { $0.hook == nil }
    if let bound = plain.plan.workflow.concurrency {
      #expect(running.count <= bound, "seed \(seed)")
    }
    for step in plain.plan.steps where step.forEach != nil {
      let items = running.count { $0.id.node == step.name }
      #expect(items <= step.policy.itemConcurrency, "seed \(seed)")
    }
  }

  private func expectEnded() {
    #expect(!plain.status.isActive, "seed \(seed) ends; it is \(plain.status.word)")
    #expect(plain.stored.state.ended != nil, "seed \(seed)")
    #expect(plain.nodes.values.allSatisfy { $0.status.hasEnded }, "seed \(seed)")
    #expect(plain.attempts.values.allSatisfy { $0.status != .running }, "seed \(seed)")
    #expect(plain.actions.last == .ended, "seed \(seed)")
    let ends = plain.stored.state.ends
    #expect(plain.actions.count { $0 == .ended } == ends.count, "seed \(seed)")
    #expect(ends.last?.status == plain.status && ends.last?.number == ends.count, "seed \(seed)")
    #expect(plain.wakes.isEmpty, "seed \(seed)")
    expectChanges()
    expectHooks()
  }

  /// G35 and G38: only marked changes; each attempt starts and ends once.
  private func expectChanges() {
    var attempts: [AttemptID: AttemptStatus] = [:]
    for event in plain.events {
      switch event.change {
      case .run(let from, let to, _, _):
        #expect(from?.canBecome(to) == true, "seed \(seed)")
      case .node(_, let from, let to, _):
        #expect(Self.nodeTable[from]?.contains(to) == true, "seed \(seed) \(from) \(to)")
      case .attempt(let node, let number, let item, let from, let to, _, _):
        let id = AttemptID(run: RunScript.id, node: node, attempt: number, item: item)
        #expect(attempts[id] == from, "seed \(seed)")
        attempts[id] = to
      case .env: continue
      default: Issue.record("seed \(seed) another event")
      }
    }
    #expect(attempts.count == plain.attempts.count, "seed \(seed)")
  }

  static let nodeTable: [NodeStatus: Set<NodeStatus>] = [
    .pending: [.waiting, .running, .skipped, .upstreamFailed, .killed],
    .waiting: [.running, .completed, .failed, .killed, .skipped],
    .running: [.waiting, .completed, .failed, .killed],
    .completed: [.pending], .failed: [.pending, .skipped], .killed: [.pending, .skipped],
    .skipped: [.pending], .upstreamFailed: [.pending],
  ]

  /// G49, G50: initialize before any node, finish at most once and after all.
  private func expectHooks() {
    let hooks = plain.attempts.values.filter { $0.hook != nil && $0.reason != "not_started" }
    let initialize = hooks.filter { $0.hook == .initialize }
    let finish = hooks.filter { $0.hook == .finish }
    let ends = plain.stored.state.ends.count
    #expect(initialize.count <= ends && finish.count <= ends, "seed \(seed)")
    #expect(initialize.count { $0.status == .completed } <= 1, "seed \(seed)")
    guard ends == 1 else { return }
    let hasStarted = plain.stored.state.started != nil
    let isForced = plain.stored.state.stop?.isForced == true
    let hasSucceeded =
      plain.plan.initialize == nil || initialize.first?.status == .completed
    if plain.plan.finish != nil, hasStarted, hasSucceeded, !isForced {
      #expect(finish.count == 1, "seed \(seed)")
    } else if !isForced {
      #expect(finish.isEmpty, "seed \(seed)")
    }
    if !hasSucceeded {
      #expect(plain.attempts.values.allSatisfy { $0.hook == .initialize }, "seed \(seed)")
    }
    if plain.stored.state.stop != nil {
      #expect(plain.status == .killed, "seed \(seed)")
    }
  }

  // MARK: - Graphs

  private static func workflow(_ random: inout SplitMix, hasPolicies: Bool) -> Workflow {
    let count = random.below(7)
    var graph: [String] = []
    for index in 0..<count {
      let isCondition = random.chance(4)
      var line = "n\(index)\(isCondition ? "?" : ""):"
      var edges: [String] = []
      for upstream in 0..<index where random.chance(2) {
        let kinds =
          graph[upstream].contains("?")
          ? ["", ".failure", ".complete", ".true", ".false"] : ["", ".failure", ".complete"]
        edges.append("n\(upstream)\(kinds[random.below(kinds.count)])")
      }
      if !edges.isEmpty {
        line += " " + edges.joined(separator: ", ")
        if random.chance(3) { line += " join any" }
        if random.chance(4) { line += " join \(1 + random.below(edges.count))" }
      }
      graph.append(line)
    }
    let policy: FailurePolicy = random.chance(2) ? .stopSiblings : .finishSiblings
    var workflow = RunScript.plan(graph, policy, 1_000).workflow
    for index in workflow.nodes.indices {
      if random.chance(2) {
        workflow.nodes[index].policy.retry = RetryPolicy(
          attempts: .literal(1 + random.below(3)),
          delayMS: .literal(Int64(random.below(3)) * 100), backoff: 2)
      }
      if random.chance(4) { workflow.nodes[index].waitBeforeMS = 150 }
    }
    if hasPolicies {
      if random.chance(3) { workflow.concurrency = 1 + random.below(3) }
      for index in workflow.nodes.indices { addPolicies(&workflow.nodes[index], &random) }
    }
    if random.chance(2) { workflow.initialize = Hook(argv: []) }
    if random.chance(2) { workflow.finish = Hook(argv: []) }
    return workflow
  }
}

extension Walk {
  /// Expressions have no result in walks.
  fileprivate static func addPolicies(_ node: inout Node, _ random: inout SplitMix) {
    if random.chance(6) { node.policy.pauseBefore = .fixed(true) }
    if random.chance(5) { node.policy.waitAfterMS = 120 }
    if random.chance(5) { node.policy.nodeTimeoutMS = .literal(Int64(100 + random.below(500))) }
    if random.chance(3) { node.policy.safeRerun = true }
    if random.chance(6) { node.policy.retry?.breakOn = "none" }
    if random.chance(8) { node.policy.failOn = "none" }
    if random.chance(6) {
      node.policy.onComplete = [TokenTemplate(key: "k", value: Template(literal: "v"))]
    }
    guard case .program = node.action, random.chance(3) else { return }
    let list = "[" + (0..<random.below(5)).map(String.init).joined(separator: ",") + "]"
    node.policy.forEach = ForEach(
      items: Template(literal: list), concurrency: .literal(1 + random.below(3)),
      failFast: random.chance(3), collect: ["k"])
  }
}

/// A small generator whose numbers are the same everywhere.
private struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
    return mixed ^ (mixed >> 31)
  }

  mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(next() % UInt64(bound)) : 0 }

  /// True once in so many times.
  mutating func chance(_ times: Int) -> Bool { below(times) == 0 }
}
