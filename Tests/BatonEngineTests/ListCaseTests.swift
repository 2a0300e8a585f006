import BatonCore
import BatonWire
import Testing

@Suite("Cases of lists and watches", .timeLimit(.minutes(1))) struct ListCaseTests {
  @Test("WF-37 150 runs", arguments: Deployment.allCases)
  func pages(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "[]")
      var runs: [String] = []
      for _ in 0..<150 { runs.append(try await house.trigger()) }
      let first = try await house.client.listRuns(.init())
      #expect(first.runs.map(\.runID) == Array(runs.reversed().prefix(100)))
      let second = try await house.client.listRuns(.init(pageToken: first.nextPageToken))
      #expect(second.runs.map(\.runID) == Array(runs.reversed().suffix(50)))
      #expect(second.nextPageToken.isEmpty)
      #expect(try await house.client.listRuns(.init(pageSize: 1000)).runs.count == 150)
      _ = await refused("page_size_invalid") {
        _ = try await house.client.listRuns(.init(pageSize: 1001))
      }
      _ = await refused("status_invalid") {
        _ = try await house.client.listRuns(.init(statuses: ["FOO"]))
      }
      _ = await refused("page_token_invalid") {
        _ = try await house.client.listRuns(
          .init(application: "demo", workflow: "W", pageToken: first.nextPageToken))
      }
      let tenth = try #require(try await house.details(runs[9]).run)
      let before = try await house.client.listRuns(.init(until: tenth.created, pageSize: 1000))
      #expect(!before.runs.contains { $0.created >= tenth.created })
      let byPrefix = try await house.client.listRuns(.init(runIDPrefix: String(runs[3].prefix(36))))
      #expect(byPrefix.runs.map(\.runID) == [runs[3]])
      for run in runs.suffix(1) { try await house.end(of: run) }
      #expect(try await house.client.listRuns(.init(statuses: ["failed"])).runs.isEmpty)
    }
  }

  @Test("WF-38 watching an ended run", arguments: Deployment.allCases)
  func watch(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      let run = try await house.run()
      let all = try await house.end(of: run)
      #expect(all.map(\.event) == Array(1...UInt64(all.count)) && all.last?.to == "COMPLETED")
      #expect(try await house.end(of: run, after: 2) == Array(all.dropFirst(2)))
      #expect(try await house.end(of: run, after: 1000).isEmpty)
      _ = await refused("run_id_invalid") { try await house.end(of: "x") }
      _ = await refused("run_not_found", .notFound) {
        try await house.end(of: "019a5e0c-7b1e-7c3a-9f00-1d2e3f405162")
      }
    }
  }

  @Test("nodes in pages and by status; attempts and logs that are not there")
  func nodes() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(
        nodes: """
          - {name: A, program: exit1}
          - {name: B, program: nothing}
          - {name: C, program: ok, after: [A]}
          """, more: "on_failure: finish-siblings")
      let run = try await house.run()
      let reference = Wire.RunRef(runID: run)
      let first = try await house.client.listNodes(.init(run: reference, pageSize: 2))
      #expect(first.nodes.map(\.node) == ["A", "B"])
      let second = try await house.client.listNodes(
        .init(run: reference, pageSize: 2, pageToken: first.nextPageToken))
      #expect(second.nodes.map(\.node) == ["C"] && second.nextPageToken.isEmpty)
      let failed = try await house.client.listNodes(
        .init(run: reference, statuses: ["upstream_failed"]))
      #expect(failed.nodes.map(\.node) == ["C"])
      _ = await refused("node_not_found", .notFound) {
        _ = try await house.client.getAttempt(.init(run: reference, node: "X"))
      }
      _ = await refused("attempt_not_found", .notFound) {
        _ = try await house.client.getAttempt(.init(run: reference, node: "C"))
      }
      // A node without a process has written nothing.
      let chunks = try await house.client.getNodeLog(.init(run: reference, node: "B")) {
        try await $0.reduce(0) { count, _ in count + 1 }
      }
      #expect(chunks == 0)
    }
  }
}
