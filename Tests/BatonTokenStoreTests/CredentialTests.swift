internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Testing

@Suite("Task credentials")
struct CredentialTests {
  @Test("TK-25: a credential is for one attempt", arguments: StoreKind.allCases)
  func oneAttempt(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run(externalID: "mine")
      let other = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let entries = [Wire.TokenPut(key: "k", value: "1")]
      func put(_ request: Wire.PutTokenRequest) async throws {
        try await fixture.put(request, as: a.credential)
      }
      await refused(.permissionDenied, "not_permitted") {
        try await put(.init(entries: entries, node: "B"))
      }
      await refused(.permissionDenied, "not_permitted") {
        try await put(.init(entries: entries, node: "A", attempt: 2))
      }
      // T38: the same answer whether the other run exists or not.
      for id in [other.description, "019a5e0c-7b1e-7c3a-9f00-1d2e3f405162"] {
        await refused(.permissionDenied, "not_permitted") {
          try await put(.init(run: .init(runID: id), entries: entries))
        }
      }
      await refused(.permissionDenied, "not_permitted") {
        try await put(
          .init(run: .init(application: "app", workflow: "W", runID: "other"), entries: entries))
      }
      await refused(.invalidArgument, "run_id_invalid") {
        try await put(.init(run: .init(runID: "abc"), entries: entries))
      }
      await refused(.permissionDenied, "scope_reserved") {
        try await put(.init(entries: entries, scope: .system))
      }
      await refused(.permissionDenied, "not_permitted") {
        _ = try await fixture.list(.init(viewpoint: .init(atNode: "B")), as: a.credential)
      }
      await refused(.permissionDenied, "not_permitted") {
        _ = try await fixture.get(
          .init(run: .init(runID: other.description), key: "k"), as: a.credential)
      }
      for named in [
        Wire.RunRef(runID: run.description), .init(namespace: "default", application: "app"),
        .init(application: "app", workflow: "W", runID: "mine"),
      ] {
        try await put(.init(run: named, entries: entries, node: "A", attempt: 1, scope: .user))
      }
    }
  }

  @Test("TK-26: users never put", arguments: StoreKind.allCases)
  func users(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      _ = try await fixture.begin(run, "A")
      for scope in [Wire.Scope.user, .system] {
        await refused(.permissionDenied, "not_permitted") {
          try await fixture.put(
            .init(
              run: .init(runID: run.description), entries: [.init(key: "k", value: "1")],
              node: "A", attempt: 1, scope: scope),
            as: nil)
        }
      }
    }
  }

  @Test("TK-27: a credential ends with its attempt", arguments: StoreKind.allCases)
  func ended(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      try await fixture.end(a, .failed)
      // T22: also while a newer attempt runs.
      let again = try await fixture.begin(run, "A")
      for _ in 0..<2 {
        await refused(.permissionDenied, "attempt_ended") {
          try await fixture.put(a, ["k": "2"])
        }
        await refused(.permissionDenied, "attempt_ended") {
          _ = try await fixture.get(.init(key: "k"), as: a.credential)
        }
      }
      #expect(try await fixture.list(run, "k") == ["A:1"])
      #expect(try await fixture.put(again, ["k": "3"]).firstSeq == 2)
    }
  }

  @Test("T22: a stop ends the credentials of the run", arguments: StoreKind.allCases)
  func stopping(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.set(run, .suspended)
      try await fixture.put(a, ["k": "1"])
      let first = try await fixture.begin(run, "W", hook: .initialize)
      try await fixture.set(run, .stopping)
      await refused(.permissionDenied, "attempt_ended") { try await fixture.put(a, ["k": "2"]) }
      await refused(.permissionDenied, "attempt_ended") { try await fixture.put(first, ["k": "2"]) }
      await refused(.permissionDenied, "attempt_ended") {
        _ = try await fixture.get(.init(key: "k"), as: a.credential)
      }
      // A finish hook started after the stop has a credential of its own.
      let hook = try await fixture.begin(run, "W", hook: .finish)
      try await fixture.put(hook, ["d": "1"])
      #expect(try await fixture.get(.init(key: "d"), as: hook.credential).node == "W")
    }
  }

  @Test("a credential that no attempt has is no identity", arguments: StoreKind.allCases)
  func unknown(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      for credential in ["", "short", String(a.credential.reversed())] {
        await refused(.unauthenticated, "unauthenticated") {
          try await fixture.put(
            .init(entries: [], scope: .system), as: credential)
        }
        await refused(.unauthenticated, "unauthenticated") {
          _ = try await fixture.get(.init(key: ""), as: credential)
        }
      }
    }
  }

  @Test("T20: the first check that fails is answered", arguments: StoreKind.allCases)
  func order(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"], requestID: "r")
      try await fixture.end(a)
      // Form before the end of the attempt, permission before form, the request id between.
      await refused(.invalidArgument, "token_entries_invalid") {
        try await fixture.put(.init(), as: a.credential)
      }
      await refused(.permissionDenied, "not_permitted") {
        try await fixture.put(.init(node: "B", scope: .system), as: a.credential)
      }
      await refused(.permissionDenied, "scope_reserved") {
        try await fixture.put(.init(scope: .system), as: a.credential)
      }
      await refused(.alreadyExists, "request_id_reused") {
        try await fixture.put(a, ["k": "2"], requestID: "r")
      }
      await refused(.permissionDenied, "attempt_ended") {
        try await fixture.put(a, ["k": String(repeating: "v", count: 2_000_000)])
      }
    }
  }
}
