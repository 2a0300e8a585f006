import BatonCore
import BatonWire
import Testing

/// Cases of batch-runs.md §8 that stand alone.
@Suite("BatchRuns, case by case", .timeLimit(.minutes(1))) struct BatchCaseTests {
  private func with(
    _ deployment: Deployment, p: Int, q: Int,
    _ body: (EngineFixture, _ p: [String], _ q: [String]) async throws -> Void
  ) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        """
        baton: 1
        application: demo
        programs:
          nothing: {type: NOOP}
        workflows:
          P: {nodes: [{name: n, program: nothing}]}
          Q: {nodes: [{name: n, program: nothing}]}
        """)
      try await body(house, try await runs(house, "P", p), try await runs(house, "Q", q))
    }
  }

  /// Runs of a workflow, the newest first.
  private func runs(
    _ house: EngineFixture, _ workflow: String, _ count: Int
  ) async throws -> [String] {
    var runs: [String] = []
    for _ in 0..<count { runs.insert(try await house.run(workflow: workflow), at: 0) }
    return runs
  }

  private func element(
    _ id: String, limit: Int32? = nil, type: String = "WORKFLOW", cursor: String = ""
  ) -> Wire.BatchRunsProgram {
    var program = Wire.BatchRunsProgram()
    (program.appID, program.programType, program.programID) = ("demo", type, id)
    (program.limit, program.cursor) = (limit, cursor)
    return program
  }

  private func ask(
    _ house: EngineFixture, _ programs: Wire.BatchRunsProgram...
  ) async throws -> [Wire.BatchRunsResult] {
    try await house.client.batchRuns(.init(programs: programs)).results
  }

  @Test("BR-02 an unknown program between two others", arguments: Deployment.allCases)
  func unknown(deployment: Deployment) async throws {
    try await with(deployment, p: 2, q: 1) { house, p, q in
      let results = try await ask(house, element("P"), element("unknown"), element("Q"))
      #expect(results.map(\.statusCode) == [200, 404, 200])
      #expect(results.map(\.reason) == ["", "program_not_found", ""])
      #expect(results.map { $0.runs.map(\.runID) } == [[p[0]], [], [q[0]]])
    }
  }

  @Test("BR-03 the last ten of 25 runs, and of 3", arguments: Deployment.allCases)
  func limit(deployment: Deployment) async throws {
    try await with(deployment, p: 25, q: 3) { house, p, q in
      let results = try await ask(house, element("P", limit: 10), element("Q", limit: 10))
      #expect(results.map { $0.runs.map(\.runID) } == [Array(p[..<10]), q])
      #expect(results.map(\.nextCursor.isEmpty) == [false, true])
    }
  }

  @Test("BR-06 no programs, no answers", arguments: Deployment.allCases)
  func none(deployment: Deployment) async throws {
    try await with(deployment, p: 1, q: 0) { house, _, _ in
      let results = try await ask(house)
      #expect(results.isEmpty)
    }
  }

  @Test("BR-09 the type in small letters is echoed in capitals", arguments: Deployment.allCases)
  func letters(deployment: Deployment) async throws {
    try await with(deployment, p: 1, q: 0) { house, p, _ in
      let result = try #require(try await ask(house, element("P", type: "workflow")).first)
      #expect(result.statusCode == 200 && result.programType == "WORKFLOW")
      #expect(result.runs.map(\.runID) == p)
    }
  }

  @Test("BR-14 pages do not move when runs come between them", arguments: Deployment.allCases)
  func pages(deployment: Deployment) async throws {
    try await with(deployment, p: 25, q: 0) { house, p, _ in
      var pages: [[String]] = []
      var cursor = ""
      repeat {
        let page = try #require(
          try await ask(house, element("P", limit: 10, cursor: cursor)).first)
        pages.append(page.runs.map(\.runID))
        cursor = page.nextCursor
        if pages.count == 1 { _ = try await runs(house, "P", 5) }
      } while !cursor.isEmpty
      #expect(pages == [Array(p[..<10]), Array(p[10..<20]), Array(p[20...])])
    }
  }

  @Test("B2.5, B3.1: a version and a status together", arguments: Deployment.allCases)
  func versionAndStatus(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      var runs: [String: String] = [:]
      for version in 1...2 {
        try await house.deploy(
          nodes: """
            - {name: c, condition: {expr: "arg('end') = 'fail'"}}
            - {name: f, program: exit1, after: [c.true]}
            - {name: b\(version), program: block, after: [c.false]}
            """, more: "on_failure: finish-siblings")
        for end in ["fail", "block"] {
          let run = try await house.trigger(["end": end])
          runs["\(version) \(end)"] = run
          if end == "fail" { try await house.end(of: run) }
        }
      }
      func ask(_ statuses: [String], version: UInt32, type: String, _ id: String)
        async throws -> [String]
      {
        var asked = element(id, limit: 100, type: type)
        asked.version = version
        let request = Wire.BatchRunsRequest(programs: [asked], statuses: statuses)
        let result = try #require(try await house.client.batchRuns(request).results.first)
        return result.runs.map { String($0.runID.prefix(36)) }
      }
      for version in 1...2 {
        let failed = try #require(runs["\(version) fail"])
        let blocked = try #require(runs["\(version) block"])
        let number = UInt32(version)
        #expect(try await ask(["FAILED"], version: number, type: "WORKFLOW", "W") == [failed])
        #expect(try await ask(["KILLED"], version: number, type: "WORKFLOW", "W") == [])
        #expect(try await ask([], version: number, type: "WORKFLOW", "W") == [blocked, failed])
        #expect(try await ask(["FAILED"], version: number, type: "COMMAND", "exit1") == [failed])
        #expect(try await ask([], version: number, type: "COMMAND", "exit1") == [failed])
        #expect(try await ask(["COMPLETED"], version: number, type: "COMMAND", "exit1") == [])
        #expect(try await ask(["RUNNING"], version: number, type: "WORKFLOW", "W") == [blocked])
      }
      for version in 1...2 {
        let run = try #require(runs["\(version) block"])
        _ = try await house.stopRun(run)
      }
    }
  }
}
