import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonWire
import NIOCore
import Testing

/// Cases of puts: form, permissions, sizes and repeats (TK-07 … TK-16, TK-25 … TK-28).
@Suite("Cases of puts", .timeLimit(.minutes(3))) struct TokenPutCaseTests {
  /// A run with two nodes side by side, each of which runs until it is ended.
  private func fork(
    _ house: EngineFixture
  ) async throws -> (run: String, a: LaunchSpec, b: LaunchSpec) {
    try await house.deploy(nodes: "- {name: A, program: block}\n- {name: B, program: block}")
    let run = try await house.trigger()
    return (
      run, await house.programs.launch(of: "A"), await house.programs.launch(of: "B")
    )
  }

  private func text(_ bytes: Int) -> String { String(repeating: "v", count: bytes) }

  @Test(
    "TK-07, TK-08, TK-09, TK-10, TK-16: the form of keys, values and calls",
    arguments: Deployment.allCases)
  func form(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let (run, a, _) = try await fork(house)
      // TK-07
      try await house.put(a, ["k": ""])
      #expect(try await house.value(run, "k") == "")
      let before = try await house.used(run)
      _ = await refused("token_key_invalid") { try await house.put(a, ["": "v"]) }
      // TK-08
      let long = String(repeating: "x", count: 1024)
      try await house.put(a, [long: "1"])
      _ = await refused("token_key_invalid") { try await house.put(a, [long + "x": "1"]) }
      // TK-09
      _ = await refused("token_key_invalid") { try await house.put(a, ["a\tb": "1"]) }
      _ = await refused("token_key_invalid") { try await house.put(a, ["a\u{7F}": "1"]) }
      _ = await refused("invalid_text") { try await house.put(a, ["z": "a\u{0}b"]) }
      _ = await refused("invalid_text") { try await house.put(a, ["z\u{0}": "1"]) }
      for bytes in [[0xC3, 0x28], [0xED, 0xA0, 0x80], [0xC0, 0x80], [0xF4, 0x90, 0x80, 0x80]] {
        _ = await refused("invalid_text") { try await putRaw(house, a, bytes.map(UInt8.init)) }
      }
      #expect(try await house.used(run) == before + 1025)
      #expect(try await house.entries(run, of: "A") == ["k=", "\(long)=1"])
      // TK-10
      try await house.put(a, ["large": text(1_048_576)])
      _ = await refused("token_value_too_large", .resourceExhausted) {
        try await house.put(a, ["larger": text(1_048_577)])
      }
      #expect(try await house.value(run, "large")?.utf8.count == 1_048_576)
      #expect(try await house.value(run, "larger") == nil)
      // TK-16
      func entries(_ count: Int) -> [Wire.TokenPut] {
        (0..<count).map { .init(key: "n\($0)", value: "") }
      }
      let answer = try await house.put(.init(entries: entries(1000)), as: a)
      #expect(answer.lastSeq == answer.firstSeq + 999)
      for count in [1001, 0] {
        _ = await refused("token_entries_invalid") {
          try await house.put(.init(entries: entries(count)), as: a)
        }
      }
      let next = try await house.put("next", "", as: a)
      #expect(next.firstSeq == answer.lastSeq + 1)
    }
  }

  /// Puts a value of any bytes, as no client of ours would.
  private func putRaw(_ house: EngineFixture, _ program: LaunchSpec, _ value: [UInt8]) async throws
  {
    let entry: [UInt8] = [0x0A, 1, UInt8(ascii: "z"), 0x12, UInt8(value.count)] + value
    _ = try await house.transport.unary(
      Wire.TokenStore.putToken,
      encoded: ByteBuffer(bytes: [0x12, UInt8(entry.count)] + entry),
      options: house.options(program))
  }

  @Test("T3, T4: odd keys and values are kept as they are", arguments: Deployment.allCases)
  func odd(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let (run, a, _) = try await fork(house)
      let keys = [
        "baton.attempt", "condition", "a\"b\\c", "{}[]:,", " ", "  k ", "k", "K", "=", "<<",
        "\u{E9}", "e\u{301}", "\u{212B}", "\u{C5}", "👩‍👩‍👧", "\u{FEFF}", "\u{FFFF}", "\u{10FFFF}",
        String(repeating: "é", count: 512), "🏁", "\u{85}", "\u{200B}", "%", "'; DROP TABLE runs",
      ]
      let values = ["\u{1}\u{7F}", "\r\n\n\r", "e\u{301}", "\u{E9}", "\"\\\"", ""]
      for (index, key) in keys.enumerated() {
        try await house.put(a, [key: values[index % values.count]])
      }
      let all = try await house.tokens.listTokens(.init(run: .init(runID: run), pageSize: 1000))
      func bytes(_ texts: [String]) -> [[UInt8]] { texts.map { Array($0.utf8) } }
      let sorted = bytes(keys).sorted { $0.lexicographicallyPrecedes($1) }
      #expect(bytes(all.keys.map(\.key)) == sorted)
      for (index, key) in keys.enumerated() {
        let value = try await house.value(run, key)
        #expect(Array((value ?? "?").utf8) == Array(values[index % values.count].utf8))
        let puts = try await house.history(run, key).filter { $0.entry?.scope == .user }
        #expect(puts.count == 1)
      }
    }
  }

  @Test("TK-11: a token may be exactly full", arguments: Deployment.allCases)
  func exactlyFull(deployment: Deployment) async throws {
    let limits = TokenLimits(maximumBytes: 1_048_576)
    try await EngineFixture.with(deployment, limits: limits) { house in
      let (run, a, _) = try await fork(house)
      let used = try await house.used(run)
      let full = try await house.put("k", text(1_048_576 - used - 1), as: a)
      #expect(full.usedBytes == 1_048_576 && full.limitBytes == 1_048_576)
      _ = await refused("token_full", .resourceExhausted) { try await house.put(a, ["x": "y"]) }
      #expect(try await house.used(run) == 1_048_576)
      #expect(try await house.value(run, "x") == nil)
      let next = try await house.put("k", "", as: a)
      #expect(next.firstSeq == full.lastSeq + 1)
    }
  }

  @Test("TK-12, TK-13: what a replacement costs and gives back", arguments: Deployment.allCases)
  func replacement(deployment: Deployment) async throws {
    let limits = TokenLimits(maximumBytes: 1_048_576)
    try await EngineFixture.with(deployment, limits: limits) { house in
      let (run, a, b) = try await fork(house)
      try await house.put(a, ["k": text(500_000)])
      let used = try await house.used(run)
      #expect(try await house.put("k", text(500_010), as: a).usedBytes == Int64(used + 10))
      // TK-13
      try await house.put(a, ["k": text(400_000)])
      let rest = 1_048_576 - (try await house.used(run))
      #expect(try await house.put("f", text(rest - 1), as: b).usedBytes == 1_048_576)
      try await house.put(a, ["k": "x"])
      try await house.put(b, ["b": text(399_000)])
      #expect(try await house.value(run, "b")?.utf8.count == 399_000)
    }
  }

  @Test("TK-14, TK-15: nodes share the budget; a call is whole", arguments: Deployment.allCases)
  func shared(deployment: Deployment) async throws {
    let limits = TokenLimits(maximumBytes: 4096)
    try await EngineFixture.with(deployment, limits: limits) { house in
      let (run, a, b) = try await fork(house)
      let used = try await house.used(run)
      try await house.put(a, ["0123456789": ""])
      #expect(try await house.put("0123456789", "", as: b).usedBytes == Int64(used + 20))
      // TK-15
      try await house.put(a, ["f": text(4096 - 10 - used - 20 - 1)])
      let history = try await house.history(run).count
      let error = await refused("token_full", .resourceExhausted) {
        try await house.put(a, ["a": "12345", "b": "12345"])
      }
      let message = error?.message ?? ""
      #expect(message.contains("\"b\"") && message.contains("node A"), "\(message)")
      #expect(message.contains("12 bytes") && message.contains("limit 4096"), "\(message)")
      #expect(!"\(String(describing: error))".contains("12345"))
      #expect(try await house.value(run, "a") == nil)
      #expect(try await house.history(run).count == history)
    }
  }

  @Test("T25, T27, T30: limits of 0, of histories and of the platform")
  func limits() async throws {
    let limits = TokenLimits(maximumBytes: 0, maximumHistoryPuts: 9)
    try await EngineFixture.with(.sqlite, limits: limits) { house in
      let (run, a, _) = try await fork(house)
      // The platform's entries are there although nothing fits.
      #expect(try await house.used(run) > 0)
      _ = await refused("token_full", .resourceExhausted) { try await house.put(a, ["k": ""]) }
      #expect(try await house.history(run).count == 6)
      await house.programs.finish("A")
      await house.programs.finish("B")
      try await house.end(of: run)
      #expect(try await house.history(run).count == 12)
      #expect(try await house.status(run) == .completed)
    }
    for limits in [TokenLimits(maximumHistoryPuts: 8), TokenLimits(maximumHistoryBytes: 300)] {
      try await EngineFixture.with(.memory, limits: limits) { house in
        let (_, a, _) = try await fork(house)
        try await house.put(a, ["k": "1"])
        try await house.put(a, ["k": "2"])
        let error = await refused("token_history_full", .resourceExhausted) {
          try await house.put(a, ["k": text(300)])
        }
        #expect(error?.message.contains("vvv") == false)
      }
    }
  }

  @Test("TK-25, TK-26: who may put where", arguments: Deployment.allCases)
  func permissions(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let (run, a, _) = try await fork(house)
      let entries = [Wire.TokenPut(key: "k", value: "1")]
      let other = try await house.trigger()
      for named in [other, "01a20000-0000-7000-8000-000000000000"] {
        _ = await refused("not_permitted", .permissionDenied) {
          try await house.put(.init(run: .init(runID: named), entries: entries), as: a)
        }
        _ = await refused("not_permitted", .permissionDenied) {
          _ = try await house.tokens.getToken(
            .init(run: .init(runID: named), key: "k"), options: house.options(a))
        }
      }
      _ = await refused("not_permitted", .permissionDenied) {
        try await house.put(.init(entries: entries, node: "B"), as: a)
      }
      _ = await refused("not_permitted", .permissionDenied) {
        try await house.put(.init(entries: entries, attempt: 2), as: a)
      }
      _ = await refused("scope_reserved", .permissionDenied) {
        try await house.put(.init(entries: entries, scope: .system), as: a)
      }
      _ = await refused("not_permitted", .permissionDenied) {
        _ = try await house.tokens.listTokens(
          .init(viewpoint: .init(atNode: "B")), options: house.options(a))
      }
      // TK-26: whoever shows no credential never puts.
      for scope in [Wire.Scope.user, .system] {
        _ = await refused("not_permitted", .permissionDenied) {
          try await house.put(
            .init(
              run: .init(runID: run), entries: entries, node: "A", attempt: 1, scope: scope),
            as: nil)
        }
      }
      #expect(try await house.value(run, "k") == nil)
    }
  }

  @Test("TK-27, TK-28: after the end; repeats", arguments: Deployment.allCases)
  func repeats(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let (run, a, b) = try await fork(house)
      let first = try await house.put("k", "1", requestID: "r", as: a)
      #expect(try await house.put("k", "1", requestID: "r", as: a) == first)
      _ = await refused("request_id_reused", .alreadyExists) {
        try await house.put("k", "2", requestID: "r", as: a)
      }
      // T23: the id is that of the attempt.
      #expect(try await house.put("k", "2", requestID: "r", as: b).firstSeq == first.lastSeq + 1)
      for id in [String(repeating: "x", count: 129), "ü", "a\tb"] {
        _ = await refused("request_id_invalid") {
          try await house.put("k", "1", requestID: id, as: a)
        }
      }
      await house.programs.finish("A")
      try await house.node("A", of: run, is: "COMPLETED")
      // TK-27
      _ = await refused("attempt_ended", .permissionDenied) {
        try await house.put(a, ["k": "3"])
      }
      _ = await refused("attempt_ended", .permissionDenied) {
        _ = try await house.get("k", as: a)
      }
      // T20, T23: the earlier answer, a reused id and a bad form come before the end.
      #expect(try await house.put("k", "1", requestID: "r", as: a) == first)
      _ = await refused("request_id_reused", .alreadyExists) {
        try await house.put("k", text(2_000_000), requestID: "r", as: a)
      }
      _ = await refused("token_key_invalid") { try await house.put(a, ["": "1"]) }
      _ = await refused("attempt_ended", .permissionDenied) {
        try await house.put(a, ["k": text(2_000_000)])
      }
      #expect(try await house.history(run, "k").map { $0.entry?.value } == ["1", "2"])
    }
  }

  @Test("T21: concurrent calls get disjoint blocks of numbers", arguments: Deployment.allCases)
  func blocks(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let (run, a, b) = try await fork(house)
      let blocks = try await withThrowingTaskGroup(of: ClosedRange<UInt64>.self) { group in
        for number in 0..<40 {
          group.addTask {
            let entries = (0...number % 5).map {
              Wire.TokenPut(key: "\(number).\($0)", value: "\(number)")
            }
            let answer = try await house.put(
              .init(entries: entries), as: number.isMultiple(of: 2) ? a : b)
            return answer.firstSeq...answer.lastSeq
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      let history = try await house.history(run).compactMap(\.entry)
      #expect(history.map(\.seq) == Array(1...UInt64(history.count)))
      #expect(history.map(\.time) == history.map(\.time).sorted())
      for block in blocks {
        let values = history[Int(block.lowerBound) - 1...Int(block.upperBound) - 1].map(\.value)
        #expect(Set(values).count == 1 && block.count == Int(values[0]).map { $0 % 5 + 1 })
      }
    }
  }
}
