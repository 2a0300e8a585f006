internal import BatonClient
internal import Synchronization

/// Makes many runs, so that other workloads can be measured beside them.
///
/// These are ended by their number, not by time.
enum HistoryBench {
  /// Runs of one no-op node each, over all programs of batch-runs in turn, until they have ended.
  static func ended(_ target: BenchTarget) async throws -> BenchReport {
    let workflows = BenchApplication.batchWorkflows(target.shape.programs)
    let file = BenchApplication.single(BenchApplication.batch, workflows: workflows)
    let report = try await fill(target, "history", BenchApplication.batch, workflows, file)
    try await target.withClient { client in
      var filter = RunFilter(namespace: target.options.namespace)
      filter.application = BenchApplication.batch
      filter.statuses = [RunStatus(rawValue: "ACTIVE")]
      for run in try await client.runs(filter, limit: nil) {
        _ = try await client.run(run.id).waitForEnd()
      }
    }
    return report
  }

  /// Runs that stay active without a process: their only node waits for an hour.
  static func active(_ target: BenchTarget) async throws -> BenchReport {
    let application = "bench-active"
    let file = BenchApplication.waiting(application, workflow: "w1")
    return try await fill(target, "active", application, ["w1"], file)
  }

  private static func fill(
    _ target: BenchTarget, _ workload: String, _ application: String, _ workflows: [String],
    _ file: [UInt8]
  ) async throws -> BenchReport {
    try await target.withClient { client in _ = try await client.deploy(file) }
    let stored = target.shape.stored
    var shape = target.shape
    shape.inFlight = min(shape.inFlight, stored)
    // Bounded by the number of runs; the time only keeps a dead server from holding it for ever.
    shape.seconds = max(60, Double(stored) / 100)
    let namespace = target.options.namespace
    let names = workflows.map {
      WorkflowID(namespace: namespace, application: application, workflow: $0)
    }
    let started = Atomic<Int>(0)
    return try await LoadLoop(target.with(shape), maximumCalls: stored).run(workload) { caller in
      let client = BatonClient(caller: caller, options: target.options)
      return {
        let number = started.add(1, ordering: .relaxed).oldValue
        _ = try await client.trigger(names[number % names.count])
      }
    }
  }
}
