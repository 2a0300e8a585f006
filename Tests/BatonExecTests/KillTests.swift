import BatonExec
import Glibc
import Testing

/// Ending all processes of an attempt, and proving it (G56, G57).
@Suite struct KillTests {
  /// Starts 50 daemons: forked twice, in sessions of their own, deaf to TERM.
  static let daemons = """
    i=0; while [ $i -lt 50 ]; do i=$((i+1))
    setsid sh -c 'trap "" TERM; sleep 1000 >/dev/null 2>&1 & exit 0' &
    done; wait; echo ready;
    """

  static func proof(_ cgroups: Bool) -> KillReport.Proof { cgroups ? .cgroup : .processScan }

  @Test("WF-35 50 daemons in own sessions that ignore TERM", arguments: [true, false])
  func daemons(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) {
      let key = Harness.key()
      try $0.executor.launch(Harness.shell(key, Self.daemons + "exec sleep 1000"))
      try await $0.waitForOutput(of: key, "ready")
      #expect(processes(of: key).count == 51)
      try $0.executor.kill(key, grace: .milliseconds(200), reason: "run_stopped")
      let outcome = try await $0.outcomes.of(key)
      #expect(outcome.exit == .signaled(15))
      let report = try #require(outcome.kill)
      #expect(report.requested)
      #expect(report.reason == "run_stopped")
      #expect(report.survivors == [])
      #expect(report.processesEnded == 51)
      #expect(report.proof == Self.proof(cgroups))
      #expect(report.elapsed >= .milliseconds(200))
      #expect(processes(of: key) == [])
      #expect(outcome.leftoverKilled == 0)
    }
  }

  @Test("G56 what the main process leaves is ended before the outcome", arguments: [true, false])
  func leftovers(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups, leftoverGrace: .milliseconds(100))) {
      let key = Harness.key()
      let outcome = try await $0.outcome(of: Harness.shell(key, Self.daemons + "exit 7"))
      #expect(outcome.exit == .exited(code: 7))
      #expect(outcome.leftoverKilled == 50)
      let report = try #require(outcome.kill)
      #expect(!report.requested)
      #expect(report.proof == Self.proof(cgroups))
      #expect(processes(of: key) == [])
    }
  }

  @Test("WF-14 a program with three children ends with them on TERM", arguments: [true, false])
  func block(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) {
      let key = Harness.key()
      let script = "sleep 1000 & sleep 1000 & sleep 1000 & echo ready; wait"
      try $0.executor.launch(Harness.shell(key, script))
      try await $0.waitForOutput(of: key, "ready")
      try $0.executor.kill(key, grace: .seconds(20), reason: "node_timeout")
      let outcome = try await $0.outcomes.of(key)
      #expect(outcome.exit == .signaled(15))
      let report = try #require(outcome.kill)
      #expect(report.processesEnded == 4)
      #expect(report.elapsed < .seconds(20), "the grace is not waited out")
      #expect(processes(of: key) == [])
    }
  }

  @Test("a program may use its grace; its exit code is told")
  func grace() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      let script = "trap 'echo bye; exit 9' TERM; echo ready; while :; do sleep 0.01; done"
      try harness.executor.launch(Harness.shell(key, script))
      try await harness.waitForOutput(of: key, "ready")
      try harness.executor.kill(key, grace: .seconds(20), reason: "run_stopped")
      let outcome = try await harness.outcomes.of(key)
      #expect(outcome.exit == .exited(code: 9))
      #expect(try await harness.output(of: key) == "ready\nbye\n")
    }
  }

  @Test("a second kill shortens the grace, never lengthens it")
  func secondKill() async throws {
    try await withExecutor { harness in
      let key = Harness.key()
      try harness.executor.launch(
        Harness.shell(key, "trap '' TERM; echo ready; while :; do sleep 1000; done"))
      try await harness.waitForOutput(of: key, "ready")
      try harness.executor.kill(key, grace: .seconds(1000), reason: "first")
      try harness.executor.kill(key, grace: .milliseconds(50), reason: "second")
      try harness.executor.kill(key, grace: .seconds(1000), reason: "third")
      let outcome = try await harness.outcomes.of(key)
      #expect(outcome.exit == .signaled(9))
      #expect(try #require(outcome.kill).survivors == [])
    }
  }

  @Test("a kill at once after the launch is not lost")
  func early() async throws {
    try await withExecutor { harness in
      for index in 0..<20 {
        let key = Harness.key("n\(index)")
        try harness.executor.launch(Harness.shell(key, "exec sleep 1000"))
        try harness.executor.kill(key, grace: .seconds(5), reason: "run_stopped")
        let outcome = try await harness.outcomes.of(key)
        #expect(outcome.exit == .signaled(15))
      }
    }
  }

  @Test("a program that forks faster than it is killed", arguments: [true, false])
  func forking(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) {
      let key = Harness.key()
      // Each generation starts the next and ends: nobody lives long enough to be met twice.
      let script = """
        trap '' TERM; echo ready
        n() { trap '' TERM; ( [ -e "$1" ] || n "$1" ) & }
        n "$1"; n "$1"; wait; sleep 1000
        """
      let path = try $0.executor.path(of: key, file: "stop")
      try $0.executor.launch(Harness.shell(key, script, path))
      try await $0.waitForOutput(of: key, "ready")
      try $0.executor.kill(key, grace: .milliseconds(50), reason: "run_stopped")
      let outcome = try await $0.outcomes.of(key)
      #expect(try #require(outcome.kill).survivors == [])
      #expect(processes(of: key) == [])
    }
  }

  @Test("a program that kills its group does not hit its shim")
  func ownGroup() async throws {
    try await withExecutor { harness in
      let outcome = try await harness.outcome(of: Harness.shell(Harness.key(), "kill -9 0"))
      #expect(outcome.exit == .signaled(9))
    }
  }
}
