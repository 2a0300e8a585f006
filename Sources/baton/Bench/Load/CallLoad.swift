internal import BatonClient
internal import BatonRPC
internal import BatonWire
internal import NIOCore
internal import NIOPosix
internal import Synchronization

/// Keeps a number of equal unary calls in flight for some time, without a task for each.
///
/// The answer to a call starts the next one on the connection's event loop; both leave and arrive
/// together with those of the other calls. The request is encoded once; of the answers after the
/// first only the status is looked at. That keeps the load generator's own cost low.
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
    let count = min(shape.connections, shape.inFlight)
    let options = target.callOptions
    let call = try PreparedCall(
      method, request, timeout: target.options.timeout, metadata: options.metadata)
    let loops = MultiThreadedEventLoopGroup.singleton
    var connections: [RPCConnection] = []
    var eventLoops: [any EventLoop] = []
    for _ in 0..<count {
      let eventLoop = loops.next()
      let connection = try await RPCConnection.connect(to: target.endpoint, on: eventLoop)
      let _: Response = try await connection.unary(method, request, options: options)
      connections.append(connection)
      eventLoops.append(eventLoop)
    }
    let recorders = connections.map { _ in LatencyRecorder() }
    let usage = UsageMeter(serverPID: target.serverPID)
    let start = MonotonicTime.nanoseconds()
    let finish = FinishLine(workers: shape.inFlight)
    let end = start + UInt64(shape.seconds * 1e9)
    for worker in 0..<shape.inFlight {
      CallLoadWorker(
        connection: connections[worker % count], eventLoop: eventLoops[worker % count],
        call: call,
        pace: Pace(shape, worker: worker, start: start, end: end, maximumCalls: maximumCalls),
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
}

/// Makes one call after the other.
private final class CallLoadWorker: AnswerReceiver {
  private struct Progress {
    var number = 0
    var begin: UInt64 = 0
  }

  private let connection: RPCConnection
  private let eventLoop: any EventLoop
  private let prepared: PreparedCall
  private let pace: Pace
  private let recorder: LatencyRecorder
  private let finish: FinishLine
  private let progress = Mutex(Progress())

  init(
    connection: RPCConnection, eventLoop: any EventLoop, call: PreparedCall, pace: Pace,
    recorder: LatencyRecorder, finish: FinishLine
  ) {
    self.connection = connection
    self.eventLoop = eventLoop
    prepared = call
    self.pace = pace
    self.recorder = recorder
    self.finish = finish
  }

  /// Makes the first call; later ones follow the answers.
  func start() {
    next(number: 0, now: MonotonicTime.nanoseconds())
  }

  func succeed(_ payload: ByteBuffer) {
    let now = MonotonicTime.nanoseconds()
    let progress = progress.withLock { $0 }
    recorder.record(nanoseconds: now - progress.begin)
    goOn(progress.number, now)
  }

  func fail(_ error: any Error) {
    let error = error as? BatonError
    recorder.record(error: error?.reason.rawValue ?? "cancelled")
    // Without a connection a call fails at once, so that going on would never end.
    guard connection.isUsable, !recorder.isHopeless else { return finish.arrive() }
    goOn(progress.withLock { $0.number }, MonotonicTime.nanoseconds())
  }

  private func goOn(_ number: Int, _ now: UInt64) {
    guard now < pace.end, number + 1 < pace.calls else { return finish.arrive() }
    next(number: number + 1, now: now)
  }

  /// Makes a call now, or when an open loop wants it.
  private func next(number: Int, now: UInt64) {
    guard let intended = pace.intendedStart(number) else { return call(number, begin: now) }
    guard intended < pace.end else { return finish.arrive() }
    guard intended > now else { return call(number, begin: intended) }
    _ = eventLoop.scheduleTask(in: .nanoseconds(Int64(intended - now))) { [self] in
      call(number, begin: intended)
    }
  }

  private func call(_ number: Int, begin: UInt64) {
    progress.withLock { $0 = Progress(number: number, begin: begin) }
    connection.call(prepared, self)
  }
}
