import Foundation
import Glibc
import Testing

/// What becomes of programs when the processes between them and the engine are killed (G52, G60).
@Suite struct ShimTests {
  @Test(
    "G52: a killed engine takes its shims' server with it, and neither shims nor programs",
    arguments: Deployment.allCases)
  func engineKilled(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let (id, program) = try await start(installation)
      let shim = try claimedShim(installation, id)
      let server = try #require(HostProcess.read(shim)?.parent)
      #expect(HostProcess.read(server)?.command.contains("--serve") == true)
      #expect(HostProcess.read(shim)?.command.hasPrefix("baton-shim --run ") == true)
      try await installation.kill(installation.front)
      try await HostProcess.waitForEnd(of: server)
      #expect(HostProcess.read(shim) != nil && HostProcess.read(program) != nil)
      try await installation.start(installation.front)
      #expect(try await installation.run(id).statuses == ["A RUNNING", "B PENDING"])
      try await finish(installation, id)
    }
  }

  @Test("G60: a killed server of the shims is replaced", arguments: Deployment.allCases)
  func serverKilled(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let (id, program) = try await start(installation)
      let server = try #require(HostProcess.read(claimedShim(installation, id))?.parent)
      kill(server, SIGKILL)
      try await HostProcess.waitForEnd(of: server)
      #expect(HostProcess.read(program) != nil)
      try await finish(installation, id)
    }
  }

  @Test("WF-34: a killed shim is lost, and its program with it", arguments: Deployment.allCases)
  func shimKilled(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let (id, program) = try await start(installation)
      kill(try claimedShim(installation, id), SIGKILL)
      let run = try await installation.end(of: id)
      #expect(run.status == "FAILED")
      #expect(run.nodes[0].attempts?.map(\.reason) == ["shim_lost"])
      #expect(HostProcess.read(program) == nil)
      try await installation.stop()
    }
  }

  @Test("WF-34: the engine and a shim killed together", arguments: Deployment.allCases)
  func bothKilled(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let (id, program) = try await start(installation)
      let shim = try claimedShim(installation, id)
      try await installation.kill(installation.front)
      kill(shim, SIGKILL)
      try await HostProcess.waitForEnd(of: shim)
      #expect(HostProcess.read(program) != nil, "nobody is there to end it")
      try await installation.start(installation.front)
      let run = try await installation.end(of: id)
      #expect(run.nodes[0].attempts?.map(\.reason) == ["shim_lost"])
      #expect(HostProcess.read(program) == nil)
      try await installation.stop()
    }
  }

  @Test(
    "G60: after the end of everything, as of the machine, attempts are lost and runs go on",
    arguments: Deployment.allCases)
  func everythingKilled(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": #"echo "A $$" > $D/mail; read x < $D/gate"#, "B": "cat $D/gate.seen",
          "C": "echo C $$ > $D/mail; read x < $D/gate",
        ],
        nodes: """
          - {name: A, program: A}
          - {name: C, program: C}
          - {name: B, program: B, after: [A.failure, C.failure]}
          """)
      try installation.scratch.write("seen", to: "gate.seen")
      let id = try await installation.trigger()
      let programs = [try await mail.line("A"), try await mail.line("C")].compactMap { pid_t($0) }
      let shims = programs.compactMap { HostProcess.read($0)?.parent }
      #expect(shims.count == 2)
      for role in deployment.servers { try await installation.kill(role) }
      for pid in shims + programs { kill(pid, SIGKILL) }
      for pid in shims + programs { try await HostProcess.waitForEnd(of: pid) }
      try await installation.start()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A FAILED", "C FAILED", "B COMPLETED"])
      #expect(run.status == "COMPLETED", "both failures are handled")
      for node in run.nodes.prefix(2) {
        #expect(node.attempts?.map(\.reason) == ["shim_lost"])
      }
      withExtendedLifetime(gate) {}
      try await installation.stop()
    }
  }

  // MARK: - Steps

  /// Starts a run whose node A waits for the gate; gives its program's pid.
  private func start(_ installation: Installation) async throws -> (run: String, program: pid_t) {
    let scratch = installation.scratch
    let mail = try Mailbox(scratch)
    defer { mail.close() }
    try #require(mkfifo(scratch.file("gate"), 0o600) == 0)
    try await installation.deploy(
      scripts: ["A": #"echo "began $$" > $D/mail; read x < $D/gate"#, "B": ":"],
      nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
    let id = try await installation.trigger()
    return (id, try #require(pid_t(try await mail.line("began"))))
  }

  /// Lets the run go on, and expects a good end with one attempt of each node.
  private func finish(_ installation: Installation, _ id: String) async throws {
    let gate = open(installation.scratch.file("gate"), O_RDWR | O_CLOEXEC)
    defer { close(gate) }
    try #require(write(gate, "\n", 1) == 1)
    let run = try await installation.end(of: id)
    #expect(run.statuses == ["A COMPLETED", "B COMPLETED"])
    #expect(run.nodes.allSatisfy { $0.attemptsTotal == 1 })
    try await installation.stop()
  }

  private func claimedShim(_ installation: Installation, _ run: String) throws -> pid_t {
    let claim = installation.scratch.read("data/attempts/\(run)/A/1/claim")
    let line = claim.split(separator: "\n").first { $0.hasPrefix("pid ") }
    return try #require(line.flatMap { pid_t($0.dropFirst(4)) }, "\(claim)")
  }
}
