import Glibc
import Testing

/// A data directory that gets another path between two starts.
@Suite struct MovedDirectoryTests {
  @Test(
    "programs go on across a move, and what they wrote before and end with is found",
    arguments: Deployment.allCases)
  func running(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo before=1 > "$BATON_TOKEN_FILE"; echo printed; echo "began $$" > $D/mail
          read x < $D/gate
          echo later; echo "ended $$" > $D/mail
          """,
          "B": "baton token get before",
        ], nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
      let id = try await installation.trigger()
      let pid = try await mail.line("began")
      try await installation.stop()
      try installation.moveData(to: "elsewhere")
      try await installation.start()
      let warning = try installation.process(installation.front).state.value.errorText
      #expect(
        warning.contains("the data directory was \(installation.scratch.file("data")) before"))
      #expect(kill(try #require(pid_t(pid)), 0) == 0, "the program goes on")
      #expect(try await installation.run(id).statuses == ["A RUNNING", "B PENDING"])
      gate.open()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED", "B COMPLETED"], "\(run)")
      #expect(run.nodes[0].attemptsTotal == 1)
      #expect(try await mail.line("ended") == pid)
      #expect(try await installation.done("logs", id, "A").output == "printed\nlater\n")
      #expect(try await installation.done("logs", id, "B").output == "1\n")
      try await installation.stop()
    }
  }

  @Test("a program that ended before the directory was moved has its outcome")
  func endedBefore() async throws {
    try await withInstallation(.whole) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo "began $$" > $D/mail; read x < $D/gate
          echo k=v > "$BATON_TOKEN_FILE"; exit 0
          """
        ], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      let pid = try #require(pid_t(try await mail.line("began")))
      let shim = try #require(HostProcess.read(pid)?.parent)
      try await installation.stop()
      gate.open()
      try await HostProcess.waitForEnd(of: shim)
      try installation.moveData(to: "elsewhere")
      try await installation.start()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED"], "\(run)")
      #expect(try await installation.done("token", "get", id, "k").text == "v")
      try await installation.stop()
    }
  }

  @Test("a program reaches its files at the earlier place if a link leads there")
  func link() async throws {
    try await withInstallation(.whole) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo "began $$" > $D/mail; read x < $D/gate
          echo k=v > "$BATON_TOKEN_FILE"
          """
        ], nodes: "- {name: A, program: A}\n- {name: B, program: A, after: [A]}")
      let id = try await installation.trigger()
      _ = try await mail.line("began")
      let earlier = installation.dataDirectory
      try await installation.stop()
      try installation.moveData(to: "elsewhere")
      try #require(symlink(installation.dataDirectory, earlier) == 0)
      try await installation.start()
      let errors = try installation.process(.whole).state.value.errorText
      #expect(!errors.contains("the data directory was"), "the earlier path leads here")
      gate.open()
      gate.open()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED", "B COMPLETED"], "\(run)")
      #expect(try await installation.done("token", "get", id, "k").text == "v")
      try await installation.stop()
    }
  }
}
