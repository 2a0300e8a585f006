import BatonCore
import BatonWire
import Testing

@Suite("Leases over a restart of the engine (CT22, G58)", .timeLimit(.minutes(1)))
struct WorkerRestartTests {
  /// Leases node A, then has another engine take the first one's place.
  private func restart(
    _ deployment: Deployment,
    before: (EngineFixture, String, Wire.Assignment) async throws -> Void = { _, _, _ in },
    after: (EngineFixture, String, Wire.Assignment) async throws -> Void
  ) async throws {
    try await House.with(deployment) { house in
      let (run, assignment) = try await house.engine { fixture in
        try await fixture.deployJobs("- {name: A, program: job}\n- {name: B, program: job}")
        let run = try await fixture.trigger()
        let assignment = try await fixture.lease()
        try await before(fixture, run, assignment)
        return (run, assignment)
      }
      try await house.engine { try await after($0, run, assignment) }
    }
  }

  @Test("the worker goes on, and what waited is supplied", arguments: [Deployment.sqlite, .split])
  func goesOn(_ deployment: Deployment) async throws {
    try await restart(deployment) { fixture, run, assignment in
      #expect(try await fixture.letters(run, "A B") == "R –")
      let beat = try await fixture.heartbeat(assignment)
      #expect(beat.leaseUntil >= assignment.leaseUntil && !beat.cancelled)
      try await fixture.report(assignment, .completed, entries: ["k": "1"])
      let next = try await fixture.lease()
      #expect(next.node == "B")
      try await fixture.report(next, .completed)
      try await fixture.end(of: run)
      #expect(try await fixture.status(run) == .completed)
      #expect(try await fixture.value(run, "k") == "1")
    }
  }

  @Test("a lease that nobody keeps runs out a full duration after the restart")
  func runsOut() async throws {
    try await restart(.memory) { fixture, run, _ in
      fixture.pass(.seconds(20))
    } after: { fixture, run, _ in
      fixture.pass(.seconds(20))
      #expect(try await fixture.letters(run, "A") == "R")
      fixture.pass(.seconds(11))
      try await fixture.node("A", of: run, is: "FAILED")
      #expect(try await fixture.newest("A", of: run).reason == "worker_lost")
    }
  }

  @Test("a cancel under way reaches the worker with its next heartbeat")
  func cancel() async throws {
    try await restart(.sqlite) { fixture, run, _ in
      _ = await refused("stop_timeout", .deadlineExceeded) {
        _ = try await fixture.stopRun(run, graceMs: 4000, timeoutMs: 0)
      }
    } after: { fixture, run, assignment in
      let beat = try await fixture.heartbeat(assignment)
      #expect(beat.cancelled && beat.cancelReason == "run_stopped" && beat.graceMs == 4000)
      try await fixture.report(assignment, .killed)
      try await fixture.end(of: run)
      #expect(try await fixture.stopRun(run).report?.proven == true)
    }
  }
}
