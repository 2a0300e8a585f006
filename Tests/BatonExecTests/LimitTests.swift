import BatonExec
import Testing

/// Limits of an attempt (G65).
@Suite struct LimitTests {
  @Test("G65 more processor time than allowed", arguments: [true, false])
  func cpuTime(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) {
      var spec = Harness.shell(Harness.key(), "while :; do :; done")
      spec.limits.cpuTime = .milliseconds(200)
      spec.stopGrace = .milliseconds(200)
      let outcome = try await $0.outcome(of: spec)
      #expect(outcome.limitExceeded == "cpu_time")
    }
  }

  @Test("G65 more output than allowed")
  func output() async throws {
    try await withExecutor { harness in
      var spec = Harness.shell(Harness.key(), "yes")
      spec.limits.outputBytes = 100_000
      spec.stopGrace = .milliseconds(200)
      let outcome = try await harness.outcome(of: spec)
      #expect(outcome.limitExceeded == "output_bytes")
      #expect(outcome.standardOutput.written > 100_000)
    }
  }

  @Test("WF-43 a program that is over at once has passed its limit all the same")
  func shortOutput() async throws {
    try await withExecutor { harness in
      for _ in 0..<20 {
        var spec = Harness.shell(Harness.key(), "printf %2000s .")
        spec.limits.outputBytes = 1000
        let outcome = try await harness.outcome(of: spec)
        #expect(outcome.limitExceeded == "output_bytes", "\(outcome)")
        #expect(outcome.standardOutput.written == 2000)
      }
      var spec = Harness.shell(Harness.key(), "printf %2000s .")
      spec.limits.outputBytes = 2000
      #expect(try await harness.outcome(of: spec).limitExceeded == nil)
    }
  }

  @Test("WF-43 processor time counts for all processes of an attempt", arguments: [true, false])
  func cpuTimeOfChildren(cgroups: Bool) async throws {
    try await withExecutor(configure: useCgroups(cgroups)) { harness in
      // Without a cgroup each process has its own second; together they have passed the limit.
      let loop = "i=0; while [ $i -lt 100000 ]; do i=$((i + 1)); done"
      var spec = Harness.shell(Harness.key(), "(\(loop)); (\(loop)); \(loop)")
      spec.limits.cpuTime = .milliseconds(20)
      spec.stopGrace = .milliseconds(200)
      let outcome = try await harness.outcome(of: spec)
      #expect(outcome.limitExceeded == "cpu_time", "\(outcome)")
      #expect(outcome.limitsUnenforced == [])
    }
  }

  @Test("G65 processes that go on together are ended when they have used up the processor time")
  func cpuTimeTogether() async throws {
    try await withExecutor(configure: useCgroups(false)) { harness in
      // Without a cgroup each has a second of its own; the program would wait for all of it.
      var spec = Harness.shell(
        Harness.key(), "for i in 1 2 3 4; do (while :; do :; done) & done; wait; exit 7")
      spec.limits.cpuTime = .milliseconds(300)
      spec.stopGrace = .seconds(20)
      let outcome = try await harness.outcome(of: spec)
      #expect(outcome.limitExceeded == "cpu_time")
      #expect(outcome.exit == .signaled(15), "\(outcome)")
      #expect(outcome.limitsUnenforced == [])
    }
  }

  @Test("G65 open files and memory make the program's own calls fail")
  func resources() async throws {
    try await withExecutor { harness in
      var spec = Harness.shell(Harness.key(), "ulimit -n")
      spec.limits.openFiles = 20
      _ = try await harness.outcome(of: spec)
      #expect(try await harness.output(of: spec.key) == "20\n")
      spec = Harness.shell(Harness.key(), "head -c 500000000 /dev/zero | tail -c 500000000 | wc -c")
      spec.limits.memory = 50_000_000
      let outcome = try await harness.outcome(of: spec)
      #expect(try await harness.output(of: spec.key) != "500000000\n")
      #expect(outcome.limitsUnenforced == [])
    }
  }
}
