import Foundation
import Testing

/// Both examples, from the command line to the shell programs and back.
@Suite struct ExampleTests {
  private static let examples =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("Examples").path
  private static let censusHome = examples + "/package-census"
  private static let campaignHome = examples + "/email-campaign"

  @Test("both examples, and their runs in one batch", arguments: Deployment.allCases)
  func examples(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await census(installation)
      try await problem(installation)
      try await campaign(installation)
      try await batch(installation)
      try await installation.stop()
    }
  }

  private func census(_ installation: Installation) async throws {
    let file = Self.censusHome + "/baton.yaml"
    #expect(try await installation.done("deploy", file).text == "census version 1 (changed)")
    #expect(try await installation.done("deploy", file).text == "census version 1 (unchanged)")
    let id = try await triggerCensus(installation)
    let run = try await installation.run(id)
    #expect(run.status == "COMPLETED")
    #expect(
      run.statuses == [
        "Verify COMPLETED", "EnoughValid COMPLETED", "BySection COMPLETED", "ByPriority COMPLETED",
        "LogProblem SKIPPED", "Report COMPLETED",
      ])
    #expect(run.nodes[1].outcome == true)
    #expect(run.nodes.filter { $0.status == "COMPLETED" }.allSatisfy { $0.attemptsTotal == 1 })
    try await expect(installation, id, "records.total", "6", by: "Verify")
    try await expect(installation, id, "branch", "true", by: "EnoughValid")
    try await expect(installation, id, "largest", "optional", by: "ByPriority")
    try await expect(installation, id, "largest", "libs", by: "BySection", "--node", "BySection")
    try await expect(
      installation, id, "condition", "true", by: "EnoughValid", "--scope", "system")
    try await expect(
      installation, id, "baton.exit_code", "0", by: "Report", "--scope", "system")
    let report = try await installation.done("logs", id, "Report").output
    #expect(report.contains("by section: 4 sections in "))
    #expect(report.contains("condition:  true, branch true\n"))
  }

  private func problem(_ installation: Installation) async throws {
    let id = try await triggerCensus(installation, "--arg", "min.valid=1000000")
    let run = try await installation.run(id)
    #expect(
      run.statuses == [
        "Verify COMPLETED", "EnoughValid COMPLETED", "BySection SKIPPED", "ByPriority SKIPPED",
        "LogProblem COMPLETED", "Report COMPLETED",
      ])
    try await expect(installation, id, "branch", "false", by: "EnoughValid")
    try await expect(
      installation, id, "problem",
      "6 valid records (at least 1000000 wanted), 0 bad (at most 0)", by: "LogProblem")
  }

  private func campaign(_ installation: Installation) async throws {
    let socket = installation.socketAddress
    let deployed = try await Baton.run(
      ["deploy", Self.campaignHome + "/baton.yaml", "--json"], address: socket,
      in: installation.scratch)
    #expect(deployed.status == 0, "\(deployed)")
    let answer = try await Baton.run(
      ["trigger", "email/Campaign", "--env", "CAMPAIGN_HOME=\(Self.campaignHome)", "--wait"],
      address: socket, in: installation.scratch)
    #expect(answer.status == 0, "\(answer)")
    let id = answer.text
    #expect(
      try await installation.run(id).statuses == [
        "trackingParser COMPLETED", "sendParser COMPLETED", "Parsed COMPLETED", "Report COMPLETED",
      ])
    try await expect(installation, id, "events.parsed", "270 tracking, 523 send", by: "Parsed")
    try await expect(
      installation, id, "events.valid", "270", by: "trackingParser", "--node", "trackingParser")
    try await expect(installation, id, "events.valid", "523", by: "sendParser")
    try await expect(installation, id, "rate.open", "48.3", by: "Report")
    let seen = try await installation.done("token", "get", id, "events.valid", "--at", "Parsed")
    #expect(seen.text == "523", "the later in graph order is last")
  }

  private func batch(_ installation: Installation) async throws {
    let answer = try await installation.done(
      "batch-runs", "census/Census", "email/Campaign", "nope/W", "--limit", "3", "--json")
    let elements = try answer.json([BatchView].self)
    #expect(elements.map(\.appId) == ["census", "email", "nope"])
    #expect(elements.map(\.statusCode) == [200, 200, 404])
    #expect(elements.map { $0.runs?.count } == [2, 1, nil])
    #expect(elements[0].runs?.map(\.status) == ["COMPLETED", "COMPLETED"])
    #expect(elements[2].reason == "app_not_found")
    let strict = try await installation.baton("batch-runs", "census/Census", "nope/W", "--strict")
    #expect(strict.status == 4)
  }

  private func triggerCensus(
    _ installation: Installation, _ options: String...
  ) async throws -> String {
    let arguments = [
      "trigger", "census/Census", "--env", "CENSUS_HOME=\(Self.censusHome)",
      "--arg", "status.file=\(Self.censusHome)/sample/status", "--wait",
    ]
    let answer = try await Baton.run(
      arguments + options, address: installation.address, in: installation.scratch)
    try #require(answer.status == 0, "\(answer)")
    return answer.text
  }

  private func expect(
    _ installation: Installation, _ run: String, _ key: String, _ value: String, by node: String,
    _ options: String..., sourceLocation: SourceLocation = #_sourceLocation
  ) async throws {
    let answer = try await Baton.run(
      ["token", "get", run, key, "--json"] + options, address: installation.address,
      in: installation.scratch)
    try #require(answer.status == 0, "\(answer)", sourceLocation: sourceLocation)
    let entry = try answer.json(EntryView.self)
    #expect(entry.value == value, sourceLocation: sourceLocation)
    #expect(entry.nodeName == node, sourceLocation: sourceLocation)
    #expect(entry.attempt == 1, sourceLocation: sourceLocation)
    #expect(entry.attemptStatus == "COMPLETED", sourceLocation: sourceLocation)
  }
}
