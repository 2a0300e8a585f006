import BatonClient
import BatonCore
import BatonWire
import Synchronization
import Testing

@Suite("Workers of the client library", .timeLimit(.minutes(1)))
struct WorkerTests {
  private static func assignment(
    _ lease: String, program: String = "p", leaseMs: Int64 = 30_000
  ) -> Wire.QueueItem {
    var assignment = Wire.Assignment()
    assignment.lease = lease
    assignment.namespace = "default"
    assignment.application = "app"
    assignment.workflow = "W"
    assignment.runID = "run-1"
    assignment.node = "A"
    assignment.attempt = 2
    assignment.program = program
    assignment.arguments = ["n": "7"]
    assignment.properties = ["ratio": "0.5", "on": "true", "text": "x"]
    assignment.taskToken = "secret-\(lease)"
    assignment.leaseUntil = FakeQueue.now() + leaseMs
    return Wire.QueueItem(kind: .assignment(assignment))
  }

  private static func cancel(_ lease: String) -> Wire.QueueItem {
    Wire.QueueItem(kind: .cancel(.init(lease: lease, reason: "run_stopped", graceMs: 10_000)))
  }

  /// Runs a worker until it has drained.
  private func work(
    _ queue: FakeQueue,
    _ handler: @escaping @Sendable (Worker, WorkerTask) async throws -> WorkerResult
  ) async throws {
    try await queue.serve { client in
      let drain = Worker(client, queue: "q")
      var worker = drain
      worker.handle("app/p") { try await handler(drain, $0) }
      try await worker.run()
    }
  }

  @Test("a handler gets the attempt with typed values, and its result is reported with its puts")
  func completes() async throws {
    let queue = FakeQueue([[Self.assignment("l1")]])
    try await work(queue) { worker, task in
      worker.drain()
      #expect(task.runID == "run-1" && task.node == "A" && task.attempt == 2)
      let (number, ratio) = (
        try task.arguments.int64("n"), try task.properties.double("ratio")
      )
      let (isOn, text) = (try task.properties.bool("on"), try task.properties.string("text"))
      #expect(number == 7 && ratio == 0.5 && isOn && text == "x")
      #expect(throws: WorkerFailure("absent is absent")) { try task.env.string("absent") }
      #expect(task.item == nil && task.deadline == nil && task.cancellation == nil)
      return WorkerResult([TokenAssignment("k", Int64(1))])
    }
    let report = try #require(queue.reports.first)
    #expect(queue.reports.count == 1)
    #expect(report.request.lease == "l1" && report.request.outcome == .completed)
    #expect(report.request.entries == [.init(key: "k", value: "1")])
    #expect(report.authorization == "Task secret-l1")
    #expect(queue.openings.map(\.queue) == ["q"] && queue.openings.map(\.capacity) == [16])
    #expect(queue.openings.map(\.programs) == [["app/p"]])
  }

  struct Odd: Error { var value = "hunter2" }

  @Test("what a handler throws is told without values")
  func fails() async throws {
    let queue = FakeQueue([["a", "b", "c", "d"].map { Self.assignment($0) }])
    try await work(queue) { worker, task in
      worker.drain()
      switch task.lease {
      case "a": throw WorkerFailure("no paper", exitCode: 3)
      case "b": throw WorkerFailure("no ink")
      case "c": throw Odd()
      default: throw BatonError(.notFound, "file_unreadable", "hunter2")
      }
    }
    let reports = Dictionary(
      uniqueKeysWithValues: queue.reports.map { ($0.request.lease, $0.request) })
    #expect(reports.values.allSatisfy { $0.outcome == .failed })
    #expect(reports["a"]?.exitCode == 3 && reports["a"]?.message == "no paper")
    #expect(reports["b"]?.exitCode == nil && reports["b"]?.message == "no ink")
    #expect(reports["c"]?.message == "the handler threw Odd")
    #expect(reports["d"]?.message.contains("file_unreadable") == true)
    #expect(reports["d"]?.message.contains("hunter2") == false)
  }

  @Test("a program without a handler fails")
  func unknownProgram() async throws {
    let queue = FakeQueue([[Self.assignment("l1", program: "other"), Self.assignment("l2")]])
    try await work(queue) { worker, _ in
      worker.drain()
      return .completed
    }
    let report = queue.reports.first { $0.request.lease == "l1" }?.request
    #expect(report?.outcome == .failed)
    #expect(report?.message == "this worker has no handler for app/other")
  }

  @Test("a cancel cancels the handler's task and is reported as KILLED; others go on")
  func cancels() async throws {
    let queue = FakeQueue([[Self.assignment("l1"), Self.assignment("l2"), Self.cancel("l1")]])
    let cancelled = Signal()
    try await work(queue) { worker, task in
      if task.lease == "l2" {
        await cancelled.wait()
        worker.drain()
        return .completed
      }
      await untilCancelled()
      #expect(task.cancellation?.reason == "run_stopped")
      #expect(task.cancellation?.grace == .seconds(10))
      cancelled.set()
      throw CancellationError()
    }
    let outcomes = Dictionary(
      uniqueKeysWithValues: queue.reports.map { ($0.request.lease, $0.request.outcome) })
    #expect(outcomes == ["l1": .killed, "l2": .completed])
  }

  @Test("heartbeats keep a lease with progress, and bring cancels")
  func heartbeats() async throws {
    // A lease of three seconds is renewed every second.
    let queue = FakeQueue([[Self.assignment("l1", leaseMs: 3000)]], cancelsAtBeat: 2)
    try await work(queue) { worker, task in
      task.report(progress: 140, note: "almost")
      await untilCancelled()
      worker.drain()
      throw CancellationError()
    }
    #expect(queue.beats.count >= 2)
    #expect(queue.beats.last?.request.progress == 100)
    #expect(queue.beats.last?.request.note == "almost")
    #expect(queue.beats.allSatisfy { $0.authorization == "Task secret-l1" })
    #expect(queue.reports.map(\.request.outcome) == [.killed])
  }

  @Test("a lost lease cancels the handler, and nobody is told")
  func lostLease() async throws {
    let queue = FakeQueue([[Self.assignment("l1", leaseMs: 3000)]], losesAtBeat: 1)
    try await work(queue) { worker, task in
      await untilCancelled()
      #expect(task.cancellation?.reason == "attempt_ended")
      worker.drain()
      throw CancellationError()
    }
    #expect(queue.reports.isEmpty)
  }

  @Test("a stream that breaks is opened again, while handlers run on")
  func reconnects() async throws {
    let queue = FakeQueue([[Self.assignment("l1")], [Self.assignment("l2")]], breaks: true)
    let second = Signal()
    try await work(queue) { worker, task in
      if task.lease == "l1" {
        await second.wait()
        return .completed
      }
      second.set()
      worker.drain()
      return .completed
    }
    #expect(queue.openings.count >= 2)
    #expect(Set(queue.reports.map(\.request.lease)) == ["l1", "l2"])
  }

  @Test("a refused queue ends the worker")
  func refusedQueue() async throws {
    let queue = FakeQueue([], refusal: BatonError(.permissionDenied, "not_permitted", "no"))
    await #expect(throws: BatonError.self) {
      try await work(queue) { _, _ in .completed }
    }
  }

  @Test("entries that are refused make the attempt FAILED")
  func refusedEntries() async throws {
    let queue = FakeQueue(
      [[Self.assignment("l1")]],
      reportRefusal: BatonError(.resourceExhausted, "token_full", "full"))
    try await work(queue) { worker, _ in
      worker.drain()
      return WorkerResult([TokenAssignment("k", "v")])
    }
    #expect(queue.reports.map(\.request.outcome) == [.completed, .failed])
    #expect(queue.reports.last?.request.message == "the report was refused: token_full")
  }
}

/// Returns when the task is cancelled.
private func untilCancelled() async {
  let (never, open) = AsyncStream.makeStream(of: Void.self)
  for await _ in never {}
  open.finish()
}

/// Something that happens once.
private final class Signal: Sendable {
  private let stream: AsyncStream<Void>
  private let source: AsyncStream<Void>.Continuation

  init() { (stream, source) = AsyncStream.makeStream(of: Void.self) }

  func set() { source.finish() }
  func wait() async { for await _ in stream {} }
}
