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

  init(seed: UInt64) {
    self.seed = seed
    random = SplitMix(state: seed)
    let plan = RunScript.plan(Self.workflow(&random))
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

  private mutating func step() {
    let running = runningNodes
    let node = running.isEmpty ? "" : running[random.below(running.count)]
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
    case 5: both { $0.neverStarted(node) }
    case 6: both { $0.timeOut(node) }
    case 7:
      // A late report of an attempt before this one (G61).
      let attempt = plain.id(node).attempt - 1
      both { $0.report(node, AttemptOutcome(status: .completed), attempt: attempt) }
    case 8, 9: both { $0.end(node, .failed) }
    default:
      let decision = random.chance(2)
      both { $0.end(node, decision: decision) }
    }
  }

  /// Lets everything end.
  private mutating func finish() {
    for _ in 0..<1_000 where plain.status.isActive {
      both { $0.order(.resume) }
      both { $0.pass(milliseconds: 100_000) }
      for node in runningNodes where plain.status.isActive { both { $0.end(node) } }
    }
  }

  private var runningNodes: [String] {
    plain.attempts.values.filter { $0.status == .running }.map(\.id.node).sorted()
  }

  // MARK: - Rules

  private func expectSame() {
    #expect(returning.stored == plain.stored, "seed \(seed)")
    #expect(returning.nodes == plain.nodes, "seed \(seed)")
    #expect(returning.attempts == plain.attempts, "seed \(seed)")
    #expect(returning.events == plain.events, "seed \(seed)")
    #expect(returning.starts == plain.starts, "seed \(seed)")
    #expect(returning.wakes == plain.wakes, "seed \(seed)")
  }

  private func expectEnded() {
    #expect(!plain.status.isActive, "seed \(seed) ends; it is \(plain.status.word)")
    #expect(plain.stored.state.ended != nil, "seed \(seed)")
    #expect(plain.nodes.values.allSatisfy { $0.status.hasEnded }, "seed \(seed)")
    #expect(plain.attempts.values.allSatisfy { $0.status != .running }, "seed \(seed)")
    #expect(plain.actions.last == .ended, "seed \(seed)")
    #expect(plain.actions.count { $0 == .ended } == 1, "seed \(seed)")
    #expect(plain.wakes.isEmpty, "seed \(seed)")
    expectChanges()
    expectHooks()
  }

  /// G35 and G38: only marked changes; each attempt starts and ends once.
  private func expectChanges() {
    var attempts: [String: AttemptStatus] = [:]
    for event in plain.events {
      switch event.change {
      case .run(let from, let to, _):
        #expect(from?.canBecome(to) == true, "seed \(seed)")
      case .node(_, let from, let to, _):
        #expect(Self.nodeTable[from]?.contains(to) == true, "seed \(seed) \(from) \(to)")
      case .attempt(let node, let number, _, let from, let to, _, _):
        #expect(attempts["\(node) \(number)"] == from, "seed \(seed)")
        attempts["\(node) \(number)"] = to
      default: Issue.record("seed \(seed) another event")
      }
    }
    #expect(attempts.count == plain.attempts.count, "seed \(seed)")
  }

  static let nodeTable: [NodeStatus: Set<NodeStatus>] = [
    .pending: [.waiting, .running, .skipped, .upstreamFailed],
    .waiting: [.running, .killed, .skipped],
    .running: [.waiting, .completed, .failed, .killed],
  ]

  /// G49, G50: initialize before any node, finish at most once and after all.
  private func expectHooks() {
    let hooks = plain.attempts.values.filter { $0.hook != nil && $0.reason != "not_started" }
    let initialize = hooks.filter { $0.hook == .initialize }
    let finish = hooks.filter { $0.hook == .finish }
    #expect(initialize.count <= 1 && finish.count <= 1, "seed \(seed)")
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

  private static func workflow(_ random: inout SplitMix) -> Workflow {
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
    if random.chance(2) { workflow.initialize = Hook(argv: []) }
    if random.chance(2) { workflow.finish = Hook(argv: []) }
    return workflow
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
