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
