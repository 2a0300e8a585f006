import BatonCore
import Testing

/// How edges settle and joins decide (G14–G18), by values alone.
@Suite("Edges and joins") struct EdgeTests {
  /// How an upstream node ends.
  enum End: String, CaseIterable, Sendable {
    case completed, conditionTrue, conditionFalse, failedHandled, failedUnhandled, killed
    case upstreamFailed, skipped
  }

  static let kinds = ["success", "failure", "complete", "true", "false"]

  /// The table of G16; `-` cannot be: an edge of that kind is a handler.
  static let table: [End: String] = [
    .completed: "SIS..", .conditionTrue: "SISSI", .conditionFalse: "SISIS",
    .failedHandled: "ISSII", .failedUnhandled: "B--BB", .killed: "BBBBB",
    .upstreamFailed: "BBBBB", .skipped: "IIIII",
  ]

  static let cells: [(End, String, Character)] =
    End.allCases.flatMap { end in
      zip(kinds, table[end] ?? "").compactMap { kind, cell in
        cell == "-" || cell == "." ? nil : (end, kind, cell)
      }
    }

  @Test("G16 each cell: one edge under join all", arguments: Self.cells)
  func settles(end: End, kind: String, cell: Character) {
    // Z has the edge; F fails the others; X is the upstream node.
    var script = RunScript(Self.graph(end, kind), .finishSiblings)
    Self.run(&script, end)
    let expected: [Character: NodeStatus] = ["S": .running, "I": .skipped, "B": .upstreamFailed]
    #expect(script.nodes["Z"]?.status == expected[cell], "\(script.statuses)")
  }

  private static func graph(_ end: End, _ kind: String) -> [String] {
    let handler = end == .failedHandled && !["failure", "complete"].contains(kind)
    let condition = ["true", "false"].contains(kind) || "\(end)".hasPrefix("condition")
    let mark = condition ? "?" : ""
    let edges: String =
      switch end {
      case .upstreamFailed: " F"
      case .skipped: " G.failure"
      default: ""
      }
    return ["F", "G", "X\(mark):\(edges)", "Z: X.\(kind)"] + (handler ? ["H: X.failure"] : [])
  }

  private static func run(_ script: inout RunScript, _ end: End) {
    script.begin()
    switch end {
    case .completed: script.end("X")
    case .conditionTrue: script.end("X", decision: true)
    case .conditionFalse: script.end("X", decision: false)
    case .failedHandled, .failedUnhandled: script.end("X", .failed)
    case .killed: script.end("X", .killed, reason: "child_killed")
    case .upstreamFailed: script.end("F", .failed)
    case .skipped: script.end("G")
    }
  }

  /// The edges of Z by what A…D do: S completes, I is an impossible edge, B fails, o stays open.
  struct Join: CustomTestStringConvertible, Sendable {
    var join: String
    var edges: String
    var result: NodeStatus
    var testDescription: String { "join \(join) of \(edges): \(result.word)" }
  }

  static let joinRows: [Join] = [
    // all: waits for all; then S>=1 and B=0 starts, B>=1 fails, else skipped.
    .init(join: "all", edges: "SSo", result: .pending),
    .init(join: "all", edges: "BSo", result: .pending),
    .init(join: "all", edges: "SSS", result: .running),
    .init(join: "all", edges: "SII", result: .running),
    .init(join: "all", edges: "SIB", result: .upstreamFailed),
    .init(join: "all", edges: "III", result: .skipped),
    .init(join: "all", edges: "IIB", result: .upstreamFailed),
    .init(join: "any", edges: "Soo", result: .running),
    .init(join: "any", edges: "BSo", result: .running),
    .init(join: "any", edges: "IBo", result: .pending),
    .init(join: "any", edges: "III", result: .skipped),
    .init(join: "any", edges: "IBI", result: .upstreamFailed),
    .init(join: "1", edges: "Soo", result: .running),
    .init(join: "2", edges: "Soo", result: .pending),
    .init(join: "2", edges: "SBo", result: .pending),
    .init(join: "2", edges: "SBS", result: .running),
    .init(join: "2", edges: "SSo", result: .running),
    .init(join: "2", edges: "SII", result: .skipped),
    .init(join: "2", edges: "SIB", result: .upstreamFailed),
    .init(join: "3", edges: "SSI", result: .skipped),
    .init(join: "3", edges: "SSS", result: .running),
  ]

  @Test("G17 each row", arguments: Self.joinRows)
  func joins(row join: Join) {
    let names = ["A", "B", "C"]
    let edges = zip(names, join.edges).map { $1 == "I" ? "\($0).failure" : $0 }
    let rule = join.join == "all" ? "" : " join \(join.join)"
    var script = RunScript(
      names.map { "\($0):" } + ["Z: \(edges.joined(separator: ", "))\(rule)"], .finishSiblings)
    script.begin()
    for (name, edge) in zip(names, join.edges) where edge != "o" {
      script.end(name, edge == "B" ? .failed : .completed)
    }
    #expect(script.nodes["Z"]?.status == join.result, "\(script.statuses)")
  }

  @Test("G18 a node starts once, whatever settles later and however many edges are satisfied")
  func startsOnce() {
    // Both edges of Z are settled by one event; later ones by others.
    var script = RunScript(["A", "B", "Z: A.success, A.complete, B join any", "Y: Z"])
    script.begin()
    script.end("A")
    script.end("B")
    #expect(script.starts == ["A", "B", "Z"])
    script.end("Z")
    script.end("Y")
    #expect(script.starts == ["A", "B", "Z", "Y"] && script.status == .completed)
    #expect(script.attempts.count == 4)
  }

  @Test("G18 edges that settle while a ready node has not started do not start it twice")
  func readyOnce() {
    let plan = RunScript.plan(["A", "B", "Z: A, B join any"])
    var state = RunState(status: .pending)
    state.lastEvent = 1
    let header = RunHeader(
      id: RunScript.id, workflow: RunScript.workflow, version: 1, created: RunScript.start)
    var machine = RunMachine(
      plan: plan, run: RunRecord(header: header, state: state), nodes: [], attempts: [])
    let now = RunScript.start
    machine.begin(now: now)
    for position in [0, 1] {
      machine.start(
        position, inputs: .init(), credentialHash: [], host: "h", now: now)
    }
    for name in ["A", "B"] {
      let id = AttemptID(run: RunScript.id, node: name, attempt: 1)
      machine.attemptEnded(id, AttemptOutcome(status: .completed), now: now)
    }
    #expect(machine.nextReady() == 2)
    machine.start(2, inputs: .init(), credentialHash: [], host: "h", now: now)
    #expect(machine.nextReady() == nil)
  }

  @Test("G18 nodes that become ready together start in graph order")
  func order() {
    // Declared D before C before B; graph order follows declaration among the free ones.
    var script = RunScript(["A", "D: A", "C: A", "E: C", "B: A"])
    script.begin()
    script.end("A")
    #expect(script.starts == ["A", "D", "C", "B"])
  }

  @Test("an undecided condition is FAILED and settles as such (G20)")
  func undecided() {
    var script = RunScript(["P?", "N: P.true", "M: P.false", "H: P.failure"])
    script.begin()
    script.end("P", .failed, reason: "condition_null")
    #expect(script.statuses == "F S S R")
    script.end("H")
    #expect(script.status == .completed && script.stored.state.failures.isEmpty)
  }
}
