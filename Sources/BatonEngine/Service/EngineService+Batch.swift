internal import BatonCore
internal import BatonStore
package import BatonWire

extension EngineService {
  /// The last runs of many programs from one snapshot (B1–B3).
  package func batchRuns(
    _ request: Wire.BatchRunsRequest, _ call: UnaryCall<Wire.BatchRunsResponse>
  ) {
    let context = call.context
    respond(to: call) {
      let batch = try BatchQuery(request)
      try batch.checkTotal()
      let engine = engine
      return try await engine.store.readAsync { reader in
        Wire.BatchRunsResponse(
          results: try batch.answers(reader, engine, context),
          snapshotTime: engine.clock.now().milliseconds,
          eventNumber: try reader.lastEventNumber())
      }
    }
  }

  /// As `batchRuns`, one element a message, in request order.
  ///
  /// The answers are read part by part from one snapshot: a slow reader makes them wait there, and
  /// the snapshot goes with the call, at its deadline at the latest (B5.4).
  package func streamBatchRuns(
    _ request: Wire.StreamBatchRunsRequest, _ call: ServerStreamCall<Wire.BatchRunsResult>
  ) {
    let context = call.context
    respond(to: call) { writer in
      let batch = try BatchQuery(
        Wire.BatchRunsRequest(
          programs: request.programs, namespace: request.namespace, statuses: request.statuses,
          since: request.since, until: request.until, activeFirst: request.activeFirst))
      let engine = engine
      let parts = batch.parts
      try await engine.store.readPieces(parts.count) { number, reader in
        try batch.answers(of: parts[number], reader, engine, context)
      } _: { results in
        for result in results { try await writer.send(result) }
      }
    }
  }

  /// Whether programs run, from one snapshot (B6.1).
  package func batchStatus(
    _ request: Wire.BatchStatusRequest, _ call: UnaryCall<Wire.BatchStatusResponse>
  ) {
    let context = call.context
    respond(to: call) {
      let batch = try BatchStates(request)
      let engine = engine
      return try await engine.store.readAsync { reader in
        Wire.BatchStatusResponse(
          results: try batch.answers(reader, engine, context),
          snapshotTime: engine.clock.now().milliseconds,
          eventNumber: try reader.lastEventNumber())
      }
    }
  }

  /// Starts workflows, each on its own; durable before the answer (B6.2).
  package func batchStart(
    _ request: Wire.BatchStartRequest, _ call: UnaryCall<Wire.BatchStartResponse>
  ) {
    let context = call.context
    respond(to: call) {
      let batch = try BatchStart(request, context)
      return Wire.BatchStartResponse(results: try await batch.answers(engine))
    }
  }

  /// Begins to stop runs; it does not wait for their ends (B6.3).
  package func batchStop(
    _ request: Wire.BatchStopRequest, _ call: UnaryCall<Wire.BatchStopResponse>
  ) {
    let context = call.context
    respond(to: call) { try await BatchStop(request, context).answer(engine) }
  }
}
