import BatonCore
import BatonStore
import Testing

@Suite("Store conformance: tokens")
struct TokenConformanceTests {
  private func begin(_ store: any Store, nodes: [String] = ["A", "B", "C", "D"]) async throws {
    try await store.commit { writer in
      try writer.insertRun(
        Sample.run(1, status: .running),
        nodes: nodes.enumerated().map { Sample.node(1, $1, $0) })
    }
  }

  private func list(
    _ store: any Store, _ key: String, at viewpoint: TokenViewpoint = .run
  ) throws -> [String]? {
    try store.tokenView(of: Sample.id(1), at: viewpoint) { _ in
      Sample.graph
    } _: { view in
      try view.list(key).map { "\($0.put.node):\($0.put.value)" }
    }
  }

  @Test("T1: a run has an empty token, another none", arguments: StoreKind.all)
  func empty(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      let token = try #require(try store.token(of: Sample.id(1)))
      #expect(token.account == TokenAccount())
      #expect(token.run.workflow == Sample.flow && token.status == .running)
      try holds(store.token(of: Sample.id(2)) == nil)
      try holds(store.read { try $0.tokenAccount(of: Sample.id(2)) } == nil)
      try holds(store.read { try $0.tokenAccount(of: Sample.id(1)) } == TokenAccount())
      let error = await #expect(throws: BatonError.self) {
        try await store.commit {
          try $0.putToken(Sample.puts(2, ["k": "v"]), limits: TokenLimits(), exempt: false)
        }
      }
      #expect(error?.reason == "run_not_found")
    }
  }

  @Test("T40, T41: puts are seen by reads after the completion", arguments: StoreKind.all)
  func puts(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      let receipt = try await store.commit { writer in
        try writer.insertAttempt(Sample.attempt(1, "A"))
        return try writer.putToken(
          Sample.puts(1, ["a": "1", "b": "", "a": "é\u{1}"]), limits: TokenLimits(), exempt: false)
      }
      #expect(
        receipt
          == TokenReceipt(
            firstSeq: 1, lastSeq: 3, usedBytes: 1 + 3 + 1, limitBytes: 31_457_280))
      try holds(list(store, "a") == ["A:é\u{1}"])
      try holds(list(store, "b") == ["A:"])
      let puts = try store.read { try $0.tokenPuts(of: Sample.id(1), TokenPutQuery(limit: 9)) }
      #expect(puts.map(\.seq) == [1, 2, 3])
      #expect(puts.map(\.value) == ["1", "", "é\u{1}"])
      #expect(Set(puts.map(\.time)).count == 1)
      let account = try store.read { try $0.tokenAccount(of: Sample.id(1)) }
      #expect(account == (try store.token(of: Sample.id(1)))?.account)
    }
  }

  @Test("history: filters, order and bounds", arguments: StoreKind.all)
  func history(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      try await store.commit { writer in
        for number in 1...10 {
          try writer.putToken(
            Sample.puts(
              1, number % 2 == 0 ? "A" : "B", number % 3, ["k\(number % 2)": "\(number)"],
              scope: number > 5 ? .system : .user),
            limits: TokenLimits(), exempt: false)
        }
      }
      func seqs(_ change: (inout TokenPutQuery) -> Void) throws -> [UInt64] {
        var query = TokenPutQuery(limit: 100)
        change(&query)
        return try store.read { [query] in
          try $0.tokenPuts(of: Sample.id(1), query).map(\.seq)
        }
      }
      try holds(seqs { _ in } == Array(1...10))
      try holds(
        seqs {
          $0.newestFirst = true
          $0.limit = 3
        } == [10, 9, 8])
      try holds(
        seqs {
          $0.after = 3
          $0.through = 6
        } == [4, 5, 6])
      try holds(
        seqs {
          $0.scope = .system
          $0.node = "A"
        } == [6, 8, 10])
      try holds(
        seqs {
          $0.key = "k1"
          $0.attempt = 1
        } == [1, 7])
      try holds(seqs { $0.limit = 0 } == [])
    }
  }

  @Test("TK-11, TK-15: a refused call changes nothing", arguments: StoreKind.all)
  func refusal(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      let limits = TokenLimits(maximumBytes: 10)
      try await store.commit {
        try $0.putToken(Sample.puts(1, ["a": "1"]), limits: limits, exempt: false)
      }
      let error = await #expect(throws: BatonError.self) {
        try await store.commit {
          try $0.putToken(
            Sample.puts(1, ["a": "12345", "b": "12345"]), limits: limits, exempt: false)
        }
      }
      #expect(error?.reason == "token_full" && error?.description.contains("12345") == false)
      try holds(list(store, "a") == ["A:1"] && list(store, "b") == [])
      let receipt = try await store.commit {
        try $0.putToken(Sample.puts(1, ["c": "1"]), limits: limits, exempt: false)
      }
      #expect((receipt.firstSeq, receipt.usedBytes) == (2, 4))
      #expect(store.counters.restarts == 0)
    }
  }

  @Test("TK-17, T15: statuses of attempts are those of now", arguments: StoreKind.all)
  func statuses(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      try await store.commit { writer in
        var record = try writer.insertAttempt(Sample.attempt(1, "A", 1))
        try writer.putToken(
          Sample.puts(1, "A", 1, ["a": "1", "b": "1"]), limits: TokenLimits(), exempt: false)
        record.status = .failed
        try writer.updateAttempt(record)
      }
      _ = try store.token(of: Sample.id(1))
      try await store.commit { writer in
        try writer.insertAttempt(Sample.attempt(1, "A", 2))
        try writer.putToken(
          Sample.puts(1, "A", 2, ["a": "2"]), limits: TokenLimits(), exempt: false)
      }
      func status(_ key: String) throws -> AttemptStatus? {
        try store.tokenView(of: Sample.id(1), at: .run, graph: { _ in Sample.graph }) {
          try $0.get(key)?.attemptStatus
        } ?? nil
      }
      try holds(status("a") == .running)
      try holds(status("b") == .failed)
      var second = Sample.attempt(1, "A", 2)
      second.status = .completed
      try await store.commit { [second] in try $0.updateAttempt(second) }
      try holds(status("a") == .completed)
    }
  }

  @Test("T10, T16: an attempt's view ends where it started", arguments: StoreKind.all)
  func views(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      try await store.commit { writer in
        try writer.putToken(Sample.puts(1, "A", ["k": "1"]), limits: TokenLimits(), exempt: false)
        try writer.insertAttempt(Sample.attempt(1, "B"))
        try writer.putToken(Sample.puts(1, "A", ["k": "2"]), limits: TokenLimits(), exempt: false)
        try writer.putToken(Sample.puts(1, "B", ["k": "b"]), limits: TokenLimits(), exempt: false)
      }
      try holds(list(store, "k") == ["A:2", "B:b"])
      try holds(list(store, "k", at: .node("B")) == ["A:1", "B:b"])
      try holds(list(store, "k", at: .node("C")) == ["A:2", "B:b"])
    }
  }

  @Test("T17, RE82: who was skipped by the graph has no entries", arguments: StoreKind.all)
  func withheld(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      try await store.commit { writer in
        try writer.insertAttempt(Sample.attempt(1, "A"))
        try writer.putToken(Sample.puts(1, "A", ["k": "1"]), limits: TokenLimits(), exempt: false)
        try writer.insertAttempt(Sample.attempt(1, "B"))
        var node = Sample.node(1, "A", 0)
        node.attempts = 1
        node.status = .skipped
        try writer.updateNode(node)
        try writer.insertAttempt(Sample.attempt(1, "C"))
      }
      try holds(list(store, "k") == [])
      try holds(list(store, "k", at: .node("B")) == ["A:1"])
      try holds(list(store, "k", at: .node("C")) == [])
      try await store.commit { writer in
        var node = Sample.node(1, "A", 0)
        node.attempts = 1
        node.status = .skipped
        node.reason = "operator_skip"
        try writer.updateNode(node)
      }
      try holds(list(store, "k") == ["A:1"])
      try holds(list(store, "k", at: .node("C")) == [])
    }
  }

  @Test("a long history is read when a view needs it", arguments: StoreKind.all)
  func longHistory(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      try await store.commit { writer in
        try writer.putToken(
          Sample.puts(1, "A", ["k": "0", "m": "0"]), limits: TokenLimits(), exempt: false)
        try writer.insertAttempt(Sample.attempt(1, "B"))
        for number in 1...5000 {
          try writer.putToken(
            Sample.puts(1, "A", ["k": "\(number)"]), limits: TokenLimits(), exempt: false)
        }
      }
      try holds(list(store, "k") == ["A:5000"])
      try holds(list(store, "k", at: .node("B")) == ["A:0"])
      try holds(list(store, "m", at: .node("B")) == ["A:0"])
      let old = try store.tokenView(
        of: Sample.id(1), at: .run, asOf: 100, graph: { _ in Sample.graph }
      ) { try $0.get("k")?.put.seq }
      #expect(old == 100)
    }
  }

  @Test("T21: concurrent calls get disjoint blocks of seq", arguments: StoreKind.all)
  func concurrent(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await begin(store)
      let receipts = try await withThrowingTaskGroup(of: TokenReceipt.self) { group in
        for number in 0..<200 {
          group.addTask {
            try await store.commit {
              try $0.putToken(
                Sample.puts(1, ["x": "\(number)", "y\(number)": ""]), limits: TokenLimits(),
                exempt: false)
            }
          }
        }
        return try await group.reduce(into: []) { $0.append($1) }
      }
      #expect(receipts.flatMap { [$0.firstSeq, $0.lastSeq] }.sorted() == Array(1...400))
    }
  }
}
