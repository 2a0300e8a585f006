internal import BatonClient
internal import BatonRPC
internal import BatonWire

/// Keeps a number of calls in flight for some time.
///
/// The tasks of a connection run on its event loop, so that an answer and the call after it cost
/// no change of threads.
struct LoadLoop: Sendable {
  typealias Call = @Sendable () async throws -> Void

  let target: BenchTarget
  /// Stops after this many calls; nil: only by time.
  var maximumCalls: Int?

  init(_ target: BenchTarget, maximumCalls: Int? = nil) {
    self.target = target
    self.maximumCalls = maximumCalls
  }

  /// Runs the load.
  ///
  /// - Parameters:
  ///   - workload: Its name, for the report.
  ///   - makeCall: Gives what one worker does over and over on a connection.
  /// - Returns: What was measured.
  /// - Throws: what the first call of a connection throws.
  func run(
    _ workload: String, _ makeCall: @Sendable @escaping (any Caller) -> Call
  ) async throws -> BenchReport {
    let shape = target.shape
    let connections = min(shape.connections, shape.inFlight)
    let pools = (0..<connections).map { _ in target.makePool() }
    let recorders = pools.map { _ in LatencyRecorder() }
    for pool in pools { try await makeCall(pool)() }
    let usage = UsageMeter(serverPID: target.serverPID)
    let start = MonotonicTime.nanoseconds()
    let end = start + UInt64(shape.seconds * 1e9)
    await ProgressLine.shown(workload, seconds: shape.seconds, recorders: recorders) {
      await withDiscardingTaskGroup { group in
        for worker in 0..<shape.inFlight {
          let pool = pools[worker % connections]
          let recorder = recorders[worker % connections]
          let pace = Pace(shape, worker: worker, start: start, end: end, maximumCalls: maximumCalls)
          group.addTask(executorPreference: pool.executor) {
            await Self.work(pace, recorder, makeCall(pool))
          }
        }
      }
    }
    let seconds = MonotonicTime.seconds(since: start)
    let (client, server) = usage.seconds()
    for pool in pools { await pool.close() }
    return BenchReport(
      workload: workload, shape: shape, seconds: seconds,
      latencies: LatencyRecorder.summary(recorders), clientCPUSeconds: client,
      serverCPUSeconds: server)
  }

  private static func work(_ pace: Pace, _ recorder: LatencyRecorder, _ call: Call) async {
    var number = 0
    var begin = MonotonicTime.nanoseconds()
    while begin < pace.end, number < pace.calls, !Task.isCancelled {
      if let intended = pace.intendedStart(number) {
        guard intended < pace.end, await pace.wait(until: intended) else { return }
        begin = intended
      }
      number += 1
      do {
        try await call()
        let now = MonotonicTime.nanoseconds()
        recorder.record(nanoseconds: now - begin)
        begin = now
      } catch {
        recorder.record(error: (error as? BatonError)?.reason.rawValue ?? "\(type(of: error))")
        if recorder.isHopeless { return }
        begin = MonotonicTime.nanoseconds()
      }
    }
  }
}
