import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Passes over items through the services (RE105–RE109).
@Suite("Cases of for_each", .timeLimit(.minutes(3))) struct ItemCaseTests {
  @Test(
    "items are executed with their element, and what they put is collected (RE105, RE109)",
    arguments: Deployment.allCases)
  func programs(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { engine in
      let script = """
        echo "$BATON_ITEM|$BATON_ITEM_INDEX|$BATON_ITEM_ATTEMPT|$BATON_ATTEMPT|$1"
        echo "k=$BATON_ITEM_INDEX:$2" >> "$BATON_TOKEN_FILE"
        if [ "$BATON_ITEM_INDEX" = 0 ]; then echo "odd=x" >> "$BATON_TOKEN_FILE"; fi
        """
      try await engine.deploy(
        nodes: """
          - name: A
            program: p
            for_each: {items: "${arg.list}", as: it, collect: [k, odd]}
          - {name: B, program: seen, after: [A]}
          """,
        programs: """
          p:
            type: COMMAND
            argv: [/bin/sh, -c, \(JSONString.quoted(script)), sh, "${it}", "${it.name:-none}"]
          seen: {type: NOOP, put: {all: "${token.k}", odd: "${token.odd}"}}
          """)
      let run = try await engine.run(["list": #"["a", {"name": "n b"}, 7]"#])
      #expect(try await engine.letters(run, "A B") == "C C")
      #expect(try await engine.value(run, "all", node: "B") == #"["0:none","1:n b","2:none"]"#)
      #expect(try await engine.value(run, "odd", node: "B") == #"["x",null,null]"#)
      #expect(try await engine.value(run, "k[1]", node: "A") == "1:n b")
      let entries = try await engine.entries(run, of: "A", scope: .system)
      #expect(
        entries.compactMap { $0.split(separator: "=").first } == [
          "baton.attempt", "baton.started_at", "baton.duration_ms", "baton.finished_at",
        ])
      let logs = try await engine.itemLog(run, "A", index: 1)
      #expect(logs == "{\"name\":\"n b\"}|1|1|1|{\"name\":\"n b\"}\n")
    }
  }

  @Test("RR-44 lists that are empty, none, or too long", arguments: Deployment.allCases)
  func lists(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { engine in
      try await engine.deploy(
        nodes: "- {name: A, program: ok, for_each: {items: \"${arg.list}\", collect: [k]}}")
      let empty = try await engine.run(["list": "[]"])
      #expect(try await engine.value(empty, "k", node: "A") == "[]")
      #expect(try engine.stored(empty).status == .completed)
      let long = "[" + Array(repeating: "0", count: 10_001).joined(separator: ",") + "]"
      for list in ["{}", long, "[1,", "nothing"] {
        let run = try await engine.run(["list": list])
        #expect(try engine.attempts(run, of: "A").map(\.reason) == ["for_each_invalid"])
        #expect(try engine.attempts(run, of: "A").first?.message?.contains("nothing") == false)
      }
      #expect(engine.programs.launches(of: "A").isEmpty)
    }
  }

  @Test("RR-47 never more than two of six run", arguments: Deployment.allCases)
  func concurrency(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { engine in
      try await engine.deploy(
        nodes: "- {name: A, program: block, for_each: {items: \"[0,1,2,3,4,5]\", concurrency: 2}}")
      let run = try await engine.trigger()
      var indexes: Set<Int> = []
      for ended in 0..<6 {
        // Of two that start together either may come first.
        let spec = await engine.programs.launch(of: "A", ended + 1)
        let index = try #require(spec.key.item?.index)
        #expect(index <= ended + 1 && indexes.insert(index).inserted)
        #expect(try engine.itemCounts(run, "A")[.running] ?? 0 <= 2)
        engine.programs.base.finish(spec.key, .exited(code: 0))
      }
      try await engine.end(of: run)
      #expect(try engine.itemCounts(run, "A") == [.completed: 6])
    }
  }

  @Test(
    "items retry on their own; the pass names those that failed (RE106, RE107)",
    arguments: Deployment.allCases)
  func retries(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let programs = ScriptedPrograms { spec in
        let item = spec.key.item ?? .init(index: 0, attempt: 0)
        return .end(.exited(code: item.index == 2 || item.index == 1 && item.attempt == 1 ? 1 : 0))
      }
      try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: """
            - name: A
              program: ok
              for_each: {items: "[0,1,2]"}
              retry: {attempts: 2, delay: 50ms}
            """)
        let run = try await engine.run()
        let pass = try #require(try engine.attempts(run, of: "A").first)
        #expect(pass.reason == "items_failed")
        #expect(pass.message == "1 of 3 items did not complete: 2")
        #expect(try engine.items(run, "A").map(\.attempts) == [1, 2, 2])
        #expect(try engine.items(run, "A").map(\.status) == [.completed, .completed, .failed])
      }
    }
  }

  @Test("a stop ends running items and the pass; nothing is left (G45)")
  func stopped() async throws {
    try await EngineFixture.withProcesses(.sqlite) { engine in
      try await engine.deploy(
        nodes: "- {name: A, program: p, stop_grace: 100ms, for_each: {items: \"[0,1,2]\"}}",
        programs: "p: {type: COMMAND, argv: [/bin/sleep, \"600\"]}")
      let run = try await engine.trigger()
      try await engine.event(of: run) { $0.kind == .attempt && $0.item == 2 && $0.itemAttempt == 1 }
      _ = try await engine.stopRun(run)
      #expect(try await engine.letters(run, "A") == "K")
      #expect(try engine.items(run, "A").allSatisfy { $0.status == .killed })
      #expect(ProcessCaseTests.processes(of: run).isEmpty)
    }
  }

  @Test("a return in the middle of a pass: running items are taken up, the others follow (G60)")
  func returns() async throws {
    try await House.with(.sqlite) { house in
      let programs = ScriptedPrograms()
      let run = try await house.engine(programs) { engine in
        try await engine.deploy(
          nodes: """
            - name: A
              program: block
              for_each: {items: "[0,1,2,3]", concurrency: 2, collect: [k]}
            """)
        let run = try await engine.trigger()
        let first = await programs.launch(of: "A")
        _ = await programs.launch(of: "A", 2)
        programs.base.finish(first.key, .exited(code: 0))
        _ = await programs.launch(of: "A", 3)
        return run
      }
      try await house.engine(programs) { engine in
        for number in 2...4 {
          programs.base.finish(await programs.launch(of: "A", number).key, .exited(code: 0))
        }
        try await engine.end(of: run)
        #expect(try engine.items(run, "A").map(\.attempts) == [1, 1, 1, 1])
        #expect(programs.launches(of: "A").count == 4)
        #expect(try await engine.value(run, "k", node: "A") == "[null,null,null,null]")
      }
    }
  }

  @Test("10,000 items complete")
  func manyItems() async throws {
    try await EngineFixture.with(.memory) { engine in
      try await engine.deploy(
        nodes: """
          - {name: A, program: echo, for_each: {items: "${arg.list}", collect: [k]}}
          """, programs: "echo: {type: NOOP, put: {k: \"${item}\"}}")
      let list = "[" + (0..<10_000).map(String.init).joined(separator: ",") + "]"
      let run = try await engine.run(["list": list])
      #expect(try engine.itemCounts(run, "A") == [.completed: 10_000])
      let collected = try await engine.value(run, "k", node: "A")
      #expect(collected == ForEach.collected((0..<10_000).map { String($0) }))
    }
  }
}

extension EngineFixture {
  func items(_ run: String, _ node: String) throws -> [ItemRecord] {
    let id = try #require(RunID(run))
    return try engine.store.read {
      try $0.items(of: id, node: node, after: nil, statuses: [], limit: .max)
    }
  }

  func itemCounts(_ run: String, _ node: String) throws -> [ItemStatus: Int] {
    let id = try #require(RunID(run))
    return try engine.store.read { try $0.itemCounts(of: id, node: node) }
  }

  /// What the newest attempt of an item wrote.
  func itemLog(_ run: String, _ node: String, index: UInt32) async throws -> String {
    try await client.getNodeLog(
      .init(run: .init(runID: run), node: node, item: index)
    ) { chunks in
      var bytes: [UInt8] = []
      for try await chunk in chunks { bytes += chunk.data }
      return String(decoding: bytes, as: UTF8.self)
    }
  }
}
