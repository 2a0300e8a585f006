internal import BatonClient

/// Nodes that an in-process worker executes, over the wire (PF-7).
///
/// Its handlers end at once. First one run in sequence after the other: a node takes from its
/// assignment over the report to the assignment of the next. Then parallel nodes, for the
/// throughput.
enum WorkerBench {
  /// The most attempts that the worker executes at once.
  private static let capacity = 1000
  private static let queue = "bench"

  static func run(_ target: BenchTarget) async throws -> BenchReport {
    try await target.withClient { client in
      var worker = Worker(
        client, queue: queue, options: .init(name: "bench", capacity: capacity))
      for isChain in [true, false] {
        let application = RunBench.application(.worker(queue: queue), isChain: isChain)
        worker.handle("\(application)/\(BenchApplication.program)") { _ in .completed }
      }
      let working = worker
      return try await withThrowingTaskGroup(of: BenchReport?.self) { group in
        group.addTask {
          try await working.run()
          return nil
        }
        group.addTask {
          defer { working.drain() }
          return try await RunBench.sequenceThenFan(
            "worker", target, .worker(queue: queue))
        }
        var report: BenchReport?
        while let next = try await group.next() { report = next ?? report }
        guard let report else { throw CancellationError() }
        return report
      }
    }
  }
}
