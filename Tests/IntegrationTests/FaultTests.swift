import Foundation
import Glibc
import Testing

/// What the host refuses: room, writing, an undamaged file (reliability R4, R13).
@Suite struct FaultTests {
  @Test(
    "R4: a full disk refuses changes, answers reads, and loses nothing when there is room again",
    .enabled(if: SmallDisk.isAvailable, "mounting a small tmpfs needs root"),
    arguments: Deployment.allCases)
  func fullDisk(deployment: Deployment) async throws {
    try await SmallDisk.with(deployment) { installation, disk in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo "began $$" > $D/mail; read x < $D/gate
          echo k=v > "$BATON_TOKEN_FILE" || :
          echo "ended $$" > $D/mail
          """,
          "B": #"echo "B $BATON_ATTEMPT" > $D/mail"#,
        ], nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
      let id = try await installation.trigger()
      _ = try await mail.line("began")
      try disk.fill()
      // The log of the database may have room that was taken before.
      let refused = try await repeated("trigger", "demo/W", on: installation) { $0.status != 0 }
      #expect(refused.status == 7, "\(refused)")
      #expect(refused.errors.hasPrefix("error: disk_full: "), "\(refused)")
      #expect(try await installation.run(id).statuses == ["A RUNNING", "B PENDING"])
      #expect(try await installation.baton("apps").status == 0)
      gate.open()
      _ = try await mail.line("ended")
      let again = try await installation.baton("trigger", "demo/W")
      #expect(again.status == 7, "\(again)")
      #expect(try await installation.run(id).statuses == ["A RUNNING", "B PENDING"])
      try disk.clear()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED", "B COMPLETED"], "\(run)")
      #expect(run.nodes.allSatisfy { $0.attemptsTotal == 1 })
      #expect(mail.lines.value.filter { $0.hasPrefix("B ") }.count == 1)
      for role in deployment.servers {
        #expect(try installation.process(role).state.value.end == nil, "\(role)")
      }
      try await expectAllEnd(installation, gate)
      try await installation.stop()
    }
  }

  @Test(
    "an attempt whose directory cannot be made waits, and starts when it can be",
    arguments: Deployment.allCases)
  func attemptsUnwritable(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: ["A": "echo out"], nodes: "- {name: A, program: A}")
      // A file in its place: nothing can be made in it, not even by root.
      let attempts = installation.dataDirectory + "/attempts"
      try installation.scratch.write("", to: "data/attempts")
      let id = try await installation.trigger()
      let front = try installation.process(installation.front)
      _ = try await front.state.first("the attempt waits") { state in
        state.errorText.contains("\(id)/A/1 waits for its directory") ? true : nil
      }
      #expect(try await installation.run(id).statuses == ["A RUNNING"])
      try #require(unlink(attempts) == 0)
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED"], "\(run)")
      #expect(run.nodes[0].attemptsTotal == 1)
      #expect(try await installation.done("logs", id, "A").output == "out\n")
      try await installation.stop()
    }
  }

  @Test(
    "R4: a data directory that cannot be written is refused at the start",
    .enabled(if: SmallDisk.isAvailable, "mounting a small tmpfs needs root"),
    arguments: Deployment.allCases)
  func readOnlyAtStart(deployment: Deployment) async throws {
    try await SmallDisk.with(deployment) { installation, disk in
      try await installation.deploy(scripts: ["A": ":"], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      _ = try await installation.end(of: id)
      try await installation.stop()
      try disk.remount(readOnly: true)
      for role in deployment.servers {
        let answer = try await start(role, of: installation)
        #expect(answer.status == 1 && answer.output == "", "\(answer)")
        #expect(answer.errors.hasPrefix("error: "), "\(answer)")
        #expect(answer.errors.contains("Read-only file system"), "\(answer)")
        #expect(answer.errors.contains("\nhint: "), "\(answer)")
      }
      try disk.remount(readOnly: false)
      try await installation.start()
      #expect(try await installation.run(id).status == "COMPLETED")
      try await installation.stop()
    }
  }

  @Test(
    "R4: a database that turns read-only refuses changes and goes on by itself",
    .enabled(if: Tracer.isAvailable, "strace may trace processes here"),
    arguments: Deployment.allCases)
  func readOnlyWhileRunning(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(scripts: ["A": ":"], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      _ = try await installation.end(of: id)
      let server = try installation.process(installation.front)
      let log = installation.dataDirectory + "/baton.sqlite-wal"
      let tracer = try await Tracer(
        server.pid, failing: "pwrite64", with: "EROFS", path: log, in: installation.scratch)
      let refused = try await installation.baton("trigger", "demo/W")
      #expect(refused.status == 5, "\(refused)")
      #expect(refused.errors.hasPrefix("error: store_read_only: "), "\(refused)")
      #expect(try await installation.run(id).status == "COMPLETED")
      try await tracer.detach()
      #expect(server.state.value.end == nil, "\(server.state.value)")
      let second = try await installation.trigger()
      #expect(try await installation.end(of: second).status == "COMPLETED")
      try await installation.stop()
    }
  }

  @Test("a damaged database is refused, with nothing served")
  func damagedDatabase() async throws {
    try await withInstallation(.split) { installation in
      try await installation.deploy(scripts: ["A": ":"], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      _ = try await installation.end(of: id)
      try await installation.stop()
      let path = installation.dataDirectory + "/baton.sqlite"
      var bytes = [UInt8](try #require(FileManager.default.contents(atPath: path)))
      try #require(bytes.count > 3 * 4096)
      // Every page but the first: the file still looks like a database of ours.
      for place in 4096..<bytes.count { bytes[place] = 0xA5 }
      try installation.scratch.write(bytes, to: "data/baton.sqlite")
      for role in Installation.Role.allCases {
        let answer = try await start(role, of: installation)
        #expect(answer.status == 1 && answer.output == "", "\(answer)")
        #expect(answer.errors.hasPrefix("error: the database in "), "\(answer)")
        #expect(answer.errors.contains("\nhint: "), "\(answer)")
      }
    }
  }

  @Test(
    "a user without inotify instances left is told of the sysctl, not of a broken database",
    .enabled(if: Self.hasUserNamespaces, "it needs user namespaces of its own"))
  func inotifyExhausted() async throws {
    try await withPlace {
      let scratch = try Scratch()
      defer { scratch.remove() }
      let process = try ChildProcess(
        "/usr/bin/unshare",
        [
          "--user", "--map-root-user", "/bin/sh", "-c",
          #"echo 0 > /proc/sys/user/max_inotify_instances && exec "$@""#, "sh",
          Executables.path(of: "batond"), "--data", scratch.file("data"), "--listen",
          "127.0.0.1:0", "--services", "tokens",
        ], environment: Executables.environment, directory: scratch.path)
      let answer = try await Baton.answer(of: process)
      #expect(answer.status == 1 && answer.output == "", "\(answer)")
      #expect(answer.errors.contains("fs.inotify.max_user_instances"), "\(answer)")
    }
  }

  // MARK: - Steps

  private static let hasUserNamespaces: Bool = {
    let process = Foundation.Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    let check = "test -w /proc/sys/user/max_inotify_instances"
    process.arguments = ["--user", "--map-root-user", "/bin/sh", "-c", check]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// Repeats a command until its answer is as wanted, or 1000 times.
  private func repeated(
    _ arguments: String..., on installation: Installation, until isWanted: (Answer) -> Bool
  ) async throws -> Answer {
    var answer: Answer?
    for _ in 0..<1000 {
      let next = try await Baton.run(
        arguments, address: installation.address, in: installation.scratch)
      answer = next
      if isWanted(next) { break }
    }
    return try #require(answer)
  }

  /// Every run that was acknowledged ends.
  private func expectAllEnd(_ installation: Installation, _ gate: Gate) async throws {
    let runs = try await installation.done("runs", "demo/W", "--limit", "1000", "--json")
      .json(RunsView.self)
    for run in runs.runs where run.status != "COMPLETED" { gate.open() }
    for run in runs.runs {
      #expect(try await installation.end(of: run.runId).status == "COMPLETED")
    }
  }

  /// Starts a server that is expected to end at once.
  private func start(_ role: Installation.Role, of installation: Installation) async throws
    -> Answer
  {
    let services = role == .whole ? "engine,tokens,scheduler" : role.rawValue
    return try await Baton.batond(
      [
        "--data", installation.dataDirectory, "--listen", "127.0.0.1:0", "--services", services,
        "--tokens", "127.0.0.1:1", "--engine", "127.0.0.1:1",
      ], in: installation.scratch)
  }
}
