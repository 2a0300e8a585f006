internal import BatonClient
internal import BatonWire

/// Puts into a token, which only an attempt can do (T39): the one node of a workflow executes this
/// program again, and its figures come back as the last key of the token.
enum PutTokenBench {
  private static let application = "bench-put"
  private static let resultKey = "bench.result"
  /// A run's history takes 1,000,000 puts (T25).
  private static let mostPuts = 900_000

  /// Deploys the workflow, executes it, and reads what the node found.
  static func run(_ target: BenchTarget) async throws -> BenchReport {
    let shape = target.shape
    var argv = [
      try ownPath(), "bench", "put-token", "--inside", "--connections",
      String(shape.connections), "--in-flight", String(shape.inFlight), "--seconds",
      String(shape.seconds),
    ]
    if let rate = shape.rate { argv += ["--rate", String(rate)] }
    if let pid = target.serverPID { argv += ["--server-pid", String(pid)] }
    return try await target.withClient { client in
      try await client.deploy(
        BenchApplication.many(
          application, workflow: "put", nodes: 1, .command(argv), isChain: true))
      let run = try await client.trigger("\(application)/put")
      let end = try await run.waitForEnd()
      guard end.status == .completed else {
        throw BatonError(
          .unknown, .init(rawValue: end.reason ?? "run_failed"), "the run ended \(end.status)",
          hint: "baton logs \(run.id) n1 --stderr")
      }
      return try BenchReport(encoded: try await run.token().string(resultKey), shape: shape)
    }
  }

  /// The load itself, inside the node.
  static func runInside(_ shape: BenchShape) async throws -> BenchReport {
    let task = try BatonTask.current()
    let target = try BenchTarget(address: task.address, options: task.clientOptions, shape: shape)
    var request = Wire.PutTokenRequest()
    request.entries = [Wire.TokenPut(key: BenchApplication.key, value: "0123456789abcdef")]
    let report = try await CallLoad<_, Wire.PutTokenResponse>(
      target: target, method: Wire.TokenStore.putToken, request: request, maximumCalls: mostPuts
    ).run("put-token")
    try await task.withToken { try await $0.put(resultKey, report.encoded) }
    return report
  }

  private static func ownPath() throws -> String {
    guard let path = SymbolicLink.target(of: "/proc/self/exe") else {
      throw BatonError(.internal, "internal", "this program does not know where it is")
    }
    return path
  }
}

extension BenchReport {
  /// The figures as text, for the way out of a node.
  fileprivate var encoded: String {
    var object = JSONObject()
    object.add("nanoseconds", Int64(seconds * 1e9))
    object.add("count", latencies.count)
    object.add("p50", latencies.percentiles.p50)
    object.add("p90", latencies.percentiles.p90)
    object.add("p99", latencies.percentiles.p99)
    object.add("p999", latencies.percentiles.p999)
    object.add("max", latencies.percentiles.max)
    object.add("clientCPU", Int64(clientCPUSeconds * 1e6))
    object.add("serverCPU", serverCPUSeconds.map { Int64($0 * 1e6) })
    object.add(
      "errors", .object(latencies.errors.map { .init($0.key, .integer(Int64($0.value))) }))
    return object.value.text
  }

  fileprivate init(encoded text: String, shape: BenchShape) throws {
    var numbers: [String: Int64] = [:]
    var errors: [String: UInt64] = [:]
    guard case .object(let members) = try JSONParser.parse(Array(text.utf8)) else {
      throw BatonError(.internal, "internal", "the node left no figures")
    }
    for member in members {
      switch member.value {
      case .integer(let number): numbers[member.name] = number
      case .object(let counts):
        for count in counts {
          if case .integer(let number) = count.value { errors[count.name] = UInt64(number) }
        }
      default: break
      }
    }
    func nanoseconds(_ name: String) -> UInt64 { UInt64(numbers[name] ?? 0) }
    self.init(
      workload: "put-token", shape: shape, seconds: Double(numbers["nanoseconds"] ?? 0) / 1e9,
      latencies: LatencyRecorder.Summary(
        count: nanoseconds("count"), errors: errors,
        percentiles: LatencyRecorder.Percentiles(
          p50: nanoseconds("p50"), p90: nanoseconds("p90"), p99: nanoseconds("p99"),
          p999: nanoseconds("p999"), max: nanoseconds("max"))),
      clientCPUSeconds: Double(numbers["clientCPU"] ?? 0) / 1e6,
      serverCPUSeconds: numbers["serverCPU"].map { Double($0) / 1e6 })
  }
}
