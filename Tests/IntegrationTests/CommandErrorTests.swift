import Testing

/// Exit codes (C10) and errors (C11) of `baton`, against a server.
@Suite struct CommandErrorTests {
  /// A command, and what it must answer.
  struct Case: CustomTestStringConvertible {
    var arguments: [String]
    var status: Int32
    var reason: String

    init(_ arguments: String, _ status: Int32, _ reason: String) {
      self.arguments = arguments.split(separator: " ").map(String.init)
      self.status = status
      self.reason = reason
    }

    var testDescription: String { arguments.joined(separator: " ") }
  }

  private static let unknown = "01a20000-0000-7000-8000-000000000000"

  private static let refusals = [
    Case("run \(unknown)", 4, "run_not_found"), Case("run nosuch", 4, "run_not_found"),
    Case("run 01a20000", 4, "run_not_found"), Case("run demo/W@nosuch", 4, "run_not_found"),
    Case("run nope/W@latest", 4, "app_not_found"), Case("runs demo/V", 4, "workflow_not_found"),
    Case("nodes \(unknown)", 4, "run_not_found"),
    Case("logs \(unknown) A", 4, "run_not_found"), Case("logs RUN B", 4, "node_not_found"),
    Case("logs RUN A --attempt 2", 4, "attempt_not_found"),
    Case("watch \(unknown)", 4, "run_not_found"), Case("app nope", 4, "app_not_found"),
    Case("app demo --version 9", 4, "version_not_found"),
    Case("trigger nope/W", 4, "app_not_found"), Case("trigger demo/V", 4, "workflow_not_found"),
    Case("trigger demo/W --version 9", 4, "version_not_found"),
    Case("trigger demo/W --env 1A=x", 3, "env_name_invalid"),
    Case("trigger demo/W --arg x=@nosuch", 3, "file_unreadable"),
    Case("trigger demo/W --run-id taken", 3, "run_id_taken"),
    Case("runs demo/W --status FOO", 3, "status_invalid"),
    Case("token get RUN nosuch", 4, "token_key_not_found"),
    Case("token get RUN k --node B", 4, "node_not_found"),
    Case("token get RUN k --at A:2", 4, "attempt_not_found"),
    Case("token get RUN k --scope foo", 3, "token_scope_invalid"),
    Case("token list RUN --scope foo", 3, "token_scope_invalid"),
    Case("token get \(unknown) k", 4, "run_not_found"),
    Case("token put k=v", 3, "not_in_node"), Case("deploy nosuch.yaml", 3, "file_unreadable"),
  ]

  @Test("C10, C11: what is refused", arguments: Deployment.allCases)
  func refused(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: ["A": "baton token put k=v"], nodes: "- {name: A, program: A}")
      let id = try await installation.done("trigger", "demo/W", "--wait", "--run-id", "taken").text
      for command in Self.refusals {
        let arguments = command.arguments.map { $0 == "RUN" ? id : $0 }
        let answer = try await Baton.run(
          arguments, address: installation.address, in: installation.scratch)
        #expect(answer.status == command.status, "\(arguments): \(answer)")
        #expect(answer.output == "", "\(arguments)")
        #expect(
          answer.errors.hasPrefix("error: \(command.reason): "), "\(arguments): \(answer)")
        #expect((1...2).contains(answer.errorLines.count), "\(answer)")
        #expect(answer.errorLines.dropFirst().allSatisfy { $0.hasPrefix("hint: ") }, "\(answer)")
        try await expectJSON(command, arguments, installation)
      }
      try await installation.stop()
    }
  }

  private func expectJSON(
    _ command: Case, _ arguments: [String], _ installation: Installation
  ) async throws {
    let answer = try await Baton.run(
      arguments + ["--json"], address: installation.address, in: installation.scratch)
    #expect(answer.status == command.status, "\(arguments): \(answer)")
    #expect(answer.errors.hasPrefix("error: \(command.reason): "), "\(arguments): \(answer)")
    let error = try answer.json(ErrorView.self).error
    #expect(error.reason == command.reason)
    #expect(!error.message.isEmpty)
    #expect(error.code == error.code.uppercased() && !error.code.isEmpty)
    #expect(answer.text.split(separator: "\n").count == 1, "one document")
  }

  @Test("scope words are case-insensitive (TK-37); other good answers")
  func accepted() async throws {
    try await withInstallation(.whole) { installation in
      try await installation.deploy(
        scripts: ["A": "baton token put k=v"], nodes: "- {name: A, program: A}")
      let id = try await installation.done("trigger", "demo/W", "--wait").text
      let exit = try await installation.done(
        "token", "get", id, "baton.exit_code", "--scope", "SyStEm")
      #expect(exit.output == "0\n")
      #expect(try await installation.done("token", "get", id, "k", "--scope", "USER").text == "v")
      let short = String(id.prefix(13))
      #expect(try await installation.done("run", short, "--json").json(RunView.self).runId == id)
      let latest = try await installation.done("--json", "run", "demo/W@latest")
      #expect(try latest.json(RunView.self).runId == id)
    }
  }

  @Test(
    "wrong usage ends with 2, without a server",
    arguments: [
      "nope", "trigger", "trigger demo", "run", "runs demo/W --limit 0", "runs demo/W --limit x",
      "deploy", "token get", "token get onlyrun", "token put k", "batch-runs", "apps --nope",
      "trigger demo/W --arg x", "apps --timeout soon", "token get r k --at :0",
      "deploy x --schedules maybe", "--json nope",
    ])
  func usage(command: String) async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    let answer = try await Baton.run(
      command.split(separator: " ").map(String.init), address: "127.0.0.1:1", in: scratch)
    #expect(answer.status == 2, "\(answer)")
    if command.hasPrefix("--json") {
      #expect(try answer.json(ErrorView.self).error.reason == "usage")
    } else {
      #expect(answer.output == "")
    }
    #expect(answer.errors.hasPrefix("error: usage: "), "\(answer)")
    #expect(answer.errors.split(separator: "\n").count <= 2, "\(answer)")
  }

  @Test("a server that is not there: 5", arguments: ["127.0.0.1:1", "unix:/nonexistent/socket"])
  func noServer(address: String) async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    let answer = try await Baton.run(
      ["apps", "--timeout", "500ms", "--json"], address: address, in: scratch)
    #expect(answer.status == 5, "\(answer)")
    #expect(
      ["unavailable", "deadline_exceeded"].contains(
        try answer.json(ErrorView.self).error.reason))
  }

  @Test("an address that is none: 3, a silent server: 5")
  func strangeServer() async throws {
    let scratch = try Scratch()
    defer { scratch.remove() }
    let answer = try await Baton.run(["apps", "--address", "nowhere"], in: scratch)
    #expect(answer.status == 3, "\(answer)")
    #expect(answer.errors.hasPrefix("error: address_invalid: "))
  }

  @Test("a run waited for that FAILED: 1", arguments: Deployment.allCases)
  func failedRun(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: ["A": "exit 3", "B": "echo never"],
        nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
      let answer = try await installation.baton("trigger", "demo/W", "--wait")
      #expect(answer.status == 1, "\(answer)")
      #expect(answer.errors.contains(" FAILED"))
      let run = try await installation.run(answer.text)
      #expect(run.status == "FAILED")
      #expect(run.statuses == ["A FAILED", "B UPSTREAM_FAILED"])
      #expect(run.nodes[0].attempts?.first?.exitCode == 3)
      #expect(run.nodes[0].reason == "exit_nonzero")
      #expect(try await installation.baton("watch", answer.text).status == 1)
      let json = try await installation.baton("trigger", "demo/W", "--wait", "--json")
      #expect(json.status == 1)
      #expect(json.output.contains(#""status":"FAILED""#))
    }
  }
}
