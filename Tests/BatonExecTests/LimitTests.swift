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
