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
        Wire.BatchRunsResponse(
          results: batch.answers(reader, engine), snapshotTime: engine.clock.now().milliseconds,
          eventNumber: try reader.lastEventNumber())
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
        batch.answers(reader, engine)
      }
      for result in results { try await writer.send(result) }
    }
  }
}
