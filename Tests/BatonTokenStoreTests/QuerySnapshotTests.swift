internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Logging
internal import Synchronization
internal import Testing

@Suite("QueryTokens in one snapshot")
struct QuerySnapshotTests {
  @Test("T58: a page is read in one snapshot, without whole tokens", arguments: StoreKind.allCases)
  func oneRead(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["A", "B"]) { fixture in
      for value in ["1", "2"] {
        let run = try await fixture.run()
        try await fixture.put(try await fixture.begin(run, "A"), ["k": value])
      }
      let store = CountingStore(fixture.store)
      let service = TokenStoreService(
        store: store, catalog: ApplicationCatalog(), logger: Logger(label: "test"))
      let request = Wire.QueryTokensRequest(application: "app", workflow: "W", key: "k")
      let answer: Wire.QueryTokensResponse = try await call { service.queryTokens(request, $0) }
      #expect(answer.runs.map { $0.entries.map(\.value) } == [["2"], ["1"]])
      #expect(store.reads.withLock { $0 } == 1)
    }
  }

  @Test(
    "T15, T17: statuses of attempts, and nodes that are withheld", arguments: StoreKind.allCases)
  func statuses(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["A", "B", "C"]) { fixture in
      let run = try await fixture.run()
      for node in ["A", "B", "C"] {
        let attempt = try await fixture.begin(run, node)
        try await fixture.put(attempt, ["k": node])
        try await fixture.end(attempt, node == "B" ? .failed : .completed)
      }
      try await fixture.set(run, "C", .upstreamFailed)
      var request = Wire.QueryTokensRequest(application: "app", workflow: "W", key: "k")
      request.pick = .all
      let all = try await fixture.query(request)
      #expect(all.runs.first?.entries.map(\.value) == ["A", "B"])
      #expect(all.runs.first?.entries.map(\.attemptStatus) == [.completed, .failed])
      #expect(all.byNode.map(\.node) == ["A", "B"])
      request.pick = .last
      #expect(try await fixture.query(request).runs.first?.entries.map(\.value) == ["B"])
      request.node = "C"
      #expect(try await fixture.query(request).runs.first?.entries.isEmpty == true)
      request.node = "A"
      #expect(try await fixture.query(request).runs.first?.entries.map(\.value) == ["A"])
    }
  }
}

/// A store that counts its snapshots and gives no whole token.
private final class CountingStore: Store {
  private let base: any Store
  let reads = Mutex(0)

  init(_ base: any Store) { self.base = base }

  func submit<Value: Sendable>(
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    base.submit(unit, completion: completion)
  }

  func read<Value>(_ body: (any StoreReader) throws -> Value) throws -> Value {
    reads.withLock { $0 += 1 }
    return try base.read(body)
  }

  func readAsync<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    reads.withLock { $0 += 1 }
    return try await base.readAsync(body)
  }

  func token(of run: RunID, history: Bool) throws -> TokenSnapshot? {
    throw StoreError.failed("a whole token was read")
  }

  var changes: ChangeFeed { base.changes }
  var counters: CommitCounters { base.counters }
  var health: StoreHealth { base.health }
  func statistics() throws -> StoreStatistics { try base.statistics() }
  func close() async { await base.close() }
}
