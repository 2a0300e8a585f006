import BatonCore
import BatonExec
import BatonWire
import Foundation
import Glibc
import Testing

/// Stops that take long, are given up, or outlast the engine, with real processes (SR120–SR127).
@Suite("Cases of stops", .timeLimit(.minutes(2))) struct StopCaseTests {
  /// Ends by nothing but KILL.
  private static let stubborn = "trap '' TERM; echo ready; exec sleep 1000"

  /// Waits until something is so; only the system knows when.
  private func until(_ isSo: () throws -> Bool) async throws {
    while try !isSo() { try await ContinuousClock().sleep(for: .milliseconds(5)) }
  }

  private func start(_ house: EngineFixture, _ script: String = stubborn) async throws -> String {
    try await house.deploy(SupervisionCaseTests.file(script))
    let run = try await house.trigger()
    try await house.follow(run, until: "ready")
    return run
  }

  @Test("SR124 a forced stop names who is alive", arguments: Deployment.allCases)
  func forced(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      let run = try await start(house, "setsid sleep 2000 & " + Self.stubborn)
      let answer = try await house.stopRun(
        run, graceMs: 3_600_000, timeoutMs: 50, force: true, reason: "enough")
      #expect(answer.outcome == .forced && !answer.proven && answer.status == .killed)
      let report = try #require(answer.report)
      let attempt = try #require(report.attempts.first)
      // The child has ended by TERM, or is about to.
      let pids = Set(ProcessCaseTests.processes(of: run).compactMap { Int64($0) })
      #expect(pids.isSubset(of: attempt.survivors.map(\.pid)))
      #expect(attempt.survivors.contains { $0.command == "sleep 1000" })
      #expect(report.survivorsTotal == UInt32(attempt.survivors.count))
      #expect(attempt.proof == .none)
      #expect(try await house.details(run).details?.stopReport == report)
      for pid in pids { kill(pid_t(pid), SIGKILL) }
      try await until { ProcessCaseTests.processes(of: run).isEmpty }
    }
  }

  @Test("SR124, SR127 killing goes on over a restart, then the files go", arguments: [true, false])
  func forcedRestart(shimLives: Bool) async throws {
    try await House.with(.sqlite) { home in
      let run = try await home.processEngine { house in
        let run = try await start(house)
        let grace: Int64 = shimLives ? 300 : 3_600_000
        let answer = try await house.stopRun(run, graceMs: grace, timeoutMs: 0, force: true)
        #expect(answer.outcome == .forced)
        return run
      }
      let directory = home.directory + "/attempts/\(run)/A/1"
      if !shimLives {
        let claim = try String(contentsOfFile: directory + "/claim", encoding: .utf8)
        let line = claim.split(separator: "\n").first { $0.hasPrefix("pid ") }
        kill(try #require(line.flatMap { pid_t($0.dropFirst(4)) }), SIGKILL)
        #expect(ProcessCaseTests.processes(of: run).count == 1)
      }
      try await home.processEngine { house in
        try await until { ProcessCaseTests.processes(of: run).isEmpty }
        try await until { access(directory + "/launch", F_OK) != 0 }
        #expect(access(directory + "/stdout.0", F_OK) == 0, "the log stays")
        try await until { names(in: home.directory + "/launched").isEmpty }
        #expect(try await house.status(run) == .killed)
      }
    }
  }

  @Test("SR127 the directories of a run that was given up go after its last process")
  func forcedDelete() async throws {
    try await House.with(.sqlite) { home in
      try await home.processEngine { house in
        let run = try await start(house)
        let answer = try await house.stopRun(
          run, graceMs: 3_600_000, timeoutMs: 0, force: true)
        let survivor = try #require(answer.report?.attempts.first?.survivors.first)
        _ = try await house.client.deleteApplication(.init(application: "demo"))
        let directory = home.directory + "/attempts/\(run)"
        #expect(access(directory + "/A/1/work", F_OK) == 0)
        kill(pid_t(survivor.pid), SIGKILL)
        try await until { access(directory, F_OK) != 0 }
      }
    }
  }

  @Test("SR125 a stop goes on over a restart; a repeat joins it and gets the whole report")
  func restart() async throws {
    try await House.with(.sqlite) { home in
      let run = try await home.processEngine { house in
        let run = try await start(house, "setsid sleep 2000 & " + Self.stubborn)
        _ = await refused("stop_timeout", .deadlineExceeded) {
          _ = try await house.stopRun(run, graceMs: 60_000, timeoutMs: 50, reason: "first")
        }
        return run
      }
      try await home.processEngine { house in
        #expect(try await house.status(run) == .stopping)
        let answer = try await house.stopRun(run, graceMs: 100, reason: "second")
        #expect(answer.outcome == .stopped && answer.proven && answer.status == .killed)
        let report = try #require(answer.report)
        #expect(report.attemptsTotal == 1 && report.survivorsTotal == 0)
        #expect(report.processesEnded == 2 && report.reason == "first")
        #expect(report.attempts.map(\.endedBy) == [.kill])
        #expect(report.attempts.allSatisfy { $0.proof != .none })
        #expect(ProcessCaseTests.processes(of: run).isEmpty)
      }
    }
  }

  @Test("SR120 the grace: none at all, and an hour that nobody needs", arguments: [0, 3_600_000])
  func grace(milliseconds: Int64) async throws {
    try await EngineFixture.withProcesses(.sqlite) { house in
      let script = milliseconds == 0 ? Self.stubborn : "echo ready; exec sleep 1000"
      let run = try await start(house, script)
      let answer = try await house.stopRun(run, graceMs: milliseconds)
      #expect(answer.outcome == .stopped && answer.proven)
      #expect(answer.report?.attempts.map(\.endedBy) == [milliseconds == 0 ? .kill : .term])
    }
  }

  @Test("SE-36 repeats with a request id after the end get the report", arguments: [true, false])
  func repeats(isForced: Bool) async throws {
    try await EngineFixture.withProcesses(.sqlite) { house in
      let run = try await start(house)
      let stop = {
        try await house.stopRun(
          run, graceMs: isForced ? 60_000 : 50, timeoutMs: isForced ? 0 : 60_000, force: isForced,
          requestID: "stop-1")
      }
      let first = try await stop()
      #expect(first.outcome == (isForced ? .forced : .stopped) && first.report != nil)
      #expect(try await stop() == first)
      for pid in ProcessCaseTests.processes(of: run) { kill(try #require(pid_t(pid)), SIGKILL) }
    }
  }

  private func names(in path: String) -> [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
  }
}
