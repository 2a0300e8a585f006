import BatonExec
import Glibc
import Testing

/// What another executor finds on the same data directory (G58-G61).
@Suite struct RecoveryTests {
  @Test("WF-32 an attempt goes on without its engine and is found again", arguments: [true, false])
  func attach(cgroups: Bool) async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let configure: (inout LocalExecutor.Configuration) -> Void = {
      $0.cgroups = cgroups ? .automatic : .disabled
    }
    let key = Harness.key()
    let fifo = directory + "/fifo"
    mkfifo(fifo, 0o600)
    let first = try await withExecutor(directory: directory, configure: configure) { harness in
      try harness.executor.launch(
        Harness.shell(key, #"echo $$; read x < "$1"; echo $$; exit 7"#, fifo))
      try await harness.waitForOutput(of: key, "\n")
      return try await harness.output(of: key)
    }
    try await withExecutor(directory: directory, configure: configure) { harness in
      #expect(try harness.executor.attach(key) == .running)
      #expect(try harness.executor.attach(key) == .running)
      let file = try #require(fopen(fifo, "w"))
      fputs("go\n", file)
      fclose(file)
      let outcome = try await harness.outcomes.of(key)
      #expect(outcome.exit == .exited(code: 7))
      #expect(try await harness.output(of: key) == first + first, "the same process throughout")
      #expect(try harness.executor.attach(key) == .ended(outcome))
      #expect(harness.outcomes.all(of: key).count == 1)
    }
    try await withExecutor(directory: directory, configure: configure) { harness in
      guard case .ended(let outcome) = try harness.executor.attach(key) else {
        Issue.record("not ended")
        return
      }
      #expect(outcome.exit == .exited(code: 7))
    }
  }

  @Test("an attempt taken up again can be killed")
  func killAfterAttach() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let key = Harness.key()
    try await withExecutor(directory: directory) { harness in
      try harness.executor.launch(Harness.shell(key, "echo ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
    }
    try await withExecutor(directory: directory) { harness in
      #expect(try harness.executor.attach(key) == .running)
      try harness.executor.kill(key, grace: .seconds(5), reason: "run_stopped")
      #expect(try await harness.outcomes.of(key).exit == .signaled(15))
    }
  }

  @Test("WF-33 an attempt nobody claimed never starts afterwards")
  func unclaimed() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let witness = harness.directory + "/started"
      #expect(try harness.executor.attach(key) == .unclaimed)
      #expect(try harness.executor.attach(key) == .unclaimed)
      let outcome = try await harness.outcome(of: Harness.shell(key, #"touch "$1""#, witness))
      guard case .notStarted = outcome.exit else {
        Issue.record("\(outcome.exit)")
        return
      }
      #expect(access(witness, F_OK) != 0)
    }
  }

  @Test("WF-34 shim killed: nothing of it is left, the outcome is lost", arguments: [true, false])
  func shimLost(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) {
      let key = Harness.key()
      try $0.executor.launch(Harness.shell(key, "setsid sleep 1000 & echo ready; exec sleep 1000"))
      try await $0.waitForOutput(of: key, "ready")
      let shim = try #require(Int32(try claimValue("pid", of: key, in: $0)))
      #expect(processes(of: key).count == 2)
      kill(shim, SIGKILL)
      let outcome = try await $0.outcomes.of(key)
      #expect(outcome.exit == .lost)
      let report = try #require(outcome.kill)
      #expect(report.processesEnded == 2)
      #expect(report.survivors == [])
      #expect(processes(of: key) == [])
      #expect(try $0.executor.attach(key) == .ended(outcome))
    }
  }

  @Test("WF-34 shim and engine killed: the next engine cleans up", arguments: [true, false])
  func shimLostWhileAway(cgroups: Bool) async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let key = Harness.key()
    let configure: (inout LocalExecutor.Configuration) -> Void = {
      $0.cgroups = cgroups ? .automatic : .disabled
    }
    try await withExecutor(directory: directory, configure: configure) { harness in
      try harness.executor.launch(
        Harness.shell(key, "trap '' TERM; setsid sleep 1000 & echo ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
      kill(try #require(Int32(try claimValue("pid", of: key, in: harness))), SIGSTOP)
    }
    try await withExecutor(directory: directory, configure: configure) { harness in
      kill(try #require(Int32(try claimValue("pid", of: key, in: harness))), SIGKILL)
      let finding = try harness.executor.attach(key)
      #expect(finding == .lost || finding == .running, "it may be seen before it is gone")
      #expect(try await harness.outcomes.of(key).exit == .lost)
      #expect(processes(of: key) == [])
    }
  }

  @Test("G60 pid and start of an earlier boot name nobody of this one")
  func otherBoot() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let key = Harness.key()
    try await withExecutor(directory: directory) { harness in
      try harness.executor.launch(Harness.shell(key, "echo ready; exec sleep 1000"))
      try await harness.waitForOutput(of: key, "ready")
    }
    let running = processes(of: key)
    defer { for pid in running { kill(Int32(pid), SIGKILL) } }
    try await withExecutor(directory: directory) { harness in
      let path = try harness.executor.path(of: key, file: "claim")
      let lines = try #require(readFile(path)).split(separator: "\n")
      let pid = try #require(lines.first { $0.hasPrefix("pid ") }?.dropFirst(4))
      let start = try #require(lines.first { $0.hasPrefix("start ") }?.dropFirst(6))
      let moved = lines.map { $0.hasPrefix("boot ") ? "boot of-another-day" : $0 }
      try HostileProgramTests.write(path, moved.joined(separator: "\n") + "\n")
      #expect(try harness.executor.attach(key) == .lost)
      #expect(try await harness.outcomes.of(key).exit == .lost)
      #expect(running.count == 1 && processes(of: key) == running, "nobody else is ended")
      try HostileProgramTests.write(
        harness.executor.path(of: key, file: "outcome"),
        "baton-outcome 1\nexit lost\nkill_ended 1\nsurvivor \(pid) \(start) sleep\nend\n")
      #expect(harness.executor.survivors(of: key) == [])
      try HostileProgramTests.write(path, lines.joined(separator: "\n") + "\n")
      #expect(harness.executor.survivors(of: key).count == 1, "of this boot it is one")
    }
  }

  @Test("a shim is seen as the attempt that it owns, and its group goes with it")
  func namedShim() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let key = Harness.key()
    try await withExecutor(directory: directory) { harness in
      try harness.executor.launch(Harness.shell(key, "mkfifo f; echo ready; read x < f"))
      try await harness.waitForOutput(of: key, "ready")
      let shim = try claimValue("pid", of: key, in: harness)
      let command = try #require(readFile("/proc/\(shim)/cmdline")).prefix { $0 != "\0" }
      #expect(command == "baton-shim --run \(try harness.executor.path(of: key))")
      let server = try ShortageTests.server(of: key, in: harness)
      #expect(readFile("/proc/\(server)/cmdline")?.contains("--serve") == true)
    }
    // Its server is gone. What it leaves is for nobody else to clear away.
    try await withExecutor(directory: directory) { harness in
      #expect(try harness.executor.attach(key) == .running)
      let group = try? claimValue("cgroup", of: key, in: harness)
      try HostileProgramTests.write(harness.executor.path(of: key, file: "work/f"), "go\n")
      #expect(try await harness.outcomes.of(key).exit == .exited(code: 0))
      guard let group else { return }
      #expect(access(group, F_OK) != 0)
      let parent = group.split(separator: "/").dropLast().joined(separator: "/")
      #expect(access("/" + parent, F_OK) != 0)
    }
  }

  @Test("R2 however many shims there are, the program starts once")
  func claimRace() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let witness = directory + "/starts"
    try await withExecutor(directory: directory) { first in
      try await withExecutor(directory: directory) { second in
        for index in 0..<30 {
          let key = Harness.key("n\(index)")
          let spec = Harness.shell(key, #"echo \#(index) >> "$1"; exit 5"#, witness)
          try first.executor.launch(spec)
          try second.executor.launch(spec)
          #expect(try await first.outcomes.of(key).exit == .exited(code: 5))
          #expect(try await second.outcomes.of(key).exit == .exited(code: 5))
        }
      }
    }
    let lines = try #require(readFile(witness)).split(separator: "\n")
    #expect(lines == (0..<30).map { "\($0)" })
  }

  @Test("the end of the shims' server loses no attempt")
  func serverLost() async throws {
    try await withExecutor { harness in
      let fifo = harness.directory + "/fifo"
      mkfifo(fifo, 0o600)
      let key = Harness.key()
      try harness.executor.launch(Harness.shell(key, #"echo ready; read x < "$1"; exit 6"#, fifo))
      try await harness.waitForOutput(of: key, "ready")
      let shim = try claimValue("pid", of: key, in: harness)
      let status = try #require(readFile("/proc/\(shim)/status"))
      let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("PPid:") })
      kill(try #require(Int32(line.dropFirst(5).filter(\.isNumber))), SIGKILL)
      let file = try #require(fopen(fifo, "w"))
      fputs("go\n", file)
      fclose(file)
      #expect(try await harness.outcomes.of(key).exit == .exited(code: 6))
      let next = Harness.key()
      #expect(try await harness.outcome(of: Harness.shell(next, "exit 8")).exit == .exited(code: 8))
      #expect(harness.outcomes.all(of: key).count == 1)
    }
  }

  @Test("G59 what an engine did not come to remove, the next one does")
  func filesOfEnded() async throws {
    let directory = try temporaryDirectory()
    defer { removeTree(directory) }
    let ended = Harness.key("ended")
    let running = Harness.key("running")
    let file = AttemptFile(name: "secret", variable: "SECRET", contents: [1])
    try await withExecutor(directory: directory) { harness in
      var spec = Harness.shell(ended, "exit 0")
      spec.files = [file]
      _ = try await harness.outcome(of: spec)
      spec = Harness.shell(running, "mkfifo f; echo ready; read x < f")
      spec.files = [file]
      try harness.executor.launch(spec)
      try await harness.waitForOutput(of: running, "ready")
    }
    try await withExecutor(directory: directory) { harness in
      #expect(Set(harness.executor.keptAttempts()) == [ended, running])
      harness.executor.removeFiles(ended)
      let path = try harness.executor.path(of: ended)
      #expect(Set(names(in: path)) == ["claim", "outcome"])
      #expect(access(try harness.executor.path(of: running, file: "secret"), F_OK) == 0)
      #expect(names(in: directory + "/launched").count == 1)
      #expect(try harness.executor.attach(running) == .running)
      try HostileProgramTests.write(harness.executor.path(of: running, file: "work/f"), "go\n")
      _ = try await harness.outcomes.of(running)
      harness.executor.removeFiles(running)
      #expect(names(in: directory + "/launched") == [])
    }
  }

  @Test("an attempt whose directory is taken away while it runs is lost, not said to be unstarted")
  func directoryRemoved() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let fifo = harness.directory + "/fifo"
      mkfifo(fifo, 0o600)
      try harness.executor.launch(Harness.shell(key, #"echo ready; read x < "$1""#, fifo))
      try await harness.waitForOutput(of: key, "ready")
      removeTree(try harness.executor.path(of: key))
      try HostileProgramTests.write(fifo, "go\n")
      #expect(try await harness.outcomes.of(key).exit == .lost)
      #expect(harness.outcomes.all(of: key).count == 1)
    }
  }

  @Test("a data directory that was moved still works")
  func moved() async throws {
    let directory = try temporaryDirectory()
    let elsewhere = directory + "-moved"
    defer { removeTree(elsewhere) }
    let key = Harness.key()
    let outcome = try await withExecutor(directory: directory) { harness in
      try await harness.outcome(of: Harness.shell(key, "echo hello"))
    }
    #expect(rename(directory, elsewhere) == 0)
    try await withExecutor(directory: elsewhere) { harness in
      let finding = try harness.executor.attach(key)
      #expect(finding == .ended(outcome))
      #expect(try await harness.output(of: key) == "hello\n")
    }
  }
}
