import BatonCore
import BatonEngine
import BatonStore
import BatonWire
import Testing

@Suite("Remote workers (CT20–CT24)", .timeLimit(.minutes(2)))
struct WorkerCaseTests {
  // MARK: - CT20

  @Test(
    "CT20: a node is PENDING until it is leased, takes no slot, and starts with the grant",
    arguments: Deployment.allCases)
  func pendingUntilLeased(_ deployment: Deployment) async throws {
    try await EngineFixture.with(deployment, slots: 0) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}\n- {name: B, program: nothing}")
      let run = try await fixture.trigger()
      try await fixture.node("B", of: run, is: "COMPLETED")
      #expect(try await fixture.letters(run, "A B") == "– C")
      #expect(try await fixture.nodes(run)["A"]?.attempts.isEmpty == true)
      let assignment = try await fixture.lease()
      #expect(try await fixture.letters(run, "A") == "R")
      #expect(try await fixture.newest("A", of: run).host == "w1")
      #expect(try await fixture.value(run, "baton.host", node: "A", scope: .system) == "w1")
      try await fixture.report(assignment, .completed)
      try await fixture.end(of: run)
      #expect(try await fixture.status(run) == .completed)
    }
  }

  @Test("CT20: a timeout counts from the grant, and cancels the lease")
  func timeout() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job, timeout: 300ms, stop_grace: 7s}")
      let run = try await fixture.trigger()
      try await fixture.openQueue { reader in
        let assignment = try await reader.assignment()
        let attempt = try await fixture.newest("A", of: run)
        #expect(assignment.deadline == attempt.started + 300)
        let cancel = try await reader.cancel()
        #expect(cancel == .init(lease: assignment.lease, reason: "node_timeout", graceMs: 7000))
        let answer = try await fixture.report(assignment, .killed)
        #expect(answer == .init(status: .failed, reason: "node_timeout"))
      }
      try await fixture.end(of: run)
      #expect(try await fixture.newest("A", of: run).reason == "node_timeout")
    }
  }

  // MARK: - CT21

  @Test("CT21, CT24: an assignment has what a process finds in its environment")
  func assignment() async throws {
    try await EngineFixture.with(.sqlite) { fixture in
      try await fixture.deploy(
        """
        baton: 1
        application: demo
        programs:
          job:
            type: WORKER
            queue: q
            properties: {size: "${arg.n}0", of: "${token.k}"}
            env: {P: "${prop.size}", K: program}
          mark: {type: NOOP, put: {k: v}}
        workflows:
          W:
            env: {K: workflow, L: l}
            nodes:
              - {name: M, program: mark}
              - {name: A, program: job, after: [M], env: {N: node}}
        """)
      let run = try await fixture.trigger(["n": "1"])
      let got = try await fixture.lease()
      #expect(got.namespace == "default" && got.application == "demo" && got.version == 1)
      #expect(got.workflow == "W" && got.runID == run && got.node == "A" && got.attempt == 1)
      #expect(got.program == "job" && got.itemAttempt == 0 && got.envRevision == 1)
      #expect(got.arguments == ["n": "1"])
      #expect(got.properties == ["size": "10", "of": "v"])
      #expect(got.env == ["K": "program", "L": "l", "P": "10", "N": "node"])
      #expect(got.deadline == 0 && got.conf.isEmpty && got.taskToken.utf8.count == 43)
      let started = try await fixture.newest("A", of: run).started
      #expect((started + 29_000...started + 31_000).contains(got.leaseUntil))
      try await fixture.report(got, .completed)
      try await fixture.end(of: run)
    }
  }

  @Test("CT21: oldest run first, then graph order; never more than the capacity")
  func order() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}\n- {name: B, program: job}")
      var runs: [String] = []
      for _ in 0..<3 { runs.append(try await fixture.trigger()) }
      try await fixture.allWait(6)
      let expected = runs.flatMap { ["\($0) A", "\($0) B"] }
      let got = try await fixture.openQueue(capacity: 2) { reader in
        var open: [Wire.Assignment] = []
        var got: [String] = []
        while got.count < 6 {
          let next = try await reader.assignment()
          got.append("\(next.runID) \(next.node)")
          open.append(next)
          if open.count == 2 { try await fixture.report(open.removeFirst(), .completed) }
        }
        for assignment in open { try await fixture.report(assignment, .completed) }
        return got
      }
      #expect(got == expected)
      for run in runs { try await fixture.end(of: run) }
    }
  }

  @Test("CT21: what becomes ready is pushed to an open stream, of its programs only")
  func push() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deploy(
        nodes: "- {name: A, program: one}\n- {name: B, program: two}",
        programs: "one: {type: WORKER, queue: q}\ntwo: {type: WORKER, queue: q}")
      try await fixture.openQueue(capacity: 9, programs: ["demo/two"]) { reader in
        let run = try await fixture.trigger()
        let two = try await reader.assignment()
        #expect(two.node == "B")
        #expect(try await fixture.letters(run, "A B") == "– R")
        try await fixture.report(two, .completed)
        try await fixture.report(try await fixture.lease(), .completed)
        try await fixture.end(of: run)
      }
    }
  }

  @Test("CT21: a node of a suspended run is leased after the resume")
  func suspended() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      try await fixture.allWait(1)
      _ = try await fixture.suspendRun(run)
      try await fixture.openQueue { reader in
        let other = try await fixture.trigger()
        let first = try await reader.assignment()
        #expect(first.runID == other)
        try await fixture.report(first, .completed)
        _ = try await fixture.resumeRun(run)
        let second = try await reader.assignment()
        #expect(second.runID == run)
        try await fixture.report(second, .completed)
      }
      try await fixture.end(of: run)
    }
  }

  // MARK: - CT22

  @Test("CT22: heartbeats keep a lease, without its stream; puts go through the token store")
  func heartbeats() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let assignment = try await fixture.lease()
      for _ in 0..<3 {
        fixture.pass(.seconds(20))
        let answer = try await fixture.heartbeat(assignment, progress: 40, note: "half")
        let left = answer.leaseUntil - fixture.clock.now().milliseconds
        #expect((25_000...30_000).contains(left))
        #expect(!answer.cancelled && answer.cancelReason.isEmpty)
      }
      _ = try await fixture.tokens.putToken(
        .init(entries: [.init(key: "k", value: "1")]), options: assignment.options)
      try await fixture.report(assignment, .completed)
      try await fixture.end(of: run)
      let attempt = try await fixture.newest("A", of: run)
      #expect(attempt.progress == 40 && attempt.progressNote == "half")
      #expect(try await fixture.value(run, "k") == "1")
    }
  }

  // MARK: - CT23

  @Test(
    "RR-65: COMPLETED with k=1; silence; FAILED without an exit code",
    arguments: [
      Deployment.memory, .split,
    ])
  func rr65(_ deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let done = try await fixture.trigger()
      let answer = try await fixture.report(
        try await fixture.lease(), .completed, entries: ["k": "1"])
      #expect(answer == .init(status: .completed))
      try await fixture.end(of: done)
      #expect(try await fixture.value(done, "k") == "1")

      let silent = try await fixture.trigger()
      let lost = try await fixture.lease()
      fixture.pass(.seconds(31))
      try await fixture.end(of: silent)
      #expect(try await fixture.newest("A", of: silent).reason == "worker_lost")
      _ = await refused("attempt_ended", .permissionDenied) {
        _ = try await fixture.heartbeat(lost)
      }
      _ = await refused("attempt_ended", .permissionDenied) {
        _ = try await fixture.tokens.putToken(
          .init(entries: [.init(key: "k", value: "2")]), options: lost.options)
      }

      let failed = try await fixture.trigger()
      try await fixture.report(try await fixture.lease(), .failed)
      try await fixture.end(of: failed)
      #expect(try await fixture.newest("A", of: failed).reason == "worker_failed")
    }
  }

  @Test("CT23: FAILED with an exit code is exit_nonzero")
  func exitCode() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      try await fixture.report(try await fixture.lease(), .failed, exitCode: 75)
      try await fixture.end(of: run)
      let attempt = try await fixture.newest("A", of: run)
      #expect(attempt.reason == "exit_nonzero" && attempt.exitChoice == .exitCode(75))
    }
  }

  @Test(
    "RR-33: the recorded report again is OK, another one is late and changes nothing",
    arguments: Deployment.allCases)
  func rr33(_ deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}\n- {name: B, program: job}")
      let run = try await fixture.trigger()
      let (one, two) = try await fixture.openQueue(capacity: 2) { reader in
        (try await reader.assignment(), try await reader.assignment())
      }
      for _ in 0..<2 {
        #expect(try await fixture.report(one, .completed) == .init(status: .completed))
      }
      _ = await refused("attempt_ended", .permissionDenied) {
        try await fixture.report(one, .failed, exitCode: 3, entries: ["k": "late"])
      }
      try await fixture.report(two, .completed)
      try await fixture.end(of: run)
      // The run has ended, too.
      #expect(try await fixture.report(two, .completed) == .init(status: .completed))
      _ = await refused("attempt_ended", .permissionDenied) {
        try await fixture.report(two, .failed)
      }
      let attempt = try await fixture.newest("A", of: run)
      #expect(attempt.status == .completed && attempt.lateTotal == 1)
      #expect(attempt.late.map(\.sender) == ["w1"] && attempt.late.map(\.exitCode) == [3])
      #expect(try await fixture.newest("B", of: run).lateTotal == 1)
      #expect(try await fixture.letters(run, "A B") == "C C")
      #expect(try await fixture.value(run, "k") == nil)
    }
  }

  @Test("RR-53: a lost worker fails the attempt without safe_rerun, and retry applies")
  func rr53() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs(
        "- {name: A, program: job, retry: {attempts: 2}}", more: "on_failure: finish-siblings")
      let run = try await fixture.trigger()
      _ = try await fixture.lease()
      fixture.pass(.seconds(31))
      // `retry` applies: its own attempt follows.
      let second = try await fixture.lease("w2")
      #expect(second.attempt == 2)
      try await fixture.report(second, .completed)
      try await fixture.end(of: run)
      let attempts = try await fixture.nodes(run)["A"]?.attempts
      #expect(attempts?.map(\.reason) == ["worker_lost", ""])
      #expect(attempts?.map(\.predecessorUnproven) == [false, true])
    }
  }

  @Test("RR-53: safe_rerun makes a RECOVERY attempt without using up retry; the third loss fails")
  func safeRerun() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job, safe_rerun: true}")
      let saved = try await fixture.trigger()
      _ = try await fixture.lease()
      fixture.pass(.seconds(31))
      try await fixture.report(try await fixture.lease("w2"), .completed)
      try await fixture.end(of: saved)
      let two = try #require(try await fixture.nodes(saved)["A"]?.attempts)
      #expect(two.map(\.cause) == [.first, .recovery])
      #expect(two.map(\.status) == [.failed, .completed])

      let lost = try await fixture.trigger()
      for _ in 0..<3 {
        _ = try await fixture.lease()
        fixture.pass(.seconds(31))
      }
      try await fixture.end(of: lost)
      let three = try #require(try await fixture.nodes(lost)["A"]?.attempts)
      #expect(three.map(\.reason) == ["worker_lost", "worker_lost", "worker_lost"])
      #expect(try await fixture.letters(lost, "A") == "F")
    }
  }

  // MARK: - CT24

  @Test(
    "CT24: a stop sends Cancel, and the worker's word is the proof", arguments: Deployment.allCases)
  func stop(_ deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let answer = try await fixture.openQueue { reader in
        let assignment = try await reader.assignment()
        async let answer = fixture.stopRun(run, graceMs: 5000)
        let cancel = try await reader.cancel()
        #expect(cancel == .init(lease: assignment.lease, reason: "run_stopped", graceMs: 5000))
        let state = try await fixture.heartbeat(assignment)
        #expect(state.cancelled && state.cancelReason == "run_stopped" && state.graceMs == 5000)
        _ = await refused("attempt_ended", .permissionDenied) {
          _ = try await fixture.tokens.putToken(
            .init(entries: [.init(key: "k", value: "1")]), options: assignment.options)
        }
        let recorded = try await fixture.report(assignment, .killed)
        #expect(recorded == .init(status: .killed, reason: "run_stopped"))
        return try await answer
      }
      #expect(answer.outcome == .stopped)
      #expect(answer.report?.proven == true)
      #expect(answer.report?.attempts.map(\.proof) == [.remote])
      #expect(answer.report?.attempts.map(\.endedBy) == [.worker])
      #expect(try await fixture.status(run) == .killed)
    }
  }

  @Test("SE-40: a stop with a vanished worker times out; forced, its late words are refused")
  func vanished() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let assignment = try await fixture.lease()
      _ = await refused("stop_timeout", .deadlineExceeded) {
        _ = try await fixture.stopRun(run, graceMs: 0, timeoutMs: 200)
      }
      let forced = try await fixture.stopRun(run, timeoutMs: 0, force: true)
      #expect(forced.outcome == .forced && forced.report?.proven == false)
      #expect(try await fixture.status(run) == .killed)
      _ = await refused("attempt_ended", .permissionDenied) {
        try await fixture.report(assignment, .completed)
      }
      _ = await refused("attempt_ended", .permissionDenied) {
        _ = try await fixture.tokens.putToken(
          .init(entries: [.init(key: "k", value: "1")]), options: assignment.options)
      }
    }
  }

  @Test("a stop ends with the lease of a worker that does not answer, and is not proven")
  func unanswered() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let (assignment, answer) = try await fixture.openQueue { reader in
        let assignment = try await reader.assignment()
        async let answer = fixture.stopRun(run, graceMs: 100, timeoutMs: 60_000)
        _ = try await reader.cancel()
        // It is alive, but does not end: its heartbeats keep it for grace and one lease.
        fixture.pass(.seconds(25))
        #expect(try await fixture.heartbeat(assignment).cancelled)
        fixture.pass(.seconds(6))
        _ = await refused("attempt_ended", .permissionDenied) {
          _ = try await fixture.heartbeat(assignment)
        }
        return (assignment, try await answer)
      }
      _ = await refused("attempt_ended", .permissionDenied) {
        try await fixture.report(assignment, .completed)
      }
      let stopped = answer
      #expect(stopped.outcome == .stopped && stopped.report?.proven == false)
      #expect(stopped.report?.attempts.map(\.proof) == [Wire.StopProof.none])
      #expect(try await fixture.newest("A", of: run).reason == "run_stopped")
    }
  }
}

extension EngineFixture {
  /// Waits until so many nodes wait for workers; what follows a commit is done after it.
  func allWait(_ count: Int) async throws {
    while engine.nodesAtQueues != count { try await engine.store.commit { _ in } }
  }
}
