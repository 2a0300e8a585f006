import Foundation
import Testing

/// Looking after a server through `baton admin`, and tokens inside a node.
@Suite struct AdminTests {
  /// What of `baton admin status --json` is of interest.
  private struct StatusView: Decodable {
    struct Store: Decodable {
      var kind: String
      var databaseBytes: Int
      var freeBytes: Int
      var runs: Int
      var writable: Bool
    }

    var ready: Bool
    var services: [String]
    var activeRuns: Int
    var runningAttempts: Int
    var connections: Int
    var store: Store
  }

  private struct PruneView: Decodable {
    var runs: Int
    var dryRun: Bool
  }

  @Test("P11: what is pruned is gone with its logs", arguments: Deployment.allCases)
  func prune(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: ["A": "echo hello; baton token put k=v"], nodes: "- {name: A, program: A}")
      var runs: [String] = []
      for _ in 0..<3 {
        runs.append(try await installation.done("trigger", "demo/W", "--wait").text)
      }
      let nothing = try await installation.baton("admin", "prune", "--yes")
      #expect(nothing.status == 3)
      #expect(nothing.errors.hasPrefix("error: limit_invalid: "), "\(nothing)")
      #expect(try await installation.baton("admin", "prune", "--keep-runs", "1").status == 2)
      let counted = try await installation.done(
        "admin", "prune", "--keep-runs", "1", "--dry-run", "--json"
      ).json(PruneView.self)
      #expect(counted.runs == 2 && counted.dryRun)
      let pruned = try await installation.done(
        "admin", "prune", "--keep-runs", "1", "--app", "demo", "--yes", "--json"
      ).json(PruneView.self)
      #expect(pruned.runs == 2 && !pruned.dryRun)
      let left = try await installation.done("runs", "demo/W", "--json").json(RunsView.self)
      #expect(left.runs.map(\.runId) == runs.suffix(1))
      for run in runs {
        let attempts = installation.dataDirectory + "/attempts/" + run
        #expect(FileManager.default.fileExists(atPath: attempts) == (run == runs.last))
      }
      #expect(try await installation.done("token", "get", runs[2], "k").text == "v")
      #expect(try await installation.baton("token", "get", runs[0], "k").status == 4)
      try await installation.stop()
    }
  }

  @Test("R4: admin status tells of server, store and runs", arguments: Deployment.allCases)
  func status(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: ["A": "echo 'a ready' > $D/mail; read x < $D/gate"],
        nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      _ = try await mail.line("a")
      let status = try await installation.done("admin", "status", "--json").json(StatusView.self)
      #expect(status.ready)
      #expect(status.services.contains("baton.admin.v1.Operations"))
      #expect(status.activeRuns == 1)
      #expect(status.runningAttempts == 1)
      #expect(status.connections >= 1)
      #expect(status.store.kind == "sqlite")
      #expect(status.store.databaseBytes > 0 && status.store.freeBytes > 0)
      #expect(status.store.runs == 1 && status.store.writable)
      let text = try await installation.done("admin", "status")
      #expect(text.output.hasPrefix("state:        ready\n"), "\(text)")
      gate.open()
      #expect(try await installation.end(of: id).status == "COMPLETED")
      try await installation.stop()
    }
  }

  @Test("T62: inside a node every token command knows its run", arguments: Deployment.allCases)
  func tokensInside(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: [
          "A": """
          baton token put k=v
          baton token get k
          baton token list --json
          baton token history k --json
          baton token watch --key k --json > $D/watched &
          until grep -q '"k"' $D/watched 2>/dev/null; do sleep 0.05; done
          kill $!
          """
        ], nodes: "- {name: A, program: A}")
      let answer = try await installation.baton("trigger", "demo/W", "--wait")
      #expect(answer.status == 0, "\(answer)")
      let lines = try await installation.done("logs", answer.text, "A").output
        .split(separator: "\n").map(String.init)
      try #require(lines.count == 3, "\(lines)")
      #expect(lines[0] == "v")
      #expect(lines[1] == #"{"tokenValueMap":{"k":[{"nodeName":"A","value":"v"}]}}"#)
      #expect(lines[2].contains(#""key":"k","nodeName":"A","attempt":1,"value":"v""#))
      #expect(installation.scratch.read("watched").contains(#""key":"k""#))
      try await installation.stop()
    }
  }

  @Test("retention settings are shown, and wrong ones refused")
  func retentionSettings() async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    try scratch.write("retain-runs: [5, \"sales:demo=7\"]\n", to: "batond.yaml")
    let shown = try await batond(
      ["config", "--config", scratch.file("batond.yaml"), "--retain-days", "30"], scratch)
    #expect(shown.contains("retain-runs: 5,sales:demo=7  # \(scratch.file("batond.yaml"))"))
    #expect(shown.contains("retain-days: 30  # --retain-days"))
    for wrong in ["0", "x", "a b=3", "demo=", "a:b:c=1"] {
      let answer = try await batond(["config", "--retain-runs", wrong], scratch)
      #expect(
        answer.contains("error: setting retain-runs (--retain-runs): `"), "\(wrong): \(answer)")
    }
  }

  /// Runs the server's command to its end; gives all that it printed.
  private func batond(_ arguments: [String], _ scratch: Scratch) async throws -> String {
    let process = try ChildProcess(
      Executables.path(of: "batond"), arguments, environment: Executables.environment,
      directory: scratch.path)
    let state = try await process.finish()
    return state.outputText + state.errorText
  }
}
