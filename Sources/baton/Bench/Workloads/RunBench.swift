internal import BatonClient
internal import BatonRPC

/// The workloads that execute runs from trigger to end.
enum RunBench {
  /// Runs of no-op nodes in sequence.
  static func chain(_ target: BenchTarget) async throws -> BenchReport {
    try await measure("chain", target, .noop, isChain: true)
  }

  /// Runs of parallel no-op nodes.
  static func fan(_ target: BenchTarget) async throws -> BenchReport {
    try await measure("fan", target, .noop, isChain: false)
  }

  /// Runs of processes.
  static func process(_ target: BenchTarget) async throws -> BenchReport {
    try await sequenceThenFan("process", target, .command(["/bin/true"]))
  }

  /// Half of the time one run in sequence after the other, for the time of a run, then parallel
  /// nodes for the throughput.
  static func sequenceThenFan(
    _ workload: String, _ target: BenchTarget, _ program: BenchProgram
  ) async throws -> BenchReport {
    var shape = target.shape
    shape.seconds /= 2
    var single = shape
    single.inFlight = 1
    let sequence = try await measure(workload, target.with(single), program, isChain: true)
    var report = try await measure(workload, target.with(shape), program, isChain: false)
    if let runs = sequence.runs { report.runs?.milliseconds = runs.milliseconds }
    report.runs?.runs += sequence.runs?.runs ?? 0
    return report
  }

  /// The application that is deployed for runs of a program.
  static func application(_ program: BenchProgram, isChain: Bool) -> String {
    "bench-\(program.word)-\(isChain ? "chain" : "fan")"
  }

  private static func measure(
    _ workload: String, _ target: BenchTarget, _ program: BenchProgram, isChain: Bool
  ) async throws -> BenchReport {
    let shape = target.shape
    let application = application(program, isChain: isChain)
    try await target.withClient { client in
      _ = try await client.deploy(
        BenchApplication.many(
          application, workflow: "w\(shape.nodes)", nodes: shape.nodes,
          program, isChain: isChain))
    }
    let workflow = WorkflowID(
      namespace: target.options.namespace, application: application, workflow: "w\(shape.nodes)")
    // A connection for each worker: its stream then keeps the connection between runs.
    var wide = shape
    wide.connections = shape.inFlight
    var report = try await LoadLoop(target.with(wide)).run(workload) { caller in
      let client = BatonClient(caller: caller, options: target.options)
      return {
        let end = try await client.trigger(workflow).waitForEnd()
        guard end.status == .completed else {
          throw BatonError(
            .unknown, .init(rawValue: end.reason ?? "run_failed"), "a run ended \(end.status)")
        }
      }
    }
    report.shape = shape
    report.runs = BenchReport.RunFigures(
      runs: report.latencies.count,
      nodesPerSecond: Double(report.latencies.count) * Double(shape.nodes) / report.seconds,
      milliseconds: report.latencies.percentiles)
    return report
  }
}

extension BenchTarget {
  /// The same target under another load.
  func with(_ shape: BenchShape) throws -> BenchTarget {
    var shape = shape
    shape.serverPID = serverPID
    return try BenchTarget(address: address, options: options, shape: shape)
  }
}
