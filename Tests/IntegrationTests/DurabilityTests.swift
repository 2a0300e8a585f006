import Testing

/// An acknowledged change has been synced (R1), seen from outside.
@Suite(.enabled(if: Tracer.isAvailable, "strace may trace processes here"))
struct DurabilityTests {
  private static let number = 10

  @Test("R1: N puts, one after the other, take at least N syncs", arguments: Deployment.allCases)
  func puts(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo "began now" > $D/mail
          read x < $D/gate
          for i in 0 1 2 3 4 5 6 7 8 9; do baton token put k$i=$i; done
          echo "put all" > $D/mail
          read x < $D/gate
          """
        ], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      _ = try await mail.line("began")
      let server = try installation.process(deployment == .whole ? .whole : .tokens)
      let tracer = try await Tracer(server.pid, in: installation.scratch)
      gate.open()
      _ = try await mail.line("put")
      let syncs = try await tracer.syncs()
      #expect(syncs >= Self.number)
      gate.open()
      #expect(try await installation.end(of: id).status == "COMPLETED")
      try await installation.stop()
    }
  }

  @Test(
    "R1: N triggers, one after the other, take at least N syncs", arguments: Deployment.allCases)
  func triggers(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(scripts: ["A": ":"], nodes: "[]")
      let server = try installation.process(installation.front)
      let tracer = try await Tracer(server.pid, in: installation.scratch)
      for _ in 0..<Self.number { _ = try await installation.trigger() }
      let syncs = try await tracer.syncs()
      #expect(syncs >= Self.number)
      try await installation.stop()
    }
  }

  @Test("R1: no answer comes before its sync", arguments: Deployment.allCases)
  func answerAfterSync(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let delay = Duration.milliseconds(400)
      try await installation.deploy(scripts: ["A": ":"], nodes: "[]")
      let server = try installation.process(installation.front)
      let tracer = try await Tracer(server.pid, delay: delay, in: installation.scratch)
      for _ in 0..<3 {
        let time = try await ContinuousClock().measure { _ = try await installation.trigger() }
        #expect(time >= delay)
      }
      _ = try await tracer.syncs()
      try await installation.stop()
    }
  }
}
