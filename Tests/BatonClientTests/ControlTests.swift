import BatonClient
import BatonWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct ControlTests {
  @Test("suspend and resume name the run and are safe to repeat") func suspendAndResume()
    async throws
  {
    let server = FakeControl()
    try await server.serve { client in
      let suspended = try await client.run("r").suspend(note: "lunch")
      #expect(suspended == .suspended)
      let resumed = try await client.run("r").resume(nodes: ["a"], requestID: "mine")
      #expect(resumed == .resuming)
    }
    let suspend = try #require(server.asked.suspends.first)
    #expect(suspend.run?.runID == "r")
    #expect(suspend.note == "lunch")
    #expect(suspend.requestID.utf8.count == 32)
    let resume = try #require(server.asked.resumes.first)
    #expect(resume.nodes == ["a"])
    #expect(resume.requestID == "mine")
  }

  @Test("SR120 what is not given is not sent, zero is") func stopRequest() async throws {
    let server = FakeControl()
    try await server.serve { client in
      try await client.run("r").stop()
      try await client.run("r").stop(
        StopOptions(
          grace: .zero, timeout: .zero, isMissingAllowed: true, isForced: true, reason: "why"))
    }
    let stops = server.asked.stops
    try #require(stops.count == 2)
    #expect(stops[0].graceMs == nil)
    #expect(stops[0].timeoutMs == nil)
    #expect(!stops[0].missingOk && !stops[0].force)
    #expect(stops[1].graceMs == 0)
    #expect(stops[1].timeoutMs == 0)
    #expect(stops[1].missingOk && stops[1].force)
    #expect(stops[1].reason == "why")
    #expect(Set(stops.map(\.requestID)).count == 2)
  }

  @Test("SR123 the report of a stop is given whole") func stopReport() async throws {
    let attempt = Wire.StopAttempt(
      runID: "r", node: "n", attempt: 2, endedBy: .kill, processesEnded: 3,
      survivors: [Wire.Survivor(pid: 77, command: "sleep")], durationMs: 1500, proof: .none)
    let server = FakeControl(
      FakeControl.Script(
        stop: Wire.StopRunResponse(
          outcome: .forced, status: .killed, proven: false,
          report: Wire.StopReport(
            attempts: [attempt], attemptsTotal: 1, processesEnded: 3, survivorsTotal: 1,
            began: 5, durationMs: 2000, principal: "me", reason: "why", forced: true))))
    let answer = try await server.serve { try await $0.run("r").stop() }
    #expect(answer.outcome == .forced)
    #expect(answer.status == .killed)
    #expect(!answer.isProven)
    let report = try #require(answer.report)
    #expect(report.survivorsTotal == 1)
    #expect(report.duration == .seconds(2))
    #expect(report.isForced)
    let first = try #require(report.attempts.first)
    #expect(first.endedBy == "KILL")
    #expect(first.proof == "NONE")
    #expect(first.number == 2)
    #expect(first.item == nil)
    #expect(first.survivors.map(\.pid) == [77])
  }

  @Test("an absent status, report and means stay absent") func stopOfNothing() async throws {
    let server = FakeControl(
      FakeControl.Script(stop: Wire.StopRunResponse(outcome: .notFound)))
    let answer = try await server.serve { try await $0.run("r").stop() }
    #expect(answer == StopAnswer(outcome: .notFound))
  }

  @Test("an application is deleted in the client's namespace") func delete() async throws {
    let server = FakeControl()
    let changes = try await server.serve {
      try await $0.deleteApplication("app", listeners: .refuse)
    }
    #expect(changes.map(\.name) == ["nightly"])
    let request = try #require(server.asked.deletes.first)
    #expect(request.namespace == "default")
    #expect(request.application == "app")
    #expect(request.listeners == .refuse)
    #expect(request.requestID.utf8.count == 32)
  }

  @Test("B6 every sibling of BatchRuns can be called") func batches() async throws {
    let server = FakeControl()
    try await server.serve { client in
      let status = try await client.batchStatus(
        of: [BatchProgram(application: "a", program: "p")])
      #expect(status.elements.map(\.state) == [.running])
      #expect(status.elements.map(\.activeRuns) == [2])
      #expect(status.eventNumber == 9)
      let started = try await client.batchStart([
        BatchStartProgram(application: "a", program: "p", arguments: ["k": "v"]),
        BatchStartProgram(application: "a", program: "unknown"),
      ])
      #expect(started.map(\.runID) == ["r", nil])
      #expect(started.map(\.status) == [.pending, nil])
      #expect(started.map(\.reason) == [nil, "program_not_found"])
      let stopped = try await client.batchStop([
        BatchStopProgram(application: "a", program: "p", runID: "r1")
      ])
      #expect(stopped.map(\.runIDs) == [["r1", "r2"]])
      var streamed: [String] = []
      try await client.streamBatchRuns(
        BatchQuery(programs: ["x", "y"].map { BatchProgram(application: "a", program: $0) })
      ) { streamed.append($0.program) }
      #expect(streamed == ["x", "y"])
    }
    #expect(server.asked.batchStarts.first?.programs.first?.arguments == ["k": "v"])
    #expect(server.asked.batchStarts.first?.requestID.utf8.count == 32)
    #expect(server.asked.batchStops.first?.programs.first?.runID == "r1")
  }

  @Test("B1.5 an answer with an element too few is an error") func missingAnswer() async {
    let server = FakeControl(FakeControl.Script(missingAnswers: 1))
    let error = await #expect(throws: BatonError.self) {
      try await server.serve {
        try await $0.batchStatus(of: [BatchProgram(application: "a", program: "p")])
      }
    }
    #expect(error?.reason == "internal")
  }

  @Test("a prune says its bounds; a dry run carries no request id") func prune() async throws {
    let server = FakeControl()
    try await server.serve { client in
      let report = try await client.prune(
        PruneOptions(
          namespace: "ns", application: "a", before: Timestamp(milliseconds: 5), keepRuns: 10))
      #expect(report.runs == 4)
      #expect(report.events == 5)
      let counted = try await client.prune(PruneOptions(isDryRun: true))
      #expect(counted.isDryRun)
    }
    let prunes = server.asked.prunes
    try #require(prunes.count == 2)
    #expect(prunes[0].namespace == "ns")
    #expect(prunes[0].application == "a")
    #expect(prunes[0].before == 5)
    #expect(prunes[0].keepRuns == 10)
    #expect(prunes[0].requestID.utf8.count == 32)
    #expect(prunes[1].requestID == "")
    #expect(prunes[1].namespace == "")
  }

  @Test("the state of a server is given whole") func status() async throws {
    let server = FakeControl(
      FakeControl.Script(
        status: Wire.GetStatusResponse(
          serverVersion: "1", schemaVersion: 2, started: 3, services: ["s"], ready: false,
          notReadyReason: "disk_full",
          store: Wire.StoreStatus(
            kind: "sqlite", databaseBytes: 10, freeBytes: 20, runs: 30, eventNumber: 40,
            oldestEvent: 1, writable: false),
          activeRuns: 5, runningAttempts: 6, connections: 7)))
    let status = try await server.serve { try await $0.serverStatus() }
    #expect(!status.isReady)
    #expect(status.notReadyReason == "disk_full")
    #expect(status.store?.isWritable == false)
    #expect(status.store?.databaseBytes == 10)
    #expect(status.activeRuns == 5)
    #expect(status.connections == 7)
  }
}
