import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Cases of views: who sees what (TK-01 … TK-06, TK-18 … TK-24).
@Suite("Cases of views", .timeLimit(.minutes(3))) struct TokenViewCaseTests {
  private static let twoInARow = """
    - {name: A, program: block}
    - {name: B, program: block, after: [A]}
    """

  /// Starts the next program of a node and lets it put entries; it goes on running.
  private func begin(
    _ house: EngineFixture, _ node: String, _ entries: KeyValuePairs<String, String> = [:]
  ) async throws -> LaunchSpec {
    let program = await house.programs.launch(of: node)
    if !entries.isEmpty { try await house.put(program, entries) }
    return program
  }

  /// Lets a program put entries and end.
  private func execute(
    _ house: EngineFixture, _ node: String, _ entries: KeyValuePairs<String, String>,
    exit code: Int = 0
  ) async throws {
    let program = try await begin(house, node, entries)
    house.programs.base.finish(program.key, .exited(code: code))
  }

  @Test("TK-01: a run in PENDING has an empty token", arguments: Deployment.allCases)
  func pending(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: Self.twoInARow)
      let run = Wire.RunRef(runID: try await house.pendingRun())
      #expect(try await house.status(run.runID) == .pending)
      let all = try await house.tokens.listTokens(.init(run: run))
      #expect(all.keys.isEmpty && all.asOfSeq == 0 && all.usedBytes == 0)
      #expect(try await house.tokens.getNodeToken(.init(run: run, node: "A")).entries.isEmpty)
      #expect(try await house.tokens.getTokenHistory(.init(run: run)).puts.isEmpty)
      _ = await refused("token_key_not_found", .notFound) {
        _ = try await house.tokens.getToken(.init(run: run, key: "k"))
      }
    }
  }

  @Test(
    "TK-02, TK-03, TK-04, TK-06: the reads of entries of two nodes",
    arguments: Deployment.allCases)
  func reads(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: Self.twoInARow)
      let run = try await house.trigger()
      // TK-02
      let a = try await begin(house, "A", ["k": "1"])
      let entry = try #require(
        try await house.tokens.getToken(.init(run: .init(runID: run), key: "k")).entry)
      #expect(entry.value == "1" && entry.node == "A" && entry.attempt == 1)
      #expect(entry.attemptStatus == .running && entry.scope == .user && entry.time > 0)
      #expect(try await house.value(run, "k", node: "A") == "1")
      #expect(try await house.value(run, "k", node: "B") == nil)
      #expect(try await house.entries(run, of: "A") == ["k=1"])
      // TK-06
      #expect(try await house.value(run, "k", scope: .system) == nil)
      #expect(try await house.list(run, "k", scope: .system).isEmpty)
      house.programs.base.finish(a.key, .exited(code: 0))
      // TK-03
      let b = try await begin(house, "B", ["k": "2"])
      #expect(try await house.list(run, "k") == ["A:1", "B:2"])
      #expect(try await house.value(run, "k") == "2")
      #expect(try await house.value(run, "k", node: "A") == "1")
      // TK-04
      try await house.put(b, ["k": "3"])
      #expect(try await house.list(run, "k") == ["A:1", "B:3"])
      let history = try await house.history(run, "k")
      #expect(history.map { $0.entry?.value } == ["1", "2", "3"])
      #expect(history.map(\.current) == [true, false, true])
      #expect(history.compactMap { $0.entry?.seq } == history.compactMap { $0.entry?.seq }.sorted())
    }
  }

  @Test("TK-18, TK-19: graph order, whichever ended first", arguments: Deployment.allCases)
  func graphOrder(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: block, after: [A]}
          - {name: C, program: block, after: [A]}
          - {name: D, program: block, after: [B, C]}
          """)
      let run = try await house.trigger()
      try await execute(house, "A", ["k": "a"])
      let b = try await begin(house, "B")
      try await execute(house, "C", ["k": "c"])
      try await house.node("C", of: run, is: "COMPLETED")
      try await house.put(b, ["k": "b"])
      house.programs.base.finish(b.key, .exited(code: 0))
      let d = try await begin(house, "D")
      // TK-19: before it has put anything.
      #expect(try await house.get("k", as: d) == "c")
      try await house.put(d, ["k": "d"])
      let all = ["A:a", "B:b", "C:c", "D:d"]
      #expect(try await house.list("k", as: d) == all)
      #expect(try await house.list(run, "k", at: "D") == all)
      #expect(try await house.value(run, "k") == "d")
      // T9: an ancestor is one over any path; T18: B sees A alone.
      #expect(try await house.list(run, "k", at: "B") == ["A:a", "B:b"])
    }
  }

  @Test("TK-20: a branch does not see its sibling's keys", arguments: Deployment.allCases)
  func siblings(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: B, program: block}\n- {name: C, program: block}")
      let run = try await house.trigger()
      let b = try await begin(house, "B")
      try await execute(house, "C", ["k": "1"])
      try await house.node("C", of: run, is: "COMPLETED")
      #expect(try await house.get("k", as: b) == nil)
      #expect(try await house.get("k", node: "C", as: b) == nil)
      let options = try house.options(b)
      let fromC = try await house.tokens.getNodeToken(.init(node: "C"), options: options)
      #expect(fromC.entries.isEmpty)
      let system = try await house.tokens.listTokens(.init(scope: .system), options: options)
      #expect(Set(system.keys.flatMap(\.entries).map(\.node)) == ["B"])
    }
  }

  @Test("TK-21: an inner fork is seen behind its join only", arguments: Deployment.allCases)
  func innerFork(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: block, after: [A]}
          - {name: C, program: block, after: [A]}
          - {name: D, program: block, after: [B, C]}
          - {name: E, program: block}
          """)
      let run = try await house.trigger()
      try await execute(house, "E", ["k": "e"])
      try await house.node("E", of: run, is: "COMPLETED")
      try await execute(house, "A", ["k": "a"])
      try await execute(house, "B", ["k": "b"])
      try await execute(house, "C", ["k": "c"])
      let d = try await begin(house, "D")
      #expect(try await house.list("k", as: d) == ["A:a", "B:b", "C:c"])
      // T12: of the nodes whose predecessors are all taken, the one declared first comes first.
      #expect(try await house.list(run, "k") == ["A:a", "B:b", "C:c", "E:e"])
    }
  }

  @Test("TK-22, T15: what a failed attempt put is there", arguments: Deployment.allCases)
  func failed(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: B, program: block}\n- {name: H, program: block, after: [B.failure]}")
      let run = try await house.trigger()
      try await execute(house, "B", ["k": "1"], exit: 1)
      let h = try await begin(house, "H")
      let entry = try await house.tokens.getToken(.init(key: "k"), options: house.options(h)).entry
      #expect(entry?.value == "1" && entry?.node == "B" && entry?.attemptStatus == .failed)
      house.programs.base.finish(h.key, .exited(code: 0))
      try await house.end(of: run)
    }
  }

  @Test("TK-23: a condition's entries outlive what fails behind it", arguments: Deployment.allCases)
  func condition(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: P, condition: {expr: "1 = 1", put: {branch: "${outcome}"}}}
          - {name: N, program: exit1, after: [P.true]}
          """)
      let run = try await house.run()
      #expect(try await house.status(run) == .failed)
      #expect(try await house.list(run, "branch") == ["P:true"])
      #expect(try await house.list(run, "condition", scope: .system) == ["P:true"])
      // T34: what the condition puts comes before its SYSTEM end entries, these in order (T33).
      let keys = try await house.history(run).compactMap(\.entry).filter { $0.node == "P" }
        .map(\.key)
      #expect(
        keys == [
          "baton.attempt", "baton.started_at", "branch", "condition", "baton.duration_ms",
          "baton.finished_at",
        ])
    }
  }

  @Test("TK-24: a skipped node, and none", arguments: Deployment.allCases)
  func skipped(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}\n- {name: S, program: ok, after: [A.failure]}")
      let run = try await house.run()
      #expect(try await house.letters(run, "A S") == "C S")
      for scope in [Wire.Scope.user, .system] {
        #expect(try await house.entries(run, of: "S", scope: scope).isEmpty)
        _ = await refused("node_not_found", .notFound) {
          _ = try await house.entries(run, of: "nosuch", scope: scope)
        }
      }
      // Names are compared by bytes: U+212A is another character than K, though equal to Unicode.
      try await house.deploy(nodes: "- {name: K, program: ok}")
      let other = try await house.run()
      #expect(try await house.entries(other, of: "K").isEmpty)
      _ = await refused("node_not_found", .notFound) {
        _ = try await house.entries(other, of: "\u{212A}")
      }
      // The workflow's own name is no unknown node (T55).
      #expect(try await house.entries(other, of: "W").isEmpty)
    }
  }

  @Test(
    "T16: the view of an attempt is stable, and can be read later", arguments: Deployment.allCases)
  func stable(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: block}
          - {name: C, program: block, after: [A, B], join: any}
          """)
      let run = try await house.trigger()
      let a = try await begin(house, "A", ["k": "1", "only": "a"])
      try await execute(house, "B", ["k": "2"])
      let c = try await begin(house, "C")
      #expect(try await house.list("k", as: c) == ["A:1", "B:2"])
      for value in 3..<700 { try await house.put(a, ["k": "\(value)"]) }
      #expect(try await house.list("k", as: c) == ["A:1", "B:2"])
      #expect(try await house.list(run, "k") == ["A:699", "B:2"])
      try await house.put(c, ["k": "c"])
      #expect(try await house.list("k", as: c) == ["A:1", "B:2", "C:c"])
      house.programs.base.finish(a.key, .exited(code: 0))
      house.programs.base.finish(c.key, .exited(code: 0))
      try await house.end(of: run)
      let later = try await house.tokens.listTokens(
        .init(run: .init(runID: run), viewpoint: .init(atNode: "C", atAttempt: 1)))
      #expect(
        later.keys.map { "\($0.key) " + $0.entries.map(\.value).joined(separator: ",") }
          == ["k 1,2,c", "only a"])
    }
  }

  @Test("AC-2: counters of two nodes are compared", arguments: Deployment.allCases)
  func counters(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: PurchaseByCustomer, program: block}
          - {name: PurchaseByProduct, program: block}
          - name: StatusReporter
            program: block
            after: [PurchaseByCustomer, PurchaseByProduct]
          """)
      let run = try await house.trigger()
      let key = "org.apache.hadoop.mapreduce.TaskCounter.REDUCE_OUTPUT_RECORDS"
      for (node, value) in [("PurchaseByCustomer", "1200"), ("PurchaseByProduct", "900")] {
        let program = try await begin(house, node)
        // As a runner of a program with counters records them; COMMAND has none.
        let source = AttemptID(run: program.key.run, node: node, attempt: 1)
        try await house.engine.store.commit { writer in
          try writer.putToken(
            TokenPutBatch(source: source, entries: [.init(scope: .system, key: key, value: value)]),
            limits: TokenLimits(), exempt: true)
        }
        house.programs.base.finish(program.key, .exited(code: 0))
      }
      let reporter = try await begin(house, "StatusReporter")
      let options = try house.options(reporter)
      func value(_ node: String) async throws -> String? {
        try await house.tokens.getToken(
          .init(key: key, scope: .system, node: node), options: options
        )
        .entry?.value
      }
      #expect(try await value("PurchaseByCustomer") == "1200")
      #expect(try await value("PurchaseByProduct") == "900")
      #expect(try await value("") == "900")
      #expect(try await house.get(key, as: reporter) == nil)
      #expect(try await house.value(run, key, scope: .system).flatMap(TypedText.int64) == 900)
    }
  }
}
