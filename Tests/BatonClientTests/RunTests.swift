import BatonClient
import BatonWire
import Synchronization
import Testing

@Suite(.timeLimit(.minutes(1))) struct RunTests {
  private static let lost = BatonError(.unavailable, "unavailable", "connection lost")

  private func event(_ number: UInt64) -> Wire.RunEvent {
    Wire.RunEvent(event: number, kind: .node, node: "n", to: "RUNNING")
  }

  @Test func triggerSendsWhatIsAskedAndGivesTheRun() async throws {
    let server = FakeServer()
    try await server.serve(options: ClientOptions(namespace: "ns")) { client in
      let run = try await client.trigger("app/flow", arguments: ["a": "1"])
      #expect(run.id == "run-1")
      #expect(run.receipt?.version == 3)
      #expect(run.receipt?.status == .pending)
      #expect(run.receipt?.isReplay == false)
      #expect(run.reference.workflow?.description == "ns:app/flow")
    }
    let request = try #require(server.asked.triggers.first)
    #expect(request.namespace == "ns")
    #expect(request.arguments == ["a": "1"])
    #expect(request.requestID.utf8.count == 32)
  }

  @Test func watchGoesOnAfterALostConnectionWithoutRepeats() async throws {
    let server = FakeServer(
      FakeServer.Script(
        watches: [
          ([event(1), event(2)], Self.lost), ([], Self.lost), ([event(3)], Self.lost),
          ([event(4)], nil),
        ]))
    let seen = try await server.serve { client in
      var seen: [UInt64] = []
      try await client.run("r").watch { seen.append($0.event) }
      return seen
    }
    #expect(seen == [1, 2, 3, 4])
    #expect(server.asked.watches.map(\.afterEvent) == [0, 2, 2, 3])
  }

  @Test func watchGivesUpAServerThatStaysAway() async throws {
    let server = FakeServer(
      FakeServer.Script(watches: Array(repeating: ([], Self.lost), count: 20)))
    let losses = Mutex<[BatonError]>([])
    var options = ClientOptions()
    options.recoveryTime = .milliseconds(120)
    options.connectionLost = { error in losses.withLock { $0.append(error) } }
    let error = await #expect(throws: BatonError.self) {
      try await server.serve(options: options) { try await $0.run("r").watch { _ in } }
    }
    #expect(error?.code == .unavailable)
    #expect(error?.message.contains("is not back after 0.12 seconds") == true)
    #expect(losses.withLock(\.count) > 0)
    #expect((2..<20).contains(server.asked.watches.count))
  }

  @Test func anErrorOfTheReaderEndsTheWatchingAsItIs() async throws {
    let server = FakeServer(FakeServer.Script(watches: [([event(1), event(2)], nil)]))
    let error = await #expect(throws: BatonError.self) {
      try await server.serve { client in
        try await client.run("r").watch { _ in
          throw BatonError(.unavailable, "mine", "the reader's own")
        }
      }
    }
    #expect(error?.reason == "mine")
    #expect(server.asked.watches.count == 1)
  }

  @Test func otherErrorsAreNotRetried() async throws {
    let server = FakeServer(
      FakeServer.Script(watches: [([], BatonError(.notFound, "run_not_found", "no run"))]))
    let error = await #expect(throws: BatonError.self) {
      try await server.serve { try await $0.run("r").watch { _ in } }
    }
    #expect(error?.reason == "run_not_found")
    #expect(error?.code == .notFound)
  }

  @Test func waitingAsksForNoEventsAndReadsTheRecordOnce() async throws {
    let server = FakeServer(
      FakeServer.Script(
        runs: [Wire.RunRecord(runID: "r", status: .failed, reason: "exit_nonzero")]))
    let record = try await server.serve { try await $0.run("r").waitForEnd() }
    #expect(record.status == .failed)
    #expect(record.reason == "exit_nonzero")
    #expect(record.status.hasEnded)
    let after = try #require(server.asked.watches.first?.afterEvent)
    #expect(after > 1 << 32 && after <= UInt64(Int64.max))
  }

  @Test func waitingGoesOnForARunThatWasReopened() async throws {
    let server = FakeServer(
      FakeServer.Script(
        runs: [Wire.RunRecord(status: .running), Wire.RunRecord(status: .completed)]))
    let record = try await server.serve { try await $0.run("r").waitForEnd() }
    #expect(record.status == .completed)
    #expect(server.asked.watches.count == 2)
  }

  @Test func logsGoOnAtTheRightByte() async throws {
    func chunk(_ offset: Int64, _ text: String) -> Wire.LogChunk {
      Wire.LogChunk(stream: .stderr, offset: offset, data: Array(text.utf8))
    }
    let server = FakeServer(
      FakeServer.Script(logs: [([chunk(0, "abc")], Self.lost), ([chunk(3, "de")], nil)]))
    let text = try await server.serve { client in
      var bytes: [UInt8] = []
      let options = LogOptions(stream: .stderr, attempt: 2, follow: true)
      try await client.run("r").logs(of: "n", options: options) { bytes += $0.data }
      return String(decoding: bytes, as: UTF8.self)
    }
    #expect(text == "abcde")
    #expect(server.asked.logs.map(\.offset) == [0, 3])
    #expect(
      server.asked.logs.allSatisfy { $0.streams == [.stderr] && $0.attempt == 2 && $0.follow })
  }

  @Test(
    "listings collect their pages up to the limit", arguments: [(nil, 5), (3, 3), (2, 2), (9, 5)])
  func pages(limit: Int?, expected: Int) async throws {
    let server = FakeServer(
      FakeServer.Script(runs: (1...5).map { Wire.RunRecord(runID: "r\($0)", status: .running) }))
    let runs = try await server.serve { try await $0.runs(limit: limit) }
    #expect(runs.map(\.id) == (1...expected).map { "r\($0)" })
  }

  @Test func batchRunsKeepsAbsentLimitsAbsent() async throws {
    let server = FakeServer()
    let query = BatchQuery(programs: [
      BatchProgram(application: "a", program: "p"),
      BatchProgram(application: "a", program: "q", limit: 0),
    ])
    let answer = try await server.serve { try await $0.batchRuns(query) }
    #expect(answer.elements.map(\.program) == ["p", "q"])
    #expect(server.asked.batches.first?.programs.map(\.limit) == [nil, 0])
    #expect(server.asked.batches.first?.namespace == "default")
  }
}
