import BatonCore
import BatonEngine
import BatonExec
import BatonWire
import Testing

/// Cases of queries over past runs (TK-40, AC-4, T58).
@Suite("Cases of token queries", .timeLimit(.minutes(3))) struct TokenQueryCaseTests {
  /// A workflow whose nodes put what the arguments say.
  private func deploy(_ house: EngineFixture, more: String = "") async throws {
    try await house.deploy(
      nodes: """
        - {name: B, program: b}
        - {name: C, program: c, after: [B.complete]}
        \(more)
        """, more: "on_failure: finish-siblings",
      programs: """
        b: {type: COMMAND, argv: [puts, "0", "${arg.b:-n=0}"]}
        c: {type: COMMAND, argv: [puts, "${arg.code:-0}", "${arg.c:-n=0}"]}
        """)
  }

  private func query(
    _ house: EngineFixture, _ change: (inout Wire.QueryTokensRequest) -> Void = { _ in }
  ) async throws -> Wire.QueryTokensResponse {
    var request = Wire.QueryTokensRequest(application: "demo", workflow: "W", key: "ERROR")
    change(&request)
    return try await house.tokens.queryTokens(request)
  }

  @Test("TK-40, AC-4: which node set a key last", arguments: Deployment.allCases)
  func newest(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      var runs: [String] = []
      for number in 0..<60 {
        let arguments: [String: String] =
          number >= 57 ? ["b": "ERROR=b\(number)"] : number == 56 ? ["c": "ERROR=c"] : [:]
        runs.insert(try await house.run(arguments), at: 0)
      }
      let answer = try await query(house)
      #expect(answer.runsExamined == 50)
      #expect(answer.runs.map(\.runID) == Array(runs.prefix(50)))
      #expect(answer.runs.count(where: \.entries.isEmpty) == 46)
      #expect(answer.byNode.map { "\($0.node):\($0.runs)" } == ["B:3", "C:1"])
      #expect(answer.byNode.map(\.lastRunID) == [runs[0], runs[3]])
      #expect(
        answer.runs.prefix(4).map { $0.entries.map(\.value) } == [["b59"], ["b58"], ["b57"], ["c"]])
      // Pages; a run that is created meanwhile is on none, and moves none out.
      var seen: [String] = []
      var token = ""
      repeat {
        let page = try await query(house) { ($0.pageSize, $0.pageToken) = (20, token) }
        #expect(page.runsExamined == 50 && page.byNode.isEmpty == !token.isEmpty)
        seen += page.runs.map(\.runID)
        token = page.nextPageToken
        _ = try await house.run()
      } while !token.isEmpty
      #expect(seen == Array(runs.prefix(50)))
    }
  }

  @Test("T58: every parameter narrows what is examined", arguments: Deployment.allCases)
  func parameters(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      let first = try await house.run(["b": "ERROR=1", "c": "ERROR=2"])
      let second = try await house.run(["b": "ERROR=3", "code": "1"])
      try await deploy(house, more: "- {name: D, program: nothing, after: [C]}")
      let third = try await house.run(["c": "ERROR=4"])
      func values(
        _ change: (inout Wire.QueryTokensRequest) -> Void
      ) async throws -> [[String]] {
        try await query(house, change).runs.map { $0.entries.map { "\($0.node):\($0.value)" } }
      }
      #expect(try await values { _ in } == [["C:4"], ["B:3"], ["C:2"]])
      #expect(try await values { $0.pick = .all } == [["C:4"], ["B:3"], ["B:1", "C:2"]])
      #expect(try await values { $0.node = "B" } == [[], ["B:3"], ["B:1"]])
      #expect(try await values { $0.version = 1 } == [["B:3"], ["C:2"]])
      #expect(try await values { $0.statuses = ["failed"] } == [["B:3"]])
      #expect(try await values { $0.statuses = ["ENDED"] }.count == 3)
      #expect(try await values { $0.statuses = ["ACTIVE"] }.isEmpty)
      #expect(try await values { $0.lastRuns = 2 } == [["C:4"], ["B:3"]])
      #expect(try await values { $0.key = "n" } == [["B:0"], ["C:0"], []])
      #expect(
        try await values { ($0.key, $0.scope) = ("baton.attempt", .system) }.map(\.count) == [
          1, 1, 1,
        ])
      // The bounds are those of creation: from inclusive, until exclusive.
      let created = try await query(house).runs.map(\.created)
      let all = [third, second, first]
      for (since, until) in [(created[1], 0), (0, created[0]), (created[2], created[2])] {
        let expected = zip(all, created).filter { _, time in
          time >= since && (until == 0 || time < until)
        }
        let found = try await query(house) { ($0.since, $0.until) = (since, until) }
        #expect(found.runs.map(\.runID) == expected.map(\.0))
      }
      // A node of the newest version alone has no entries in older runs.
      #expect(try await values { $0.node = "D" } == [[], [], []])
      #expect(try await values { ($0.node, $0.key) = ("W", "x") } == [[], [], []])
    }
  }

  @Test("T55, T58: what is refused", arguments: Deployment.allCases)
  func refusals(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await deploy(house)
      typealias Change = @Sendable (inout Wire.QueryTokensRequest) -> Void
      let rows: [(String, BatonError.Code, Change)] = [
        ("name_missing", .invalidArgument, { $0.application = "" }),
        ("name_missing", .invalidArgument, { $0.workflow = "" }),
        ("token_key_invalid", .invalidArgument, { $0.key = "" }),
        ("token_scope_invalid", .invalidArgument, { $0.scope = Wire.Scope(rawValue: 7) }),
        ("filter_invalid", .invalidArgument, { $0.pick = Wire.TokenPick(rawValue: 7) }),
        ("status_invalid", .invalidArgument, { $0.statuses = ["DONE"] }),
        ("time_range_invalid", .invalidArgument, { ($0.since, $0.until) = (2, 1) }),
        ("limit_invalid", .invalidArgument, { $0.lastRuns = 1001 }),
        ("page_size_invalid", .invalidArgument, { $0.pageSize = 1001 }),
        ("page_size_invalid", .invalidArgument, { $0.pageSize = -1 }),
        ("page_token_invalid", .invalidArgument, { $0.pageToken = "x" }),
        ("page_token_invalid", .invalidArgument, { ($0.pageToken, $0.application) = ("x", "no") }),
        ("namespace_not_found", .notFound, { $0.namespace = "nowhere" }),
        ("app_not_found", .notFound, { $0.application = "nosuch" }),
        ("version_not_found", .notFound, { $0.version = 9 }),
        ("workflow_not_found", .notFound, { $0.workflow = "nosuch" }),
        ("node_not_found", .notFound, { $0.node = "nosuch" }),
      ]
      for (reason, code, change) in rows {
        let error = await refused(.init(rawValue: reason), code) {
          _ = try await query(house, change)
        }
        if error == nil { Issue.record("\(reason)") }
      }
      _ = try await query(house) { $0.lastRuns = 1000 }
    }
  }
}
