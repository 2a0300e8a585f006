internal import BatonClient
internal import BatonRPC
internal import BatonWire
internal import NIOPosix

/// Keeps a number of equal unary calls in flight for some time, without a task for each.
///
/// The answer to a call starts the next one on the connection's event loop; both leave and arrive
/// together with those of the other calls. That keeps the load generator's own cost low.
struct CallLoad<Request: Message, Response: Message>: Sendable {
  let target: BenchTarget
  let method: MethodDescriptor
  let request: Request
  /// Stops after this many calls; nil: only by time.
  var maximumCalls: Int?

  /// Runs the load.
  ///
  /// - Parameter workload: Its name, for the report.
  /// - Returns: What was measured.
  /// - Throws: what the first call of a connection throws.
  func run(_ workload: String) async throws -> BenchReport {
    let shape = target.shape
    guard shape.rate == nil else { return try await paced(workload) }
    let count = min(shape.connections, shape.inFlight)
    let options = target.callOptions
    let loops = MultiThreadedEventLoopGroup.singleton
    var connections: [RPCConnection] = []
    for _ in 0..<count {
      let connection = try await RPCConnection.connect(to: target.endpoint, on: loops.next())
      let _: Response = try await connection.unary(method, request, options: options)
      connections.append(connection)
    }
    let recorders = connections.map { _ in LatencyRecorder() }
    let usage = UsageMeter(serverPID: target.serverPID)
    let start = MonotonicTime.nanoseconds()
    let finish = FinishLine(workers: shape.inFlight)
    let end = start + UInt64(shape.seconds * 1e9)
    for worker in 0..<shape.inFlight {
      CallLoadWorker<Request, Response>(
        connection: connections[worker % count], method: method, request: request,
        options: options, end: end, calls: maximumCalls.map { $0 / shape.inFlight } ?? .max,
        recorder: recorders[worker % count], finish: finish
      ).start()
    }
    await ProgressLine.shown(workload, seconds: shape.seconds, recorders: recorders) {
      await finish.reached()
    }
    let seconds = MonotonicTime.seconds(since: start)
    let (client, server) = usage.seconds()
    for connection in connections { await connection.close() }
    return BenchReport(
      workload: workload, shape: shape, seconds: seconds,
      latencies: LatencyRecorder.summary(recorders), clientCPUSeconds: client,
      serverCPUSeconds: server)
  }

  /// An open loop needs timers, and so tasks.
  private func paced(_ workload: String) async throws -> BenchReport {
    try await LoadLoop(target, maximumCalls: maximumCalls).run(workload) {
      [method, request] caller in
      { let _: Response = try await caller.unary(method, request, options: .standard) }
    }
  }
}

/// Makes one call after the other.
private final class CallLoadWorker<Request: Message, Response: Message>: Sendable {
  private let connection: RPCConnection
  private let method: MethodDescriptor
  private let request: Request
  private let options: CallOptions
  private let end: UInt64
  private let calls: Int
  private let recorder: LatencyRecorder
  private let finish: FinishLine

  init(
    connection: RPCConnection, method: MethodDescriptor, request: Request, options: CallOptions,
    end: UInt64, calls: Int, recorder: LatencyRecorder, finish: FinishLine
  ) {
    self.connection = connection
    self.method = method
    self.request = request
    self.options = options
    self.end = end
    self.calls = calls
    self.recorder = recorder
    self.finish = finish
  }

  func start() {
    call(number: 1, begin: MonotonicTime.nanoseconds())
  }

  private func call(number: Int, begin: UInt64) {
    connection.call(method, request, options: options) {
      [self] (result: Result<Response, any Error>) in
      let now = MonotonicTime.nanoseconds()
      var goesOn = now < end && number < calls
      switch result {
      case .success: recorder.record(nanoseconds: now - begin)
      case .failure(let error):
        let error = error as? BatonError
        recorder.record(error: error?.reason.rawValue ?? "cancelled")
        // Without a connection a call fails at once, so that going on would never end.
        goesOn = goesOn && connection.isUsable && !recorder.isHopeless
      }
      if goesOn { call(number: number + 1, begin: now) } else { finish.arrive() }
    }
  }
}
