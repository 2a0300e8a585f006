import BatonCore
import BatonWire
import Testing

/// Figures over completed runs, as GetRunStatistics gives them.
@Suite("Run statistics", .timeLimit(.minutes(1))) struct StatisticsTests {
  @Test("G63 runs, nodes and branches of completed runs", arguments: Deployment.allCases)
  func figures(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: """
          - {name: c, condition: {expr: "arg('way') = 'left'"}}
          - {name: l, program: nothing, after: [c.true]}
          - {name: r, program: nothing, after: [c.false]}
          """)
      let empty = try await house.client.getRunStatistics(
        .init(application: "demo", workflow: "W"))
      #expect(empty == .init())

      for way in ["left", "left", "right"] {
        let run = try await house.trigger(["way": way])
        try await house.end(of: run)
      }
      let answer = try await house.client.getRunStatistics(
        .init(application: "demo", workflow: "W", percentiles: [100, 0, 50]))
      #expect(answer.runs == 3 && answer.durations?.count == 3)
      #expect(answer.durations?.percentiles.map(\.percentile) == [0, 50, 100])
      #expect(answer.durations?.percentiles.first?.runsTotal == 3)
      #expect(answer.durations?.percentiles.last?.durationMs == answer.durations?.maxMs)
      #expect(answer.nodes.map(\.node) == ["c", "l", "r"])
      #expect(answer.nodes.map(\.runs) == [3, 2, 1])
      #expect(answer.nodes.first?.outcomeTrue == 2 && answer.nodes.first?.outcomeFalse == 1)
      let newest = try await house.client.getRunStatistics(
        .init(application: "demo", workflow: "W", lastRuns: 1))
      #expect(newest.runs == 1 && newest.nodes.map(\.node) == ["c", "r"])
    }
  }

  @Test("G63 what is refused")
  func refusals() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "- {name: A, program: nothing}")
      let wrong: [(Wire.GetRunStatisticsRequest, BatonError.Reason, BatonError.Code)] = [
        (.init(application: "demo"), "name_missing", .invalidArgument),
        (.init(application: "demo", workflow: "X"), "workflow_not_found", .notFound),
        (.init(application: "none", workflow: "W"), "app_not_found", .notFound),
        (
          .init(application: "demo", workflow: "W", lastRuns: 10_001), "limit_invalid",
          .invalidArgument
        ),
        (
          .init(application: "demo", workflow: "W", percentiles: [101]), "limit_invalid",
          .invalidArgument
        ),
        (
          .init(application: "demo", workflow: "W", since: 2, until: 1), "time_range_invalid",
          .invalidArgument
        ),
      ]
      for (request, reason, code) in wrong {
        _ = await refused(reason, code) { _ = try await house.client.getRunStatistics(request) }
      }
    }
  }
}
