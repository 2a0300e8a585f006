/// What a measurement found.
struct BenchReport: Sendable {
  var workload: String
  var shape: BenchShape
  /// How long it really took.
  var seconds: Double
  var latencies: LatencyRecorder.Summary
  var clientCPUSeconds: Double
  /// nil where the server's process is not known.
  var serverCPUSeconds: Double?
  /// Workloads that execute runs.
  var runs: RunFigures?

  struct RunFigures: Sendable {
    var runs: UInt64
    var nodesPerSecond: Double
    var milliseconds: LatencyRecorder.Percentiles
  }

  var json: JSONValue {
    var object = JSONObject()
    object.add("workload", workload)
    object.add("connections", shape.connections)
    object.add("inFlight", shape.inFlight)
    object.add("seconds", .double(Self.rounded(seconds, 1000)))
    object.add("requests", latencies.count)
    object.add("perSecond", .double(perSecond))
    let errors = latencies.errors.sorted { $0.key < $1.key }
    object.add("errors", .object(errors.map { .init($0.key, .integer(Int64($0.value))) }))
    object.add("latencyMicroseconds", latencies.percentiles.json(divisor: 1000))
    object.add("clientCPUSeconds", .double(Self.rounded(clientCPUSeconds, 1000)))
    object.add(
      "serverCPUSeconds", serverCPUSeconds.map { .double(Self.rounded($0, 1000)) } ?? .null)
    if let runs {
      object.add("runs", runs.runs)
      object.add("nodesPerSecond", .double(Self.rounded(runs.nodesPerSecond, 10)))
      object.add("runMilliseconds", runs.milliseconds.json(divisor: 1_000_000))
    }
    return object.value
  }

  var lines: [String] {
    let percentiles = latencies.percentiles
    func microseconds(_ nanoseconds: UInt64) -> String {
      "\(Self.rounded(Double(nanoseconds) / 1000, 10)) µs"
    }
    var lines = [
      "\(workload): \(perSecond)/s, \(latencies.count) in \(Self.rounded(seconds, 100)) s, "
        + "\(shape.connections) connections, \(shape.inFlight) in flight",
      "p50 \(microseconds(percentiles.p50))  p90 \(microseconds(percentiles.p90))  "
        + "p99 \(microseconds(percentiles.p99))  p99.9 \(microseconds(percentiles.p999))  "
        + "max \(microseconds(percentiles.max))",
      "CPU: client \(Self.rounded(clientCPUSeconds, 100)) s, server "
        + (serverCPUSeconds.map { "\(Self.rounded($0, 100)) s" } ?? "not known"),
    ]
    if let runs {
      lines.append(
        "\(runs.runs) runs, \(Self.rounded(runs.nodesPerSecond, 10)) nodes/s, a run p50 "
          + "\(Self.rounded(Double(runs.milliseconds.p50) / 1_000_000, 100)) ms, p99 "
          + "\(Self.rounded(Double(runs.milliseconds.p99) / 1_000_000, 100)) ms")
    }
    for (reason, count) in latencies.errors.sorted(by: { $0.key < $1.key }) {
      lines.append("error \(reason): \(count)")
    }
    return lines
  }

  private var perSecond: Double { Self.rounded(Double(latencies.count) / max(seconds, 1e-9), 10) }

  static func rounded(_ value: Double, _ steps: Double) -> Double {
    (value * steps).rounded() / steps
  }
}
