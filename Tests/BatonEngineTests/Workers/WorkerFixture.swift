import BatonCore
import BatonEngine
import BatonStore
import BatonWire
import Testing

/// Workers as they are on the wire.
extension EngineFixture {
  var workers: Wire.WorkersClient { Wire.WorkersClient(transport) }

  /// Deploys workflow W with nodes of program `job`, which workers of queue `q` execute.
  func deployJobs(_ nodes: String, more: String = "", job: String = "") async throws {
    try await deploy(
      nodes: nodes, more: more, programs: "job: {type: WORKER, queue: q\(job)}")
  }

  /// Opens queue `q`.
  func openQueue<Result>(
    _ worker: String = "w1", capacity: UInt32 = 1, programs: [String] = [],
    _ body: (inout QueueReader) async throws -> Result
  ) async throws -> Result {
    try await workers.openQueue(
      .init(queue: "q", worker: worker, capacity: capacity, programs: programs)
    ) { items in
      var reader = QueueReader(items: items.makeAsyncIterator())
      return try await body(&reader)
    }
  }

  /// Leases one attempt, and waits until its stream is closed.
  func lease(_ worker: String = "w1") async throws -> Wire.Assignment {
    let others = engine.workerStreams
    let assignment = try await openQueue(worker) { try await $0.assignment() }
    while engine.workerStreams > others { try await engine.store.commit { _ in } }
    return assignment
  }

  @discardableResult
  func report(
    _ assignment: Wire.Assignment, _ outcome: Wire.AttemptStatus, exitCode: Int32? = nil,
    entries: KeyValuePairs<String, String> = [:], requestID: String = ""
  ) async throws -> Wire.ReportOutcomeResponse {
    try await workers.reportOutcome(
      .init(
        lease: assignment.lease, outcome: outcome, exitCode: exitCode,
        entries: entries.map { .init(key: $0.key, value: $0.value) }, requestID: requestID),
      options: assignment.options)
  }

  func heartbeat(
    _ assignment: Wire.Assignment, progress: UInt32 = 0, note: String = "", requestID: String = ""
  ) async throws -> Wire.HeartbeatResponse {
    try await workers.heartbeat(
      .init(lease: assignment.lease, progress: progress, note: note, requestID: requestID),
      options: assignment.options)
  }

  /// Lets time pass, which no test waits for; leases that run out end.
  func pass(_ time: Duration) {
    clock.move(by: time)
    engine.expireLeases()
  }

  /// The newest attempt of a node.
  func newest(_ node: String, of run: String) async throws -> Wire.AttemptRecord {
    try #require(try await nodes(run)[node]?.attempts.last)
  }
}

extension Wire.Assignment {
  /// Calls as this attempt.
  var options: CallOptions {
    CallOptions(metadata: [.init(key: "authorization", value: "Task \(taskToken)")])
  }
}

/// What a worker receives, one by one.
struct QueueReader {
  var items: MessageStream<Wire.QueueItem>.AsyncIterator

  mutating func assignment() async throws -> Wire.Assignment {
    guard case .assignment(let assignment)? = try await items.next()?.kind else {
      throw Unexpected()
    }
    return assignment
  }

  mutating func cancel() async throws -> Wire.LeaseCancel {
    guard case .cancel(let cancel)? = try await items.next()?.kind else { throw Unexpected() }
    return cancel
  }

  struct Unexpected: Error {}
}
