import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import Synchronization
import Testing

/// Suspending, resuming and stopping through the RPCs (G44–G46, SR120–SR128).
@Suite("Cases of control", .timeLimit(.minutes(1))) struct ControlCaseTests {
  @Test(
    "WF-15 nothing starts while a run is suspended", arguments: Deployment.allCases, [false, true])
  func suspend(deployment: Deployment, forks: Bool) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: forks
          ? """
          - {name: A, program: block}
          - {name: B, program: block}
          - {name: C, program: ok, after: [A, B]}
          """
          : "- {name: A, program: block}\n- {name: C, program: ok, after: [A]}")
      let run = try await house.trigger()
      let running = forks ? ["A", "B"] : ["A"]
      for node in running { _ = await house.programs.launch(of: node) }
      #expect(try await house.suspendRun(run) == .suspended)
      for node in running {
        await house.programs.finish(node)
        try await house.node(node, of: run, is: "COMPLETED")
      }
      // Whatever the ends have led to is stored by now.
      _ = try await house.runsDriven()
      #expect(try await house.status(run) == .suspended)
      #expect(try await house.letters(run, "C") == "–")
      #expect(try await house.resumeRun(run) == .resuming)
      let events = try await house.end(of: run)
      #expect(try await house.letters(run, "A C") == "C C")
      #expect(
        events.filter { $0.kind == .run }.map(\.to) == [
          "PENDING", "STARTING", "RUNNING", "SUSPENDED", "RESUMING", "RUNNING", "COMPLETED",
        ])
      let record = try #require(try await house.details(run).run)
      #expect(record.suspended > 0 && record.resumed >= record.suspended)
    }
  }

  /// A status of G46 with what each of the three calls answers to a run in it; RESUMING is passed
  /// within one transition, its row is a test of the machine.
  struct Row: CustomTestStringConvertible, Sendable {
    var status: String
    var suspend: String
    var resume: String
    var stop: String
    var testDescription: String { status }
  }

  static let table =
    [
      Row(
        status: "PENDING", suspend: "run_not_started", resume: "run_not_suspended",
        stop: "STOPPED"),
      Row(
        status: "STARTING", suspend: "SUSPENDED", resume: "run_not_suspended", stop: "STOPPED"),
      Row(status: "RUNNING", suspend: "SUSPENDED", resume: "run_not_suspended", stop: "STOPPED"),
      Row(
        status: "SUSPENDED", suspend: "run_already_suspended", resume: "RESUMING", stop: "STOPPED"),
      Row(status: "STOPPING", suspend: "run_stopping", resume: "run_stopping", stop: "STOPPED"),
    ]
    + ["COMPLETED", "FAILED", "KILLED", "REJECTED"].map {
      Row(status: $0, suspend: "run_ended", resume: "run_ended", stop: "ALREADY_FINISHED")
    }

  @Test("WF-16 every status and every order", arguments: Deployment.allCases, table)
  func orders(deployment: Deployment, row: Row) async throws {
    try await EngineFixture.with(deployment) { house in
      let suspended = try await house.answer {
        try await house.suspendRun(house.run(in: row)).word
      }
      #expect(suspended == row.suspend)
      let resumed = try await house.answer {
        try await house.resumeRun(house.run(in: row)).word
      }
      #expect(resumed == row.resume)
      let run = try await house.run(in: row)
      let before = try await house.status(run)
      let stopped = try await house.answer {
        guard row.status == "STOPPING" else { return try await house.stopRun(run).outcome.word }
        return try await house.join(run, graceMs: 1) { await house.finishStubborn(run) }
          .outcome.word
      }
      #expect(stopped == row.stop)
      let after = try await house.status(run)
      #expect(after == (row.stop == "STOPPED" ? .killed : before))
    }
  }

  @Test("WF-17 forced status writes are refused", arguments: Deployment.allCases)
  func forcedWrites(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      for from in RunStatus.allCases {
        let id = RunIDSource().next(at: TestClock().now())
        let workflow = WorkflowID(namespace: "default", application: "demo", workflow: "W")
        let header = RunHeader(id: id, workflow: workflow, version: 1, created: TestClock().now())
        try await house.engine.store.commit { writer in
          try writer.insertRun(
            RunRecord(header: header, state: RunState(status: from)), nodes: [])
        }
        for to in RunStatus.allCases where to != from && !from.canBecome(to) {
          // A stale writer: it believes the run in a status from which there is a way.
          let believed = RunStatus.allCases.first { $0 != from && $0.canBecome(to) } ?? to
          await #expect(throws: StoreError.statusChanged(id, stored: from)) {
            try await house.engine.store.commit { writer in
              try writer.appendEvents([
                EventRecord(
                  event: 1, time: writer.now, run: id, workflow: workflow, version: 1,
                  change: .run(from: believed, to: to, reason: nil))
              ])
              try writer.updateRun(id, RunState(status: to), expecting: believed)
            }
          }
        }
        let run = "\(id)"
        #expect(try await house.status(run) == Wire.RunStatus(word: from.word))
        let events = try await house.engine.store.readAsync {
          try $0.events(of: id, after: 0, limit: 10)
        }
        #expect(events.isEmpty)
      }
    }
  }

  @Test("WF-18 a stopped run", arguments: Deployment.allCases)
  func stop(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: block}\n- {name: B, program: ok, after: [A]}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      let answer = try await house.stopRun(run, reason: "enough")
      #expect(answer.outcome == .stopped && answer.status == .killed && answer.proven)
      #expect(try await house.letters(run, "A B") == "K U")
      let nodes = try await house.nodes(run)
      #expect(nodes["A"]?.reason == "run_stopped")
      let report = try #require(answer.report)
      #expect(report.attempts.map(\.node) == ["A"] && report.attemptsTotal == 1)
      #expect(report.attempts.first?.survivors.isEmpty == true && report.survivorsTotal == 0)
      #expect(report.attempts.first?.proof == .cgroup && report.reason == "enough")
      let details = try await house.details(run)
      #expect(details.details?.stopReport == report)
      #expect(details.run?.reason == "run_stopped" && details.run?.stopping ?? 0 > 0)
    }
  }

  @Test("WF-20 stopping one of two runs, and what is no active run", arguments: Deployment.allCases)
  func stopOne(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let first = try await house.trigger()
      let second = try await house.trigger()
      _ = await house.programs.launch(of: "A", 2)
      #expect(try await house.stopRun(first).outcome == .stopped)
      #expect(try await house.status(second) == .running)
      let again = try await house.stopRun(first)
      #expect(again.outcome == .alreadyFinished && again.status == .killed)
      #expect(again.report?.attempts.map(\.node) == ["A"])
      _ = await refused("run_id_invalid") { _ = try await house.stopRun("x") }
      _ = await refused("run_id_invalid") { _ = try await house.stopRun("") }
      let unknown = "019a5e0c-7b1e-7c3a-9f00-1d2e3f405162"
      _ = await refused("run_not_found", .notFound) { _ = try await house.stopRun(unknown) }
      let missing = try await house.client.stopRun(
        .init(run: .init(runID: unknown), missingOk: true))
      #expect(missing.outcome == .notFound && missing.report == nil)
      #expect(try await house.stopRun(second).outcome == .stopped)
    }
  }

  @Test("SE-36 concurrent stops have one effect and equal answers", arguments: Deployment.allCases)
  func concurrent(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: stubborn}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      async let first = house.stopRun(run, reason: "one")
      _ = await house.programs.kills(1)
      let joined = Mutex<Wire.StopRunResponse?>(nil)
      let second = try await house.join(run, graceMs: 5000, reason: "two") {
        let third = try await house.join(run, graceMs: 1000, reason: "one", requestID: "r") {
          await house.finishStubborn(run)
        }
        joined.withLock { $0 = third }
      }
      let answers = try await [first, second, joined.withLock { $0 } ?? .init()]
      #expect(answers.allSatisfy { $0 == answers[0] && $0.outcome == .stopped })
      #expect(answers[0].report?.reason == "one" && answers[0].report?.attemptsTotal == 1)
      let events = try await house.end(of: run)
      #expect(events.filter { $0.kind == .run && $0.to == "STOPPING" }.count == 1)
      // SR125: a repeat gets the first answer also after the end, another call does not.
      let repeated = try await house.stopRun(run, graceMs: 1000, reason: "one", requestID: "r")
      #expect(repeated == answers[0])
      #expect(try await house.stopRun(run, requestID: "s").outcome == .alreadyFinished)
      _ = await refused("request_id_reused", .alreadyExists) {
        _ = try await house.stopRun(run, reason: "other", requestID: "r")
      }
    }
  }

  @Test("SE-39 what does not end in time, then does", arguments: Deployment.allCases)
  func timeout(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: stubborn}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      let error = await refused("stop_timeout", .deadlineExceeded) {
        _ = try await house.stopRun(run, timeoutMs: 20)
      }
      #expect(error?.message.contains("A attempt 1") == true)
      #expect(try await house.status(run) == .stopping)
      let details = try await house.details(run).details
      #expect(details?.stopReport?.attempts.first?.endedBy == .unspecified)
      #expect(details?.stopReport?.proven == false)
      let answer = try await house.join(run, graceMs: 1) { await house.finishStubborn(run) }
      #expect(answer.outcome == .stopped)
      #expect(try await house.status(run) == .killed)
    }
  }

  @Test("SR124 force gives up what does not end; killing goes on", arguments: Deployment.allCases)
  func force(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        nodes: "- {name: A, program: stubborn}\n- {name: B, program: ok, after: [A]}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      let answer = try await house.stopRun(run, timeoutMs: 20, force: true)
      #expect(answer.outcome == .forced && answer.status == .killed && !answer.proven)
      let report = try #require(answer.report)
      #expect(report.forced && !report.proven)
      #expect(report.attempts.map(\.proof) == [.none])
      #expect(try await house.letters(run, "A B") == "K U")
      // What comes late changes nothing.
      await house.finishStubborn(run)
      _ = try await house.runsDriven()
      #expect(try await house.details(run).details?.stopReport == report)
      #expect(try await house.stopRun(run, force: true).outcome == .alreadyFinished)
    }
  }

  @Test("a client that goes away changes nothing (SR125)")
  func clientGone() async throws {
    try await EngineFixture.with(.sqlite) { house in
      try await house.deploy(nodes: "- {name: A, program: stubborn}")
      let run = try await house.trigger()
      _ = await house.programs.launch(of: "A")
      await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try await house.stopRun(run) }
        _ = await house.programs.kills(1)
        group.cancelAll()
      }
      #expect(try await house.status(run) == .stopping)
      await house.finishStubborn(run)
      try await house.end(of: run)
      #expect(try await house.status(run) == .killed)
    }
  }

  @Test("SE-37 what waits for a slot or a retry never starts", arguments: Deployment.allCases)
  func waiting(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment, slots: 1) { house in
      try await house.deploy(
        nodes: """
          - {name: R, program: exit1, retry: {attempts: 2, delay: 1h}}
          - {name: A, program: block}
          - {name: B, program: block}
          """)
      let run = try await house.trigger()
      try await house.node("R", of: run, is: "WAITING")
      _ = await house.programs.launch(of: "A")
      let answer = try await house.stopRun(run)
      #expect(answer.outcome == .stopped && answer.proven)
      #expect(try await house.letters(run, "R A B") == "K K S")
      #expect(try await house.nodes(run)["B"]?.reason == "run_stopped")
      #expect(house.programs.launches(of: "B").isEmpty)
      #expect(house.programs.launches(of: "R").count == 1)
    }
  }

  @Test("bounds of StopRun's times and texts")
  func bounds() async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "[]")
      let run = try await house.run()
      let long = String(repeating: "x", count: 1025)
      for request in [
        Wire.StopRunRequest(graceMs: -1), .init(graceMs: 3_600_001), .init(timeoutMs: -1),
      ] {
        var request = request
        request.run = .init(runID: run)
        let sent = request
        _ = await refused("limit_invalid") { _ = try await house.client.stopRun(sent) }
      }
      _ = await refused("note_too_long") { _ = try await house.stopRun(run, reason: long) }
      _ = await refused("note_too_long") {
        _ = try await house.client.suspendRun(.init(run: .init(runID: run), note: long))
      }
      _ = await refused("note_too_long") {
        _ = try await house.client.resumeRun(.init(run: .init(runID: run), note: long))
      }
      let answer = try await house.client.stopRun(
        .init(run: .init(runID: run), graceMs: 0, timeoutMs: 0, reason: String(long.dropLast())))
      #expect(answer.outcome == .alreadyFinished && answer.report == nil && answer.proven)
    }
  }
}
