internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Testing

@Suite("Viewpoints")
struct ViewpointTests {
  private static let diamond = ["A", "B: A", "C: A", "D: B C"]

  @Test("TK-18: graph order, whichever branch finished last", arguments: StoreKind.allCases)
  func join(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, Self.diamond) { fixture in
      let run = try await fixture.run()
      let d = try await Self.untilD(fixture, run)
      try await fixture.put(d, ["k": "d"])
      let seen = try await fixture.list(.init(key: "k"), as: d.credential)
      #expect(seen.keys.flatMap(\.entries).map(\.node) == ["A", "B", "C", "D"])
      #expect(try await fixture.get(run, "k").value == "d")
    }
  }

  @Test("TK-19: the last ancestor in graph order", arguments: StoreKind.allCases)
  func lastAncestor(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, Self.diamond) { fixture in
      let run = try await fixture.run()
      let d = try await Self.untilD(fixture, run)
      #expect(try await fixture.get(.init(key: "k"), as: d.credential).value == "c")
      #expect(try await fixture.get(run, "k", at: .init(atNode: "D")).value == "c")
    }
  }

  /// A, then C, then B have put k and ended; D has started.
  private static func untilD(_ fixture: TokenFixture, _ run: RunID) async throws
    -> TokenFixture.Attempt
  {
    for node in ["A", "C", "B"] {
      let attempt = try await fixture.begin(run, node)
      try await fixture.put(attempt, ["k": node.lowercased()])
      try await fixture.end(attempt)
    }
    return try await fixture.begin(run, "D")
  }

  @Test("TK-20: a branch does not see its sibling's keys", arguments: StoreKind.allCases)
  func sibling(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["B", "C"]) { fixture in
      let run = try await fixture.run()
      let c = try await fixture.begin(run, "C")
      try await fixture.put(c, ["k": "1"])
      try await fixture.end(c)
      let b = try await fixture.begin(run, "B")
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.get(.init(key: "k"), as: b.credential)
      }
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.get(.init(key: "k", node: "C"), as: b.credential)
      }
      #expect(try await fixture.node(.init(node: "C"), as: b.credential).entries.isEmpty)
      #expect(try await fixture.list(.init(), as: b.credential).keys.isEmpty)
    }
  }

  @Test("TK-21: an inner fork is seen behind its join only", arguments: StoreKind.allCases)
  func innerFork(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["A", "B: A", "C: A", "D: B C", "E"]) { fixture in
      let run = try await fixture.run()
      for node in ["E", "A", "B", "C"] {
        let attempt = try await fixture.begin(run, node)
        try await fixture.put(attempt, ["k": node])
        try await fixture.end(attempt)
      }
      let d = try await fixture.begin(run, "D")
      let seen = try await fixture.list(.init(key: "k"), as: d.credential)
      #expect(seen.keys.flatMap(\.entries).map(\.node) == ["A", "B", "C"])
    }
  }

  @Test("TK-22: a handler sees what the failed node put", arguments: StoreKind.allCases)
  func handler(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["B", "H: B"]) { fixture in
      let run = try await fixture.run()
      let b = try await fixture.begin(run, "B")
      try await fixture.put(b, ["k": "1"])
      try await fixture.end(b, .failed)
      let h = try await fixture.begin(run, "H")
      let entry = try await fixture.get(.init(key: "k"), as: h.credential)
      #expect(entry.value == "1" && entry.node == "B" && entry.attemptStatus == .failed)
    }
  }

  @Test("T16: the view of an attempt is stable", arguments: StoreKind.allCases)
  func stable(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      let b = try await fixture.begin(run, "B")
      // A runs on, as under `join: any`.
      try await fixture.put(a, ["k": "2", "late": "3"])
      #expect(try await fixture.get(.init(key: "k"), as: b.credential).value == "1")
      await refused(.notFound, "token_key_not_found") {
        _ = try await fixture.get(.init(key: "late"), as: b.credential)
      }
      #expect(try await fixture.get(run, "k").value == "2")
      #expect(try await fixture.get(run, "k", at: .init(atNode: "B", atAttempt: 1)).value == "1")
    }
  }

  @Test("T16: the view outlives what memory keeps of replaced puts", arguments: StoreKind.allCases)
  func manyReplaced(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      let b = try await fixture.begin(run, "B")
      let entries = (2...1000).map { Wire.TokenPut(key: "k", value: "\($0)") }
      try await fixture.put(.init(entries: entries), as: a.credential)
      #expect(try await fixture.get(.init(key: "k"), as: b.credential).value == "1")
      #expect(try await fixture.get(run, "k", at: .init(atNode: "B", atAttempt: 1)).value == "1")
      #expect(try await fixture.get(run, "k").value == "1000")
    }
  }

  @Test("T37: a credential reads from its attempt, named or not", arguments: StoreKind.allCases)
  func own(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      for viewpoint in [
        nil, .init(), .init(atNode: "A"), .init(atNode: "A", atAttempt: 1), .init(atAttempt: 1),
      ] as [Wire.Viewpoint?] {
        let request = Wire.GetTokenRequest(
          run: .init(runID: run.description), viewpoint: viewpoint, key: "k")
        #expect(try await fixture.get(request, as: a.credential).value == "1")
      }
      await refused(.permissionDenied, "not_permitted") {
        _ = try await fixture.get(
          .init(viewpoint: .init(atAttempt: 2), key: "k"), as: a.credential)
      }
    }
  }

  @Test("TK-05: values of the trigger are seen by every node", arguments: StoreKind.allCases)
  func trigger(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      try await fixture.platformPut(
        AttemptID(run: run, node: "W", attempt: 0), [("i", "1")], scope: .user)
      let a = try await fixture.begin(run, "A")
      let entry = try await fixture.get(.init(key: "i"), as: a.credential)
      #expect(entry.node == "W" && entry.attempt == 0 && entry.attemptStatus == .unspecified)
      try await fixture.put(a, ["i": "2"])
      #expect(try await fixture.list(run, "i") == ["W:1", "A:2"])
      #expect(try await fixture.fromNode(run, "W") == ["i=1"])
    }
  }

  @Test("T6, T10, T12: the hooks of a workflow see and show", arguments: StoreKind.allCases)
  func hooks(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      try await fixture.platformPut(
        AttemptID(run: run, node: "W", attempt: 0), [("k", "trigger"), ("t", "1")], scope: .user)
      let initialize = try await fixture.begin(run, "W", hook: .initialize)
      try await fixture.put(initialize, ["k": "initialize", "i": "1"])
      try await fixture.end(initialize)
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "a"])
      let finish = try await fixture.begin(run, "W", hook: .finish)
      let view = Wire.Viewpoint(atNode: "W")
      #expect(try await fixture.list(run, "k", at: view) == ["W:initialize", "A:a"])
      try await fixture.put(finish, ["d": "2"])
      // TK-05
      #expect(
        try await fixture.fromNode(run, "W") == ["t=1", "k=initialize", "i=1", "d=2"])
      #expect(try await fixture.list(run, "k") == ["W:initialize", "A:a"])
      try await fixture.put(finish, ["k": "finish"])
      // Memory and tables know which hook it was.
      for history in [false, true] {
        _ = try fixture.store.token(of: run, history: history)
        #expect(try await fixture.list(run, "k") == ["A:a", "W:finish"])
        let first = Wire.Viewpoint(atNode: "W", atAttempt: 1)
        #expect(try await fixture.list(run, "k", at: first) == ["W:initialize"])
        #expect(
          try await fixture.list(run, "k", at: .init(atNode: "A")) == ["W:initialize", "A:a"])
      }
      var request = Wire.QueryTokensRequest(application: "app", workflow: "W", key: "k")
      request.pick = .all
      let found = try await fixture.query(request).runs.first?.entries.map(\.value)
      #expect(found == ["a", "finish"])
    }
  }
}
