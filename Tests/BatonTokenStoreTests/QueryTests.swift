internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Testing

@Suite("QueryTokens")
struct QueryTests {
  private static func request(_ key: String) -> Wire.QueryTokensRequest {
    Wire.QueryTokensRequest(application: "app", workflow: "W", key: key)
  }

  @Test("TK-40: which node set a key, over the newest runs", arguments: StoreKind.allCases)
  func newest(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["B", "C"]) { fixture in
      var ids: [RunID] = []
      for index in 0..<60 {
        let run = try await fixture.run()
        ids.insert(run, at: 0)
        guard index >= 56 else { continue }
        let attempt = try await fixture.begin(run, index == 56 ? "C" : "B")
        try await fixture.put(attempt, ["ERROR": "\(index)"])
      }
      let answer = try await fixture.query(Self.request("ERROR"))
      #expect(answer.runsExamined == 50)
      #expect(answer.runs.map(\.runID) == ids.prefix(50).map(\.description))
      #expect(answer.runs.filter(\.entries.isEmpty).count == 46)
      #expect(answer.byNode.map { "\($0.node):\($0.runs)" } == ["B:3", "C:1"])
      #expect(answer.byNode.first?.lastRunID == ids[0].description)
      #expect(answer.runs[0].entries.first?.value == "59")
      #expect(answer.runs[0].status == .running && answer.runs[0].version == 1)
    }
  }

  @Test("T58: pages of runs", arguments: StoreKind.allCases)
  func pages(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      var ids: [String] = []
      for _ in 0..<7 { ids.insert(try await fixture.run().description, at: 0) }
      var request = Self.request("k")
      request.lastRuns = 6
      request.pageSize = 4
      let first = try await fixture.query(request)
      #expect(first.runs.map(\.runID) == Array(ids[0..<4]) && first.runsExamined == 6)
      // A run created meanwhile is on no page.
      _ = try await fixture.run()
      request.pageToken = first.nextPageToken
      let second = try await fixture.query(request)
      #expect(second.runs.map(\.runID) == Array(ids[4..<6]) && second.runsExamined == 6)
      #expect(second.nextPageToken.isEmpty)
      request.key = "j"
      await refused(.invalidArgument, "page_token_invalid") { _ = try await fixture.query(request) }
    }
  }

  @Test("T58: the entries of a run may be split over pages", arguments: StoreKind.allCases)
  func splitRun(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind, ["A", "B", "C"]) { fixture in
      for _ in 0..<2 {
        let run = try await fixture.run()
        for node in ["A", "B", "C"] {
          let attempt = try await fixture.begin(run, node)
          try await fixture.put(attempt, ["k": String(repeating: node, count: 1_048_576)])
        }
      }
      var request = Self.request("k")
      request.pick = .all
      var pages: [[String]] = []
      repeat {
        let page = try await fixture.query(request)
        pages.append(page.runs.map { $0.entries.map(\.node).joined() })
        #expect(page.byNode.count == (pages.count == 1 ? 3 : 0))
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(pages == [["ABC"], ["ABC"]])
    }
  }

  @Test("T58: pages smaller than a run", arguments: StoreKind.allCases)
  func smallPages(_ kind: StoreKind) async throws {
    let options = TokenStoreOptions(maximumPageBytes: 525)
    try await TokenFixture.with(kind, ["A", "B", "C", "D"], options: options) { fixture in
      for _ in 0..<2 {
        let run = try await fixture.run()
        for node in ["A", "B", "C", "D"] {
          try await fixture.put(try await fixture.begin(run, node), ["k": node])
        }
      }
      var request = Self.request("k")
      request.pick = .all
      var pages: [[String]] = []
      repeat {
        let page = try await fixture.query(request)
        pages.append(page.runs.map { $0.entries.map(\.node).joined() })
        request.pageToken = page.nextPageToken
      } while !request.pageToken.isEmpty
      #expect(pages == [["ABC"], ["D", "AB"], ["CD"]])
    }
  }

  @Test("T58: more nodes than an answer can name are refused", arguments: StoreKind.allCases)
  func manyNodes(_ kind: StoreKind) async throws {
    let nodes = (1...70).map { "N\($0)" }
    let options = TokenStoreOptions(maximumPageBytes: 420)
    try await TokenFixture.with(kind, nodes, options: options) { fixture in
      let run = try await fixture.run()
      for node in nodes { try await fixture.put(try await fixture.begin(run, node), ["k": node]) }
      var request = Self.request("k")
      #expect(try await fixture.query(request).byNode.map(\.runs) == [1])
      request.pick = .all
      await refused(.resourceExhausted, "reply_too_large") { [request] in
        _ = try await fixture.query(request)
      }
    }
  }

  @Test("T58: what is refused", arguments: StoreKind.allCases)
  func refusals(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      func expect(
        _ code: BatonError.Code, _ reason: BatonError.Reason,
        _ change: (inout Wire.QueryTokensRequest) -> Void
      ) async {
        var request = Self.request("k")
        change(&request)
        await refused(code, reason) { [request] in _ = try await fixture.query(request) }
      }
      await expect(.invalidArgument, "name_missing") { $0.workflow = "" }
      await expect(.invalidArgument, "token_key_invalid") { $0.key = "" }
      await expect(.invalidArgument, "token_scope_invalid") { $0.scope = .init(rawValue: 9) }
      await expect(.invalidArgument, "status_invalid") { $0.statuses = ["ACTIVE", "DONE"] }
      await expect(.invalidArgument, "limit_invalid") { $0.lastRuns = 1001 }
      await expect(.invalidArgument, "page_size_invalid") { $0.pageSize = -1 }
      await expect(.invalidArgument, "time_range_invalid") {
        $0.since = 2
        $0.until = 1
      }
      await expect(.notFound, "namespace_not_found") { $0.namespace = "other" }
      await expect(.notFound, "app_not_found") { $0.application = "other" }
      await expect(.notFound, "version_not_found") { $0.version = 2 }
      await expect(.notFound, "workflow_not_found") { $0.workflow = "other" }
      let a = try await fixture.begin(try await fixture.run(), "A")
      await refused(.permissionDenied, "not_permitted") {
        _ = try await fixture.query(Self.request("k"), as: a.credential)
      }
    }
  }

  @Test("T58: filters", arguments: StoreKind.allCases)
  func filters(_ kind: StoreKind) async throws {
    try await TokenFixture.with(kind) { fixture in
      let pending = try await fixture.run(.pending)
      let failed = try await fixture.run(.failed)
      func ids(_ change: (inout Wire.QueryTokensRequest) -> Void) async throws -> [String] {
        var request = Self.request("k")
        change(&request)
        return try await fixture.query(request).runs.map(\.runID)
      }
      let (old, new) = (pending.description, failed.description)
      #expect(try await ids { _ in } == [new, old])
      #expect(try await ids { $0.statuses = ["active"] } == [old])
      #expect(try await ids { $0.statuses = ["ENDED", "PENDING"] } == [new, old])
      let start = TokenFixture.start.milliseconds
      #expect(try await ids { $0.since = start } == [new, old])
      #expect(try await ids { $0.until = start } == [])
      #expect(try await ids { $0.version = 1 } == [new, old])
    }
  }
}
