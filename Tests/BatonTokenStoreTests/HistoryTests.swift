internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Synchronization
internal import Testing

@Suite("GetTokenHistory and WatchToken")
struct HistoryTests {
  @Test("TK-04: the history has replaced puts, too", arguments: StoreKind.allCases)
  func replaced(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let ref = Wire.RunRef(runID: run.description)
      let a = try await fixture.begin(run, "A")
      try await fixture.put(a, ["k": "1"])
      try await fixture.put(a, ["j": "0", "k": "2"])
      let history = try await fixture.history(.init(run: ref, key: "k"))
      #expect(history.puts.map { $0.entry?.value } == ["1", "2"])
      #expect(history.puts.map { $0.entry?.seq } == [1, 3])
      #expect(history.puts.map(\.current) == [false, true])
      #expect(history.asOfSeq == 3)
      let newest = try await fixture.history(.init(run: ref, newestFirst: true))
      #expect(newest.puts.map { $0.entry?.seq } == [3, 2, 1])
      #expect(try await fixture.history(.init(run: ref, node: "B")).puts.isEmpty)
      await refused(.notFound, "node_not_found") {
        _ = try await fixture.history(.init(run: ref, node: "nosuch"))
      }
    }
  }

  @Test("TK-17: the history has both attempts", arguments: StoreKind.allCases)
  func attempts(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let ref = Wire.RunRef(runID: run.description)
      for (status, value) in [(AttemptStatus.failed, "1"), (.completed, "2")] {
        let attempt = try await fixture.begin(run, "A")
        try await fixture.put(attempt, ["a": value])
        try await fixture.end(attempt, status)
      }
      let both = try await fixture.history(.init(run: ref, key: "a"))
      #expect(both.puts.map { $0.entry?.attempt } == [1, 2])
      #expect(both.puts.map { $0.entry?.attemptStatus } == [.failed, .completed])
      let first = try await fixture.history(.init(run: ref, attempt: 1))
      #expect(first.puts.map(\.current) == [false])
    }
  }

  @Test(
    "T56: pages of the history show the state of the first", arguments: StoreKind.allCases,
    [false, true])
  func pages(_ kind: StoreKind, _ newestFirst: Bool) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      for value in 1...40 { try await fixture.put(a, ["k\(value % 3)": "\(value)"]) }
      var request = Wire.GetTokenHistoryRequest(
        run: .init(runID: run.description), newestFirst: newestFirst, pageSize: 17)
      var sizes: [Int] = []
      var seen: [Wire.TokenHistoryEntry] = []
      repeat {
        let page = try await fixture.history(request)
        sizes.append(page.puts.count)
        seen += page.puts
        #expect(page.asOfSeq == 40)
        request.pageToken = page.nextPageToken
        try await fixture.put(a, ["k0": "new"])
      } while !request.pageToken.isEmpty
      #expect(sizes == [17, 17, 6])
      let numbers = seen.compactMap { $0.entry?.seq }
      #expect(numbers == (newestFirst ? (1...40).reversed() : Array(1...40)))
      #expect(Set(seen.filter(\.current).compactMap { $0.entry?.seq }) == [38, 39, 40])
    }
  }

  @Test("T36: a credential reads no history and watches nothing", arguments: StoreKind.allCases)
  func credential(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      let ref = Wire.RunRef(runID: run.description)
      await refused(.permissionDenied, "not_permitted") {
        _ = try await fixture.history(.init(run: ref), as: a.credential)
      }
      await refused(.unauthenticated, "unauthenticated") {
        _ = try await fixture.history(.init(run: ref), as: "nonsense")
      }
      await refused(.permissionDenied, "not_permitted") {
        try await stream(
          as: a.credential, { fixture.service.watchToken(.init(run: ref), $0) }, { _ in })
      }
    }
  }

  @Test("TK-39: a watch sends every put once, then ends", arguments: StoreKind.allCases)
  func watch(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      for value in 1...5 { try await fixture.put(a, ["k": "\(value)"]) }
      let seen = Mutex<[UInt64]>([])
      try await stream(
        { fixture.service.watchToken(.init(run: .init(runID: run.description), afterSeq: 2), $0) },
        { entry in
          seen.withLock { $0.append(entry.seq) }
          // New puts, and the end of the run, while the watch goes on.
          if entry.seq == 5 { try await fixture.put(a, ["k": "6"]) }
          if entry.seq == 6 {
            try await fixture.put(a, ["k": "7"])
            try await fixture.end(a)
            try await fixture.set(run, .completed)
          }
        })
      #expect(seen.withLock { $0 } == [3, 4, 5, 6, 7])
    }
  }

  @Test("T57: a watch may be filtered", arguments: StoreKind.allCases)
  func filteredWatch(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let a = try await fixture.begin(run, "A")
      for value in 1...40 { try await fixture.put(a, ["k": "\(value)", "j": "x"]) }
      try await fixture.platformPut(a.id, [("k", "system")])
      try await fixture.end(a)
      try await fixture.set(run, .completed)
      let seen = Mutex<[String]>([])
      let request = Wire.WatchTokenRequest(
        run: .init(runID: run.description), scope: .user, key: "k", node: "A", afterSeq: 10)
      try await stream(
        { fixture.service.watchToken(request, $0) },
        { entry in seen.withLock { $0.append(entry.value) } })
      #expect(seen.withLock { $0 } == (6...40).map(String.init))
    }
  }

  @Test("T56, T57: a rare key of a long history", arguments: StoreKind.allCases, [false, true])
  func rareKey(_ kind: StoreKind, _ newestFirst: Bool) async throws {
    try await TokenFixture.with(kind) { fixture in
      let run = try await fixture.run()
      let ref = Wire.RunRef(runID: run.description)
      let a = try await fixture.begin(run, "A")
      let many = (0..<9000).map { ("common", "\($0)") }
      try await fixture.platformPut(a.id, [("rare", "1")], scope: .user)
      try await fixture.platformPut(a.id, many, scope: .user)
      try await fixture.platformPut(a.id, [("rare", "2")], scope: .user)
      try await fixture.platformPut(a.id, many, scope: .user)
      let request = Wire.GetTokenHistoryRequest(run: ref, key: "rare", newestFirst: newestFirst)
      let answer = try await fixture.history(request)
      #expect(answer.puts.map { $0.entry?.value } == (newestFirst ? ["2", "1"] : ["1", "2"]))
      #expect(answer.puts.map(\.current) == (newestFirst ? [true, false] : [false, true]))
      #expect(answer.nextPageToken.isEmpty)
      try await fixture.end(a)
      try await fixture.set(run, .completed)
      let seen = Mutex<[String]>([])
      try await stream(
        { fixture.service.watchToken(.init(run: ref, key: "rare"), $0) },
        { entry in seen.withLock { $0.append(entry.value) } })
      #expect(seen.withLock { $0 } == ["1", "2"])
    }
  }
}
