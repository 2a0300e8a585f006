import BatonClient
import BatonRPC
import BatonWire
import Synchronization

/// Control and operations that answer what a test says, and remember what they were asked.
final class FakeControl: Wire.EngineService, Wire.OperationsService, Sendable {
  struct Script: Sendable {
    var stop = Wire.StopRunResponse()
    var status = Wire.GetStatusResponse()
    /// Elements that batches leave out of their answers.
    var missingAnswers = 0
  }

  struct Asked: Sendable {
    var suspends: [Wire.SuspendRunRequest] = []
    var resumes: [Wire.ResumeRunRequest] = []
    var stops: [Wire.StopRunRequest] = []
    var deletes: [Wire.DeleteApplicationRequest] = []
    var batchStops: [Wire.BatchStopRequest] = []
    var batchStarts: [Wire.BatchStartRequest] = []
    var prunes: [Wire.PruneRequest] = []
  }

  private let script: Script
  private let log = Mutex(Asked())

  init(_ script: Script = Script()) {
    self.script = script
  }

  var asked: Asked { log.withLock { $0 } }

  /// Serves a client within the process.
  func serve<Result: Sendable>(
    _ body: (BatonClient) async throws -> Result
  ) async throws -> Result {
    let transport = InProcessTransport(
      services: [
        (self as any Wire.EngineService).definition,
        (self as any Wire.OperationsService).definition,
      ])
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await transport.run() }
      defer { transport.close() }
      return try await body(BatonClient(caller: transport))
    }
  }

  func suspendRun(_ request: Wire.SuspendRunRequest, _ call: UnaryCall<Wire.SuspendRunResponse>) {
    log.withLock { $0.suspends.append(request) }
    call.reply(Wire.SuspendRunResponse(status: .suspended))
  }

  func resumeRun(_ request: Wire.ResumeRunRequest, _ call: UnaryCall<Wire.ResumeRunResponse>) {
    log.withLock { $0.resumes.append(request) }
    call.reply(Wire.ResumeRunResponse(status: .resuming))
  }

  func stopRun(_ request: Wire.StopRunRequest, _ call: UnaryCall<Wire.StopRunResponse>) {
    log.withLock { $0.stops.append(request) }
    call.reply(script.stop)
  }

  func deleteApplication(
    _ request: Wire.DeleteApplicationRequest, _ call: UnaryCall<Wire.DeleteApplicationResponse>
  ) {
    log.withLock { $0.deletes.append(request) }
    call.reply(
      Wire.DeleteApplicationResponse(
        schedules: [Wire.ScheduleChange(namespace: "ns", appID: "other", name: "nightly")]))
  }

  func batchStatus(
    _ request: Wire.BatchStatusRequest, _ call: UnaryCall<Wire.BatchStatusResponse>
  ) {
    let results = request.programs.map {
      Wire.BatchStatusResult(
        appID: $0.appID, programID: $0.programID, statusCode: 200, status: .running,
        activeRuns: 2)
    }
    call.reply(
      Wire.BatchStatusResponse(
        results: Array(results.dropLast(script.missingAnswers)), snapshotTime: 7, eventNumber: 9))
  }

  func batchStart(_ request: Wire.BatchStartRequest, _ call: UnaryCall<Wire.BatchStartResponse>) {
    log.withLock { $0.batchStarts.append(request) }
    call.reply(
      Wire.BatchStartResponse(
        results: request.programs.map {
          $0.programID == "unknown"
            ? Wire.BatchStartResult(
              programID: $0.programID, statusCode: 404, reason: "program_not_found")
            : Wire.BatchStartResult(
              programID: $0.programID, statusCode: 200, runID: "r", status: .pending)
        }))
  }

  func batchStop(_ request: Wire.BatchStopRequest, _ call: UnaryCall<Wire.BatchStopResponse>) {
    log.withLock { $0.batchStops.append(request) }
    call.reply(
      Wire.BatchStopResponse(
        results: request.programs.map {
          Wire.BatchStopResult(programID: $0.programID, statusCode: 200, runIDs: ["r1", "r2"])
        }))
  }

  func streamBatchRuns(
    _ request: Wire.StreamBatchRunsRequest, _ call: ServerStreamCall<Wire.BatchRunsResult>
  ) {
    call.respond { writer in
      for program in request.programs {
        try await writer.send(Wire.BatchRunsResult(programID: program.programID, statusCode: 200))
      }
    }
  }

  func getStatus(_ request: Wire.GetStatusRequest, _ call: UnaryCall<Wire.GetStatusResponse>) {
    call.reply(script.status)
  }

  func prune(_ request: Wire.PruneRequest, _ call: UnaryCall<Wire.PruneResponse>) {
    log.withLock { $0.prunes.append(request) }
    call.reply(Wire.PruneResponse(runs: 4, events: 5, dryRun: request.dryRun))
  }
}
