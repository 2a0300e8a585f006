import BatonCore
import BatonEngine
import BatonExec
import BatonWire
import Testing

/// Acceptance cases of the token, and what the engine puts (token.md §5, §12).
@Suite("Cases of tokens", .timeLimit(.minutes(1))) struct TokenCaseTests {
  private static let purchase = """
    - {name: RecordVerifier, program: verifier}
    - name: Predicate
      after: [RecordVerifier]
      condition:
        expr: int(token('records.bad', 'RecordVerifier')) <= 5
        put: {branch: "${outcome}", action.type: CONDITION}
    - {name: PurchaseByCustomer, program: customer, after: [Predicate.true]}
    - {name: PurchaseByProduct, program: product, after: [Predicate.true]}
    - {name: ProblemLogger, program: logger, after: [Predicate.false]}
    - name: StatusReporter
      program: reporter
      after: [PurchaseByCustomer.complete, PurchaseByProduct.complete, ProblemLogger.complete]
    """

  private func deploy(_ house: EngineFixture) async throws {
    try await house.deploy(
      nodes: Self.purchase, more: "on_failure: finish-siblings",
      programs: """
        verifier:
          type: COMMAND
          argv: [puts, "0", "records.bad=${arg.bad}", action.type=V, ERROR=v, start.time=1]
        customer: {type: COMMAND, argv: [puts, "0", action.type=C, ERROR=c, start.time=2]}
        product: {type: COMMAND, argv: [puts, "0", action.type=P]}
        logger: {type: COMMAND, argv: [puts, "0", action.type=L]}
        reporter: {type: COMMAND, argv: [block, "${token.branch}"]}
        """)
  }

  @Test("AC-1, AC-3, AC-4, AC-5 the true branch", arguments: Deployment.allCases)
  func trueBranch(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      let run = try await house.trigger(["bad": "5"])
      let spec = await house.programs.launch(of: "StatusReporter")
      #expect(spec.argv == ["block", "true"])
      #expect(
        try await house.list(run, "action.type", at: "StatusReporter") == [
          "RecordVerifier:V", "Predicate:CONDITION", "PurchaseByCustomer:C", "PurchaseByProduct:P",
        ])
      try await house.put(spec, ["action.type": "S"])
      await house.programs.finish("StatusReporter")
      try await house.end(of: run)
      #expect(try await house.value(run, "branch") == "true")
      #expect(try await house.list(run, "condition", scope: .system) == ["Predicate:true"])
      #expect(
        try await house.list(run, "action.type") == [
          "RecordVerifier:V", "Predicate:CONDITION", "PurchaseByCustomer:C", "PurchaseByProduct:P",
          "StatusReporter:S",
        ])
      #expect(
        try await house.list(run, "ERROR") == ["RecordVerifier:v", "PurchaseByCustomer:c"])
      #expect(try await house.value(run, "start.time", node: "RecordVerifier") == "1")
      #expect(try await house.value(run, "start.time") == "2")
      #expect(
        try await house.list(run, "baton.attempt", scope: .system) == [
          "RecordVerifier:1", "Predicate:1", "PurchaseByCustomer:1", "PurchaseByProduct:1",
          "StatusReporter:1",
        ])
    }
  }

  @Test("AC-1 the false branch", arguments: Deployment.allCases)
  func falseBranch(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      let run = try await house.trigger(["bad": "6"])
      #expect(await house.programs.launch(of: "StatusReporter").argv == ["block", "false"])
      await house.programs.finish("StatusReporter")
      try await house.end(of: run)
      #expect(try await house.value(run, "branch", node: "Predicate") == "false")
      #expect(try await house.value(run, "condition", scope: .system) == "false")
      #expect(
        try await house.list(run, "action.type") == [
          "RecordVerifier:V", "Predicate:CONDITION", "ProblemLogger:L",
        ])
    }
  }

  @Test("the platform's entries of nodes with and without a process (T33)")
  func platform() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: "- {name: A, program: exit0}\n- {name: N, program: mark, after: [A]}",
        programs: "mark: {type: NOOP, put: {k: \"${system.baton.exit_code@A}\"}}")
      let run = try await house.run()
      func keys(_ node: String) async throws -> [String] {
        try await house.entries(run, of: node, scope: .system).map {
          String($0.prefix { $0 != "=" })
        }
      }
      #expect(
        try await keys("A") == [
          "baton.attempt", "baton.started_at", "baton.host", "baton.exit_code",
          "baton.duration_ms", "baton.finished_at",
        ])
      #expect(
        try await keys("N") == [
          "baton.attempt", "baton.started_at", "baton.duration_ms", "baton.finished_at",
        ])
      #expect(try await house.entries(run, of: "N") == ["k=0"])
    }
  }

  @Test("entries that do not fit fail what would be COMPLETED (T51, G21)")
  func full() async throws {
    let limits = TokenLimits(maximumValueBytes: 100, maximumBytes: 2000)
    try await EngineFixture.with(.sqlite, limits: limits) { house in
      let long = String(repeating: "x", count: 101)
      let much = (0..<30).map { "\"k\($0)=\(String(repeating: "y", count: 90))\"" }
      try await house.deploy(
        nodes: """
          - {name: A, program: long}
          - {name: B, program: much}
          - {name: C, program: failing}
          - {name: D, condition: {expr: "1", put: {k: "\(long)"}}}
          - {name: E, program: mark}
          - {name: F, condition: {argv: [exit, "0"], put: {k: "\(long)"}}}
          - {name: G, program: good}
          """, more: "on_failure: finish-siblings",
        programs: """
          long: {type: COMMAND, argv: [puts, "0", "k=\(long)"]}
          much: {type: COMMAND, argv: [puts, "0", \(much.joined(separator: ", "))]}
          failing: {type: COMMAND, argv: [puts, "1", "k=\(long)"]}
          mark: {type: NOOP, put: {k: "\(long)"}}
          good: {type: COMMAND, argv: [puts, "0", k=1]}
          """)
      let run = try await house.run()
      let nodes = try await house.nodes(run)
      let reasons = ["A", "B", "C", "D", "E", "F", "G"].map { nodes[$0]?.reason ?? "?" }
      #expect(
        reasons == [
          "token_value_too_large", "token_full", "exit_nonzero", "token_value_too_large",
          "token_value_too_large", "token_value_too_large", "",
        ])
      #expect(nodes["C"]?.attempts.first?.message.contains("token_value_too_large") == true)
      #expect(nodes["D"]?.outcome == .unspecified)
      #expect(try await house.list(run, "k") == ["G:1"])
      #expect(try await house.runsDriven() == 0)
    }
  }

  @Test("T10 a start sees exactly what was committed before it", arguments: Deployment.allCases)
  func exactViews(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: block}
          - {name: B, program: block}
          - {name: Z, program: reads, after: [A, B], join: any}
          """,
        programs: "reads: {type: COMMAND, argv: [reads, \"${token.n:-none}\"]}")
      for round in 1...5 {
        let run = try await house.trigger()
        let writer = await house.programs.launch(of: "A", round)
        let other = await house.programs.launch(of: "B", round)
        // A puts while B's end makes Z start.
        try await withThrowingTaskGroup(of: Void.self) { group in
          group.addTask { for n in 0..<30 { try await house.put(writer, ["n": "\(n)"]) } }
          group.addTask { house.programs.base.finish(other.key, .exited(code: 0)) }
          try await group.waitForAll()
        }
        let start = await house.programs.launch(of: "Z", round)
        house.programs.base.finish(writer.key, .exited(code: 0))
        try await house.end(of: run)
        let seen = try await house.tokens.listTokens(
          .init(
            run: .init(runID: run), viewpoint: .init(atNode: "Z", atAttempt: 1), scope: .user)
        ).keys.flatMap(\.entries).map(\.value)
        #expect([start.argv[1]] == (seen.isEmpty ? ["none"] : seen))
      }
    }
  }

  @Test("TK-17: entries of an attempt that was repeated", arguments: Deployment.allCases)
  func retried(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block, retry: {attempts: 2}}")
      let run = try await house.trigger()
      let first = await house.programs.launch(of: "A")
      try await house.put(first, ["a": "1", "b": "1"])
      house.programs.base.finish(first.key, .exited(code: 1))
      let second = await house.programs.launch(of: "A", 2)
      // TK-27: the first credential has ended although a newer attempt runs.
      _ = await refused("attempt_ended", .permissionDenied) {
        try await house.put(first, ["a": "x"])
      }
      #expect(try await house.get("b", as: second) == "1")
      try await house.put(second, ["a": "2"])
      house.programs.base.finish(second.key, .exited(code: 0))
      try await house.end(of: run)
      func entries(_ key: String) async throws -> [Wire.TokenEntry] {
        try await house.tokens.listTokens(.init(run: .init(runID: run), key: key)).keys
          .flatMap(\.entries)
      }
      let a = try await entries("a")
      #expect(a.map(\.value) == ["2"] && a[0].attempt == 2 && a[0].attemptStatus == .completed)
      let b = try await entries("b")
      #expect(b.map(\.value) == ["1"] && b[0].attempt == 1 && b[0].attemptStatus == .failed)
      let history = try await house.history(run, "a")
      #expect(history.compactMap(\.entry).map(\.attempt) == [1, 2])
      #expect(history.map(\.current) == [false, true])
      // T10: the view of the first attempt has what it could see, and its own.
      let view = Wire.Viewpoint(atNode: "A", atAttempt: 1)
      let seen = try await house.tokens.getToken(
        .init(run: .init(runID: run), viewpoint: view, key: "a"))
      #expect(seen.entry?.value == "1")
    }
  }

  @Test("TK-35: who sees the end reads the whole token", arguments: Deployment.allCases)
  func completeAtTheEnd(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: ok}", more: "finish: {argv: [puts, \"0\", d=1]}")
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 {
          group.addTask {
            for _ in 0..<50 {
              let run = try await house.trigger()
              try await house.client.watchRun(.init(run: .init(runID: run))) { events in
                for try await event in events where event.kind == .run && event.to == "COMPLETED" {
                  #expect(try await house.value(run, "d") == "1")
                }
              }
              #expect(try await house.status(run) == .completed)
            }
          }
        }
        try await group.waitForAll()
      }
    }
  }
}
