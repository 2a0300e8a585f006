import BatonCore
import BatonStore
import Testing

/// What a writer takes for known of runs and attempts that its batch has inserted.
@Suite("Store conformance: new runs")
struct NewRunConformanceTests {
  @Test(
    "a run is stored as it is inserted: ended, with attempts and puts", arguments: StoreKind.all)
  func ended(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        var node = Sample.node(1, "A", 0)
        (node.status, node.attempts) = (.completed, 1)
        try writer.insertRun(Sample.run(1, status: .completed), nodes: [node])
        var attempt = Sample.attempt(1, "A", program: "p")
        attempt.status = .completed
        try writer.insertAttempt(attempt)
        try writer.putToken(
          Sample.puts(1, "A", ["k": "1"]), limits: TokenLimits(), exempt: false)
      }
      let (run, nodes, attempts) = try store.read { reader in
        (
          try reader.run(Sample.id(1)), try reader.nodes(of: Sample.id(1)),
          try reader.attempts(of: Sample.id(1), node: nil)
        )
      }
      #expect(run?.state.status == .completed)
      #expect(nodes.map(\.status) == [.completed] && nodes.map(\.attempts) == [1])
      #expect(attempts.map(\.status) == [.completed] && attempts.map(\.viewSeq) == [0])
      let token = try #require(try store.token(of: Sample.id(1)))
      #expect(token.status == .completed && token.account.lastSeq == 1)
      try holds(store.read { try $0.activeRuns() } == [])
      #expect(try store.statistics().runs == 1 && store.statistics().activeRuns == 0)
    }
  }

  @Test("puts of one batch count as those of many", arguments: StoreKind.all, [true, false])
  func accounts(kind: StoreKind, isOneBatch: Bool) async throws {
    try await kind.withStore { store in
      let steps: [@Sendable (any StoreWriter) throws -> Void] = [
        { try $0.insertRun(Sample.run(1, status: .running), nodes: [Sample.node(1, "A", 0)]) },
        { try $0.insertAttempt(Sample.attempt(1, "A")) },
        Self.put(1, ["k": "1", "l": "22"]),
        Self.put(1, ["k": "333", "m": "", "m": "4"]),
        { try $0.insertAttempt(Sample.attempt(1, "A", 2)) },
        Self.put(2, ["k": "55555"]),
        // A put of an older attempt is history at once.
        Self.put(1, ["k": "late", "n": "6"]),
        Self.put(2, ["n": "7"]),
      ]
      if isOneBatch {
        try await store.commit { writer in for step in steps { try step(writer) } }
      } else {
        for step in steps { try await store.commit { try step($0) } }
      }
      let account = try #require(try store.read { try $0.tokenAccount(of: Sample.id(1)) })
      #expect(account.lastSeq == 9)
      #expect(account.usedBytes == 6 + 3 + 2 + 2)
      #expect(account.historyBytes == 2 + 3 + 4 + 1 + 2 + 6 + 5 + 2 + 2)
      let entries = try store.read { reader in
        try ["k", "l", "m", "n"].map {
          try reader.tokenEntrySeq(of: Sample.id(1), TokenKey(.user, $0), node: "A")
        }
      }
      #expect(entries == [6, 2, 5, 9])
      #expect(try store.token(of: Sample.id(1))?.account == account)
    }
  }

  @Test("ids that are taken are refused", arguments: StoreKind.all)
  func taken(kind: StoreKind) async throws {
    try await kind.withStore { store in
      try await store.commit { writer in
        try writer.insertRun(Sample.run(1), nodes: [Sample.node(1, "A", 0)])
        try writer.insertAttempt(Sample.attempt(1, "A"))
      }
      await #expect(throws: BatonError.self) {
        try await store.commit { try $0.insertRun(Sample.run(1), nodes: []) }
      }
      await #expect(throws: BatonError.self) {
        try await store.commit { try $0.insertAttempt(Sample.attempt(1, "A")) }
      }
      try holds(store.read { try $0.attempts(of: Sample.id(1), node: nil) }.count == 1)
    }
  }

  private static func put(
    _ attempt: Int, _ entries: KeyValuePairs<String, String>
  ) -> @Sendable (any StoreWriter) throws -> Void {
    let batch = Sample.puts(1, "A", attempt, entries)
    return { _ = try $0.putToken(batch, limits: TokenLimits(), exempt: false) }
  }
}
