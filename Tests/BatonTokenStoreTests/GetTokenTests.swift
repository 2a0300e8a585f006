internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Testing

@Suite("GetToken and GetNodeToken")
struct GetTokenTests {
  @Test("TK-01: a run that has not begun has an empty token", arguments: StoreKind.allCases)
  func pending(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run(.pending)
      let all = try await fixture.list(.init(run: .init(runID: run.description)))
      #expect(all.keys.isEmpty && all.asOfSeq == 0 && all.usedBytes == 0)
      #expect(all.limitBytes == 31_457_280 && all.nextPageToken.isEmpty)
      #expect(try await fixture.fromNode(run, "A").isEmpty)
      await refused(.notFound, "token_key_not_found") { _ = try await fixture.get(run, "k") }
    }
  }

  @Test("TK-02: one put is read in every way", arguments: StoreKind.allCases)
  func onePut(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      let entry = try await fixture.get(run, "k")
      #expect(
        entry
          == Wire.TokenEntry(
            scope: .user, key: "k", node: "A", attempt: 1, attemptStatus: .running, value: "1",
            seq: 1, time: TokenFixture.start.milliseconds))
      #expect(try await fixture.get(run, "k", node: "A") == entry)
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.get(run, "k", node: "B")
      }
      #expect(try await fixture.fromNode(run, "A") == ["k=1"])
    }
  }

  @Test("TK-03: later nodes come last", arguments: StoreKind.allCases)
  func twoNodes(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let b = try await fixture.begin(run, "B")
      try await fixture.put(b, ["k": "2"])
      try await fixture.put(a, ["k": "1"])
      #expect(try await fixture.list(run, "k") == ["A:1", "B:2"])
      #expect(try await fixture.get(run, "k").value == "2")
      #expect(try await fixture.get(run, "k", node: "A").value == "1")
    }
  }

  @Test("TK-04: a later put replaces", arguments: StoreKind.allCases)
  func replaced(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      try await fixture.put(a, ["k": "2"])
      #expect(try await fixture.list(run, "k") == ["A:2"])
    }
  }

  @Test("TK-06: the scopes are separate", arguments: StoreKind.allCases)
  func scopes(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.get(run, "k", scope: .system)
      }
      try await fixture.platformPut(a.id, [("baton.attempt", "1")])
      let system = try await fixture.list(
        .init(run: .init(runID: run.description), scope: .system))
      #expect(system.keys.map(\.key) == ["baton.attempt"])
      #expect(system.asOfSeq == 2)
      #expect(try await fixture.get(run, "baton.attempt", scope: .system).scope == .system)
    }
  }

  @Test("TK-17: entries of a failed attempt stay", arguments: StoreKind.allCases)
  func retried(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let first = try await fixture.begin(run, "A")
      try await fixture.put(first, ["a": "1", "b": "1"])
      try await fixture.end(first, .failed)
      let second = try await fixture.begin(run, "A")
      try await fixture.put(second, ["a": "2"])
      try await fixture.end(second)
      let a = try await fixture.get(run, "a")
      #expect(a.value == "2" && a.attempt == 2 && a.attemptStatus == .completed)
      let b = try await fixture.get(run, "b")
      #expect(b.value == "1" && b.attempt == 1 && b.attemptStatus == .failed)
      // The view of the first attempt can still be read (T16).
      let then = try await fixture.get(run, "a", at: .init(atNode: "A", atAttempt: 1))
      #expect(then.value == "1")
    }
  }

  @Test(
    "TK-24: a skipped node has no entries, an unknown one is an error",
    arguments: StoreKind.allCases)
  func skipped(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      try await fixture.set(run, "B", .skipped)
      #expect(try await fixture.fromNode(run, "B").isEmpty)
      #expect(try await fixture.fromNode(run, "B", scope: .system).isEmpty)
      #expect(try await fixture.fromNode(run, "W").isEmpty)
      await refused(.notFound, "node_not_found") { _ = try await fixture.fromNode(run, "nosuch") }
      await refused(.notFound, "node_not_found") {
        _ = try await fixture.get(run, "k", node: "nosuch")
      }
      await refused(.notFound, "node_not_found") {
        _ = try await fixture.get(run, "k", at: .init(atNode: "nosuch"))
      }
      await refused(.notFound, "node_not_found") {
        _ = try await fixture.get(run, "k", at: .init(atAttempt: 1))
      }
      await refused(.notFound, "attempt_not_found") {
        _ = try await fixture.get(run, "k", at: .init(atNode: "A", atAttempt: 1))
      }
    }
  }

  @Test("TK-36: how runs are named", arguments: StoreKind.allCases)
  func runNames(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run(externalID: "2026-01-01")
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      func get(_ ref: Wire.RunRef?) async throws -> String {
        try await fixture.get(.init(run: ref, key: "k")).value
      }
      let id = run.description
      for ref in [nil, .init(), .init(runID: "abc"), .init(application: "app", runID: "abc")]
        as [Wire.RunRef?]
      {
        await refused(.invalidArgument, "run_id_invalid") { _ = try await get(ref) }
      }
      for ref in [
        Wire.RunRef(runID: "019a5e0c-7b1e-7c3a-9f00-1d2e3f405162"),
        .init(application: "other", runID: id), .init(workflow: "V", runID: id),
        .init(namespace: "other", runID: id),
        .init(application: "app", workflow: "W", runID: "2026-01-02"),
      ] {
        await refused(.notFound, "run_not_found") { _ = try await get(ref) }
      }
      for ref in [
        Wire.RunRef(runID: id), .init(runID: id.uppercased()),
        .init(namespace: "default", application: "app", workflow: "W", runID: id),
        .init(application: "app", workflow: "W", runID: "2026-01-01"),
      ] {
        #expect(try await get(ref) == "1")
      }
    }
  }

  @Test("T55: the form of reads", arguments: StoreKind.allCases)
  func form(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let ref = Wire.RunRef(runID: run.description)
      await refused(.invalidArgument, "token_scope_invalid") {
        _ = try await fixture.get(run, "k", scope: .init(rawValue: 7))
      }
      await refused(.invalidArgument, "token_key_invalid") { _ = try await fixture.get(run, "") }
      for size: Int32 in [-1, 1001] {
        await refused(.invalidArgument, "page_size_invalid") {
          _ = try await fixture.list(.init(run: ref, pageSize: size))
        }
        await refused(.invalidArgument, "page_size_invalid") {
          _ = try await fixture.node(.init(run: ref, node: "A", pageSize: size))
        }
      }
      await refused(.invalidArgument, "page_token_invalid") {
        _ = try await fixture.list(.init(run: ref, pageToken: "?"))
      }
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.node(.init(run: ref, node: "A", key: "k"))
      }
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.list(.init(run: ref, key: "k"))
      }
    }
  }

  @Test("TK-46: a deleted run has no token", arguments: StoreKind.allCases)
  func deleted(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run(.completed)
      let ref = Wire.RunRef(runID: run.description)
      _ = try await fixture.list(.init(run: ref))
      try await fixture.store.deleteApplication(namespace: "default", name: "app")
      await refused(.notFound, "run_not_found") { _ = try await fixture.get(run, "k") }
      await refused(.notFound, "run_not_found") { _ = try await fixture.list(.init(run: ref)) }
      await refused(.notFound, "run_not_found") {
        _ = try await fixture.node(.init(run: ref, node: "A"))
      }
    }
  }

  @Test("runs in use are read without a task", arguments: StoreKind.allCases)
  func inline(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      // Brings the graph into memory, which a key that one node alone has put does not need.
      _ = try await fixture.list(.init(run: .init(runID: run.description)))
      let request = Wire.GetTokenRequest(run: .init(runID: run.description), key: "k")
      #expect(try answeredAtOnce { fixture.service.getToken(request, $0) }?.entry?.value == "1")
      let own = Wire.GetTokenRequest(key: "k")
      let answer = try answeredAtOnce(as: a.credential) { fixture.service.getToken(own, $0) }
      #expect(answer?.entry?.value == "1")
      let list = Wire.ListTokensRequest(run: .init(runID: run.description))
      #expect(try answeredAtOnce { fixture.service.listTokens(list, $0) }?.asOfSeq == 1)
    }
  }

  @Test("T3: keys are compared byte by byte", arguments: StoreKind.allCases)
  func bytes(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["\u{e9}": "1", "e\u{301}": "2", "E": "3", " e": "4"])
      #expect(try await fixture.get(run, "\u{e9}").value == "1")
      #expect(try await fixture.get(run, "e\u{301}").value == "2")
      let all = try await fixture.list(.init(run: .init(runID: run.description)))
      #expect(
        all.keys.map { Array($0.key.utf8) }
          == [" e", "E", "e\u{301}", "\u{e9}"].map {
            Array($0.utf8)
          })
    }
  }
}
