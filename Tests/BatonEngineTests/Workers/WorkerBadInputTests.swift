import BatonCore
import BatonWire
import Testing

@Suite("Bad input of workers", .timeLimit(.minutes(1)))
struct WorkerBadInputTests {
  /// A request for work that is refused.
  struct Opening: Sendable, CustomTestStringConvertible {
    var request: Wire.OpenQueueRequest
    var reason: BatonError.Reason

    init(
      _ reason: BatonError.Reason, namespace: String = "", queue: String = "q",
      worker: String = "w", capacity: UInt32 = 1, programs: [String] = []
    ) {
      self.reason = reason
      request = .init(
        namespace: namespace, queue: queue, worker: worker, capacity: capacity, programs: programs)
    }

    var testDescription: String { "\(reason.rawValue): \(request)" }
  }

  static let openings = [
    Opening("limit_invalid", capacity: 0), Opening("limit_invalid", capacity: 1001),
    Opening("limit_invalid", capacity: .max), Opening("name_missing", queue: ""),
    Opening("name_invalid", queue: "a b"), Opening("name_invalid", queue: ".q"),
    Opening("name_invalid", namespace: "no/where"), Opening("name_missing", worker: ""),
    Opening("name_invalid", worker: "w 1"), Opening("name_invalid", worker: "/"),
    Opening("name_invalid", worker: String(repeating: "w", count: 129)),
    Opening("name_invalid", programs: ["job"]), Opening("name_invalid", programs: ["a/b/c"]),
    Opening("name_invalid", programs: ["demo/job", "demo/"]),
    Opening("limit_invalid", programs: Array(repeating: "demo/job", count: 1001)),
  ]

  @Test("OpenQueue", arguments: openings)
  func openQueue(_ opening: Opening) async throws {
    try await EngineFixture.with(.memory) { fixture in
      _ = await refused(opening.reason) {
        try await fixture.workers.openQueue(opening.request) { items in
          for try await _ in items {}
        }
      }
    }
  }

  @Test("names and capacities at the edge are accepted", arguments: [1, 1000] as [UInt32])
  func edges(_ capacity: UInt32) async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let name = "-." + String(repeating: "w", count: 126)
      try await fixture.openQueue(name, capacity: capacity, programs: ["demo/job"]) { reader in
        _ = try await fixture.report(try await reader.assignment(), .completed)
      }
      try await fixture.end(of: run)
    }
  }

  @Test("heartbeats and reports of a wrong form change nothing")
  func forms() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let mine = try await fixture.lease()
      let long = String(repeating: "x", count: 1025)
      _ = await refused("limit_invalid") { _ = try await fixture.heartbeat(mine, progress: 101) }
      _ = await refused("note_too_long") { _ = try await fixture.heartbeat(mine, note: long) }
      _ = await refused("request_id_invalid") {
        _ = try await fixture.heartbeat(mine, requestID: "ü")
      }
      for outcome in [Wire.AttemptStatus.unspecified, .running] {
        _ = await refused("status_invalid") { try await fixture.report(mine, outcome) }
      }
      // Nobody has cancelled it.
      _ = await refused("status_invalid") { try await fixture.report(mine, .killed) }
      for code in [-1, 256] as [Int32] {
        _ = await refused("limit_invalid") {
          try await fixture.report(mine, .failed, exitCode: code)
        }
      }
      _ = await refused("token_key_invalid") {
        try await fixture.report(mine, .completed, entries: ["": "v"])
      }
      _ = await refused("note_too_long") {
        _ = try await fixture.workers.reportOutcome(
          .init(lease: mine.lease, outcome: .completed, message: long), options: mine.options)
      }
      _ = await refused("token_entries_invalid") {
        _ = try await fixture.workers.reportOutcome(
          .init(
            lease: mine.lease, outcome: .completed,
            entries: Array(repeating: .init(key: "k", value: ""), count: 1001)),
          options: mine.options)
      }
      #expect(try await fixture.letters(run, "A") == "R")
      try await fixture.report(mine, .completed)
      try await fixture.end(of: run)
    }
  }

  @Test("entries that the token does not take refuse the report; the attempt runs on")
  func refusedEntries() async throws {
    try await EngineFixture.with(.sqlite, limits: TokenLimits(maximumValueBytes: 8)) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let mine = try await fixture.lease()
      for _ in 0..<2 {
        _ = await refused("token_value_too_large", .resourceExhausted) {
          try await fixture.report(mine, .completed, entries: ["a": "1", "k": "123456789"])
        }
      }
      #expect(try await fixture.letters(run, "A") == "R")
      try await fixture.report(mine, .completed, entries: ["k": "12345678"])
      try await fixture.end(of: run)
      #expect(try await fixture.value(run, "k") == "12345678")
      #expect(try await fixture.value(run, "a") == nil)
    }
  }

  @Test("who shows no credential, none that exists, or another's is refused")
  func identity() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}\n- {name: B, program: job}")
      let run = try await fixture.trigger()
      let (mine, other) = try await fixture.openQueue(capacity: 2) { reader in
        (try await reader.assignment(), try await reader.assignment())
      }
      let report = Wire.ReportOutcomeRequest(lease: mine.lease, outcome: .completed)
      let beat = Wire.HeartbeatRequest(lease: mine.lease)
      let nobody = CallOptions.standard
      let unknown = CallOptions(metadata: [
        .init(key: "authorization", value: "Task " + String(repeating: "A", count: 43))
      ])
      for (options, reason, code) in [
        (nobody, "not_permitted" as BatonError.Reason, BatonError.Code.permissionDenied),
        (unknown, "unauthenticated", .unauthenticated),
        (other.options, "not_permitted", .permissionDenied),
      ] {
        _ = await refused(reason, code) {
          _ = try await fixture.workers.reportOutcome(report, options: options)
        }
        _ = await refused(reason, code) {
          _ = try await fixture.workers.heartbeat(beat, options: options)
        }
      }
      // The credential of an attempt opens no queue.
      _ = await refused("not_permitted", .permissionDenied) {
        try await fixture.workers.openQueue(
          .init(queue: "q", worker: "w", capacity: 1), options: mine.options
        ) { items in for try await _ in items {} }
      }
      #expect(try await fixture.letters(run, "A B") == "R R")
      // Not even with its own credential may one end another's lease.
      _ = await refused("not_permitted", .permissionDenied) {
        _ = try await fixture.workers.reportOutcome(
          .init(lease: other.lease, outcome: .completed), options: mine.options)
      }
      try await fixture.report(mine, .completed)
      try await fixture.report(other, .completed)
      try await fixture.end(of: run)
    }
  }

  @Test("a worker that comes back after its lease changes nothing")
  func afterLease() async throws {
    try await EngineFixture.with(.memory) { fixture in
      try await fixture.deployJobs("- {name: A, program: job, retry: {attempts: 2}}")
      let run = try await fixture.trigger()
      let first = try await fixture.lease()
      fixture.pass(.seconds(31))
      let second = try await fixture.lease("w2")
      for outcome in [Wire.AttemptStatus.completed, .failed] {
        _ = await refused("attempt_ended", .permissionDenied) {
          try await fixture.report(first, outcome, entries: ["k": "1"])
        }
      }
      try await fixture.report(second, .completed)
      try await fixture.end(of: run)
      let attempts = try #require(try await fixture.nodes(run)["A"]?.attempts)
      #expect(attempts.map(\.status) == [.failed, .completed])
      #expect(attempts.map(\.lateTotal) == [2, 0])
      #expect(try await fixture.value(run, "k") == nil)
    }
  }

  @Test("CT7: request ids of heartbeats and reports")
  func requestIDs() async throws {
    try await EngineFixture.with(.sqlite) { fixture in
      try await fixture.deployJobs("- {name: A, program: job}")
      let run = try await fixture.trigger()
      let mine = try await fixture.lease()
      let beat = try await fixture.heartbeat(mine, progress: 1, requestID: "b")
      #expect(try await fixture.heartbeat(mine, progress: 1, requestID: "b") == beat)
      _ = await refused("request_id_reused", .alreadyExists) {
        _ = try await fixture.heartbeat(mine, progress: 2, requestID: "b")
      }
      let first = try await fixture.report(mine, .failed, exitCode: 2, requestID: "r")
      #expect(first == .init(status: .failed, reason: "exit_nonzero"))
      #expect(try await fixture.report(mine, .failed, exitCode: 2, requestID: "r") == first)
      _ = await refused("request_id_reused", .alreadyExists) {
        try await fixture.report(mine, .completed, requestID: "r")
      }
      try await fixture.end(of: run)
      #expect(try await fixture.newest("A", of: run).lateTotal == 0)
    }
  }
}
