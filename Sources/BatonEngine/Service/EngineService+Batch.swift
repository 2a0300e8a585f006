internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// The last runs of many programs from one snapshot (B1–B3).
  package func batchRuns(
    _ request: Wire.BatchRunsRequest, _ call: UnaryCall<Wire.BatchRunsResponse>
  ) {
    respond(to: call) {
      let batch = try BatchQuery(request)
      try batch.checkTotal()
      let engine = engine
      return try await engine.store.readAsync { reader in
        var response = Wire.BatchRunsResponse(
          snapshotTime: engine.clock.now().milliseconds,
          eventNumber: try reader.lastEventNumber())
        response.results.reserveCapacity(batch.programs.count)
        for program in batch.programs {
          response.results.append(batch.answer(program, reader, engine))
        }
        return response
      }
    }
  }

  /// As `batchRuns`, one element a message, in request order.
  package func streamBatchRuns(
    _ request: Wire.StreamBatchRunsRequest, _ call: ServerStreamCall<Wire.BatchRunsResult>
  ) {
    respond(to: call) { writer in
      let batch = try BatchQuery(
        Wire.BatchRunsRequest(
          programs: request.programs, namespace: request.namespace, statuses: request.statuses,
          since: request.since, until: request.until, activeFirst: request.activeFirst))
      let engine = engine
      let results = try await engine.store.readAsync { reader in
        batch.programs.map { batch.answer($0, reader, engine) }
      }
      for result in results { try await writer.send(result) }
    }
  }
}
