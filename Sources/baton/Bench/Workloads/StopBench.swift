internal import BatonClient

/// How long a stop takes beyond its grace when 50 daemons ignore TERM (PF-9).
enum StopBench {
  /// With the program itself.
  private static let processes = 51
  private static let grace = Duration.milliseconds(200)
  private static let ready = "ready"

  /// Forked twice, in sessions of their own, deaf to TERM.
  private static let script = """
    i=0; while [ $i -lt \(processes - 1) ]; do i=$((i+1))
    setsid sh -c 'trap "" TERM; sleep 1000 >/dev/null 2>&1 & exit 0' &
    done; wait; echo \(ready); exec sleep 1000
    """

  /// One run after the other, or `--in-flight` at a time: it starts its daemons and is stopped.
  ///
  /// - Returns: Latencies from the end of the grace to the answer. A stop that is not proven, or
  ///   that ended less than all processes, counts as the error `not_proven`.
  static func run(_ target: BenchTarget) async throws -> BenchReport {
    let application = "bench-stop"
    let workflow = WorkflowID(
      namespace: target.options.namespace, application: application, workflow: "w1")
    let shape = target.shape
    let recorder = LatencyRecorder()
    return try await target.withClient { client in
      _ = try await client.deploy(
        BenchApplication.many(
          application, workflow: "w1", nodes: 1, .command(["/bin/sh", "-c", script]),
          isChain: true))
      let usage = UsageMeter(serverPID: target.serverPID)
      let start = MonotonicTime.nanoseconds()
      let end = start + UInt64(shape.seconds * 1e9)
      await ProgressLine.shown("stop", seconds: shape.seconds, recorders: [recorder]) {
        await withDiscardingTaskGroup { group in
          for _ in 0..<shape.inFlight {
            group.addTask {
              while MonotonicTime.nanoseconds() < end, !recorder.isHopeless {
                await stopOne(client, workflow, recorder)
              }
            }
          }
        }
      }
      let (clientCPU, serverCPU) = usage.seconds()
      return BenchReport(
        workload: "stop", shape: shape, seconds: MonotonicTime.seconds(since: start),
        latencies: LatencyRecorder.summary([recorder]), clientCPUSeconds: clientCPU,
        serverCPUSeconds: serverCPU)
    }
  }

  private static func stopOne(
    _ client: BatonClient, _ workflow: WorkflowID, _ recorder: LatencyRecorder
  ) async {
    do {
      let run = try await client.trigger(workflow)
      try await waitUntilReady(run)
      let begin = MonotonicTime.nanoseconds()
      let answer = try await run.stop(StopOptions(grace: grace))
      let elapsed = MonotonicTime.nanoseconds() - begin
      if answer.isProven, answer.report?.processesEnded == processes {
        recorder.record(nanoseconds: elapsed - min(elapsed, UInt64(grace / .nanoseconds(1))))
      } else {
        recorder.record(error: "not_proven")
      }
    } catch {
      recorder.record(error: (error as? BatonError)?.reason.rawValue ?? "\(type(of: error))")
    }
  }

  /// Waits until all daemons of a run are there.
  private static func waitUntilReady(_ run: Run) async throws {
    struct Seen: Error {}
    var output = ""
    do {
      try await run.logs(of: "n1", options: LogOptions(follow: true)) { chunk in
        output += String(decoding: chunk.data, as: UTF8.self)
        if output.contains(ready) { throw Seen() }
      }
    } catch is Seen {
      return
    } catch let error as BatonError where error.reason == "attempt_not_found" {
      // Asked before its start was recorded.
      return try await waitUntilReady(run)
    }
    throw BatonError(.internal, "internal", "the daemons of run \(run.id) did not start")
  }
}
