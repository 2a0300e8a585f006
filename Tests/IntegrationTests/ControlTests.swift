import Foundation
import Testing

/// Control of runs, applications and the server through `baton`, against real processes.
@Suite struct ControlTests {
  /// A stop as `baton stop --json` prints it.
  private struct StopView: Decodable {
    struct Report: Decodable {
      struct Attempt: Decodable {
        var node: String
        var attempt: Int?
        var endedBy: String?
        var processesEnded: Int
        var proof: String?
      }

      var attempts: [Attempt]
      var processesEnded: Int
      var survivorsTotal: Int
      var proven: Bool
      var reason: String?
    }

    var outcome: String
    var status: String?
    var proven: Bool
    var report: Report?
  }

  /// A program that leaves a process in a session of its own, and ignores TERM.
  private static let stubborn = """
    setsid sleep 1000 &
    trap '' TERM
    echo "pids $$ $!" > $D/mail
    while true; do sleep 1; done
    """

  private func isAlive(_ pid: String) -> Bool {
    guard let state = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8),
      let end = state.lastIndex(of: ")")
    else { return false }
    // A zombie has ended; its parent has not looked yet.
    return !state[end...].hasPrefix(") Z")
  }

  @Test("SR120, SR123: stop ends every process and says so", arguments: Deployment.allCases)
  func stop(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      try await installation.deploy(
        scripts: ["A": Self.stubborn], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      let pids = try await mail.line("pids").split(separator: " ").map(String.init)
      #expect(pids.count == 2 && pids.allSatisfy(isAlive))
      let answer = try await installation.done(
        "stop", id, "--grace", "200ms", "--reason", "wrong input", "--json")
      let stop = try answer.json(StopView.self)
      #expect(stop.outcome == "STOPPED")
      #expect(stop.status == "KILLED")
      #expect(stop.proven)
      let report = try #require(stop.report)
      #expect(report.attempts.map(\.node) == ["A"])
      #expect(report.attempts.map(\.endedBy) == ["KILL"])
      #expect(report.attempts.allSatisfy { $0.proof == "CGROUP" || $0.proof == "PROCESS_SCAN" })
      #expect(report.processesEnded >= 2)
      #expect(report.survivorsTotal == 0)
      #expect(report.reason == "wrong input")
      #expect(!pids.contains(where: isAlive))
      // A repeat finds it done; so does the record.
      let again = try await installation.done("stop", id)
      #expect(again.text == "run \(id) had ended KILLED; nothing was done")
      let shown = try await installation.done("run", id)
      #expect(shown.output.contains("wrong input"), "\(shown)")
      #expect(shown.output.contains("none survived"), "\(shown)")
      try await installation.stop()
    }
  }

  @Test(
    "SR125, G58: a stop goes on when the server is killed in the middle of it",
    arguments: Deployment.allCases)
  func stopOverKill(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      try await installation.deploy(
        scripts: ["A": Self.stubborn], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      let pids = try await mail.line("pids").split(separator: " ").map(String.init)
      let early = try await installation.baton("stop", id, "--grace", "3s", "--timeout", "0s")
      #expect(early.status == 5)
      #expect(early.errors.hasPrefix("error: stop_timeout: "), "\(early)")
      try await installation.kill(installation.front)
      try await installation.start(installation.front)
      let stop = try await installation.done("stop", id, "--json").json(StopView.self)
      #expect(stop.outcome == "STOPPED" && stop.status == "KILLED" && stop.proven)
      let report = try #require(stop.report)
      #expect(report.attempts.map(\.endedBy) == ["KILL"])
      #expect(report.processesEnded >= 2 && report.survivorsTotal == 0)
      #expect(!pids.contains(where: isAlive))
      try await installation.stop()
    }
  }

  @Test("SR124: a run that is not there", arguments: Deployment.allCases)
  func stopOfNothing(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let unknown = "01a20000-0000-7000-8000-000000000000"
      for name in [unknown, "nosuch"] {
        #expect(try await installation.baton("stop", name).status == 4)
        let answer = try await installation.baton("stop", name, "--missing-ok", "--json")
        #expect(answer.status == 0, "\(answer)")
        #expect(try answer.json(StopView.self).outcome == "NOT_FOUND")
      }
      let long = try await installation.baton("stop", unknown, "--grace", "2h")
      #expect(long.status == 3)
      #expect(long.errors.hasPrefix("error: limit_invalid: "), "\(long)")
      try await installation.stop()
    }
  }

  @Test(
    "WF-16, G44: a suspended run starts nothing until it is resumed",
    arguments: Deployment.allCases)
  func suspend(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": "echo 'a ready' > $D/mail; read x < $D/gate", "B": "echo 'b ran' > $D/mail",
        ],
        nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
      let id = try await installation.trigger()
      _ = try await mail.line("a")
      #expect(try await installation.done("suspend", id).text == "run \(id) SUSPENDED")
      let twice = try await installation.baton("suspend", id)
      #expect(twice.status == 3)
      #expect(twice.errors.hasPrefix("error: run_already_suspended: "), "\(twice)")
      gate.open()
      let watch = try installation.start("watch", id, "--json")
      _ = try await watch.state.first("the end of A") { state in
        state.outputText.contains(#""node":"A","from":"RUNNING","to":"COMPLETED""#) ? true : nil
      }
      #expect(try await installation.run(id).statuses == ["A COMPLETED", "B PENDING"])
      #expect(mail.lines.value.count == 1)
      _ = try await installation.done("resume", id)
      _ = try await mail.line("b")
      #expect(try await Baton.answer(of: watch).status == 0)
      #expect(try await installation.baton("resume", id).errors.hasPrefix("error: run_ended: "))
      try await installation.stop()
    }
  }

  @Test(
    "C14, G64: an application is deleted only when it is meant, and no run is active",
    arguments: Deployment.allCases)
  func delete(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: ["A": "echo 'a ready' > $D/mail; read x < $D/gate"],
        nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      _ = try await mail.line("a")
      #expect(try await installation.baton("delete", "demo").status == 2)
      let active = try await installation.baton("delete", "demo", "--yes")
      #expect(active.status == 3)
      #expect(active.errors.hasPrefix("error: run_active: "), "\(active)")
      gate.open()
      #expect(try await installation.end(of: id).status == "COMPLETED")
      #expect(
        try await installation.done("delete", "demo", "--yes").text == "default:demo deleted")
      for command in [["app", "demo"], ["run", id], ["delete", "demo", "--yes"]] {
        let answer = try await Baton.run(
          command, address: installation.address, in: installation.scratch)
        #expect(answer.status == 4, "\(command): \(answer)")
      }
      let attempts = installation.dataDirectory + "/attempts/" + id
      #expect(!FileManager.default.fileExists(atPath: attempts))
      try await installation.stop()
    }
  }

}
