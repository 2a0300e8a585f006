internal import BatonCore
internal import BatonWire
internal import Synchronization

/// Heartbeats and reports.
extension Worker {
  /// Sends a heartbeat for every lease three times as often as it needs one, until cancelled.
  func keepLeases() async throws {
    while true {
      try await state.waitForBeat()
      await withDiscardingTaskGroup { group in
        for execution in state.running { group.addTask { [self] in await beat(execution) } }
      }
    }
  }

  private func beat(_ execution: WorkerExecution) async {
    let (progress, note) = execution.state.withLock { ($0.progress, $0.note) }
    let request = Wire.HeartbeatRequest(lease: execution.lease, progress: progress, note: note)
    do {
      let answer = try await client.workers.heartbeat(request, options: execution.options)
      state.learn(leaseUntil: answer.leaseUntil)
      if answer.cancelled {
        execution.cancel(
          WorkerTask.Cancellation(
            reason: answer.cancelReason, grace: .milliseconds(answer.graceMs)))
      }
    } catch let error as BatonError where error.reason == "attempt_ended" {
      execution.cancel(
        WorkerTask.Cancellation(reason: "attempt_ended", grace: .zero), isLost: true)
    } catch {
      // The server is away; the next heartbeat may reach it.
    }
  }

  /// Reports how an attempt ended; tried again while the server is away and the lease may last.
  func report(_ result: Result<WorkerResult, any Error>, _ execution: WorkerExecution) async {
    var request = Wire.ReportOutcomeRequest(lease: execution.lease)
    let isCancelled = execution.state.withLock { $0.cancellation != nil }
    switch result {
    case .success(let result):
      request.outcome = .completed
      request.message = result.message.prefix(bytes: WorkerExecution.maximumTextBytes)
      request.entries = result.puts.map { Wire.TokenPut(key: $0.key, value: $0.value) }
    case .failure(let failure as WorkerFailure):
      request.outcome = .failed
      request.message = failure.message.prefix(bytes: WorkerExecution.maximumTextBytes)
      request.exitCode = failure.exitCode.map { Int32(clamping: $0) }
      request.entries = failure.puts.map { Wire.TokenPut(key: $0.key, value: $0.value) }
    case .failure(let error):
      request.outcome = isCancelled ? .killed : .failed
      request.message = Self.sentence(error)
    }
    await send(request, execution)
  }

  private func send(_ request: Wire.ReportOutcomeRequest, _ execution: WorkerExecution) async {
    var request = request
    while !execution.state.withLock(\.isLost), !Task.isCancelled {
      do {
        _ = try await client.workers.reportOutcome(request, options: execution.options)
        return
      } catch let error as BatonError where error.isOfServer {
        // Heartbeats go on; the lease says when there is nobody to report to any more.
        do {
          try await ContinuousClock().sleep(until: .now + .milliseconds(500), tolerance: nil)
        } catch { return }
      } catch let error as BatonError where error.reason != "attempt_ended" {
        // What the report brings is refused: the attempt has failed all the same.
        guard request.outcome != .failed || !request.entries.isEmpty else { return }
        request = Wire.ReportOutcomeRequest(
          lease: request.lease, outcome: .failed,
          message: "the report was refused: \(error.reason.rawValue)")
      } catch {
        return
      }
    }
  }

  /// What may be said of an error: values may be in its text, so only its kind is told (T24).
  private static func sentence(_ error: any Error) -> String {
    if let error = error as? BatonError { return "\(error.code): \(error.reason.rawValue)" }
    return "the handler threw \(type(of: error))"
  }
}

extension BatonError {
  /// Whether the server could not take the call now.
  fileprivate var isOfServer: Bool {
    switch reason {
    case "too_many_calls", "rate_limited": true
    default: code == .unavailable || code == .deadlineExceeded
    }
  }
}
