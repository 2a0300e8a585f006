import Foundation
import Testing

/// Workers against real servers, over the wire.
@Suite struct WorkerTests {
  /// What `baton bench worker --json` prints, as far as it matters here.
  private struct Report: Decodable {
    var requests: Int
    var errors: [String: Int]
  }

  @Test(
    "a worker of the client library executes the nodes of many runs",
    arguments: Deployment.allCases)
  func work(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let answer = try await installation.done(
        "bench", "worker", "--nodes", "20", "--in-flight", "4", "--seconds", "2", "--json")
      let report = try JSONDecoder().decode(Report.self, from: Data(answer.output.utf8))
      #expect(report.errors.isEmpty && report.requests > 0)
      for kind in ["chain", "fan"] {
        let run = try await installation.run("bench-worker-\(kind)/w20@latest")
        #expect(run.status == "COMPLETED")
        #expect(run.nodes.count == 20 && run.nodes.allSatisfy { $0.attemptsTotal == 1 })
      }
      try await installation.stop()
    }
  }
}
