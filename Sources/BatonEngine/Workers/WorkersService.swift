internal import BatonCore
internal import BatonStore
package import BatonWire

/// `baton.worker.v1.Workers`: queues of attempts for remote workers (CT20–CT24).
package struct WorkersService: Wire.WorkersService {
  let engine: Engine

  /// - Parameter engine: What executes runs.
  package init(engine: Engine) {
    self.engine = engine
  }

  package func openQueue(
    _ request: Wire.OpenQueueRequest, _ call: ServerStreamCall<Wire.QueueItem>
  ) {
    do {
      try WorkerCaller.checkWorker(call.context)
      let order = try QueueOrder(request)
      call.respond { [self] writer in try await supply(order, writer) }
    } catch {
      call.fail(error)
    }
  }

  package func heartbeat(
    _ request: Wire.HeartbeatRequest, _ call: UnaryCall<Wire.HeartbeatResponse>
  ) {
    do {
      let hash = try WorkerCaller.credentialHash(call.context)
      try request.check()
      let hasNoID = try RepeatableCall.checkedID(of: request, call.context).isEmpty
      if let lease = engine.workers.lease(request.lease), hasNoID,
        WorkerCaller.areEqual(lease.credentialHash, hash)
      {
        return call.reply(try renew(lease.attempt, request))
      }
      call.context.run { await heartbeatLookedUp(request, hash, call) }
    } catch {
      fail(call, error)
    }
  }

  package func reportOutcome(
    _ request: Wire.ReportOutcomeRequest, _ call: UnaryCall<Wire.ReportOutcomeResponse>
  ) {
    do {
      let hash = try WorkerCaller.credentialHash(call.context)
      let outcome = try request.checkedOutcome()
      if let lease = engine.workers.lease(request.lease),
        WorkerCaller.areEqual(lease.credentialHash, hash)
      {
        return try report(request, outcome, lease.attempt, lease.worker, call)
      }
      call.context.run {
        do {
          let attempt = try await attempt(of: hash, lease: request.lease)
          try report(request, outcome, attempt.id, attempt.lease?.worker ?? "", call)
        } catch {
          fail(call, error)
        }
      }
    } catch {
      fail(call, error)
    }
  }

  // MARK: - Queues

  /// Sends what a queue has for a stream, until the call ends.
  private func supply(
    _ order: QueueOrder, _ writer: MessageWriter<Wire.QueueItem>
  ) async throws {
    let (stream, items) = engine.workers.open(
      order.queue, worker: order.worker, capacity: order.capacity, programs: order.programs)
    defer { engine.close(stream) }
    engine.workers.supply(stream, to: engine.hand)
    for await item in items {
      if case .assignment(let assignment)? = item.kind, !engine.workers.sends(assignment.lease) {
        // It has ended already, as by a stop.
        continue
      }
      try await writer.send(item)
    }
  }

  // MARK: - Leases

  private func renew(
    _ attempt: AttemptID, _ request: Wire.HeartbeatRequest
  ) throws(BatonError) -> Wire.HeartbeatResponse {
    let heartbeat = AttemptOutcome.Heartbeat(
      progress: Int(request.progress), note: request.note)
    guard let lease = engine.workers.renew(request.lease, heartbeat) else {
      throw BatonError(
        .permissionDenied, "attempt_ended", "\(attempt) has ended, or its lease is lost")
    }
    return Wire.HeartbeatResponse(
      leaseUntil: lease.until.milliseconds, cancelled: lease.cancel != nil,
      cancelReason: lease.cancel?.reason ?? "", graceMs: lease.cancel?.graceMS ?? 0)
  }

  /// A heartbeat that names a lease which is not open, or that is to be remembered.
  private func heartbeatLookedUp(
    _ request: Wire.HeartbeatRequest, _ hash: [UInt8], _ call: UnaryCall<Wire.HeartbeatResponse>
  ) async {
    do {
      let id = try await attempt(of: hash, lease: request.lease).id
      guard let repeatable = try RepeatableCall(request, of: id, call.context) else {
        return call.reply(try renew(id, request))
      }
      let answer = try await engine.store.commit { writer -> Wire.HeartbeatResponse in
        if let known = try repeatable.firstAnswer(Wire.HeartbeatResponse.self, writer) {
          return known
        }
        let answer = try renew(id, request)
        try repeatable.remember(answer, writer)
        return answer
      }
      call.reply(answer)
    } catch {
      fail(call, error)
    }
  }

  private func report(
    _ request: Wire.ReportOutcomeRequest, _ outcome: AttemptOutcome, _ attempt: AttemptID,
    _ worker: String, _ call: UnaryCall<Wire.ReportOutcomeResponse>
  ) throws {
    let repeatable = try RepeatableCall(request, of: attempt, call.context)
    engine.report(
      WorkerReport(
        attempt: attempt, lease: request.lease, worker: worker, outcome: outcome,
        remembering: repeatable.map { ($0.key, $0.bodyHash) }
      ) { result in
        switch result {
        case .success(let recorded):
          call.reply(
            Wire.ReportOutcomeResponse(
              status: Wire.AttemptStatus(recorded.status), reason: recorded.reason ?? ""))
        case .failure(let error): fail(call, error)
        }
      })
  }

  /// The attempt that has a credential, under the lease named.
  ///
  /// - Throws: UNAUTHENTICATED `unauthenticated`, PERMISSION_DENIED `not_permitted`.
  private func attempt(of hash: [UInt8], lease: String) async throws -> BatonCore.AttemptRecord {
    let found = try await engine.store.readAsync { try $0.attempt(credentialHash: hash) }
    guard let found, WorkerCaller.areEqual(found.credentialHash ?? [], hash) else {
      throw WorkerCaller.unknownCredential
    }
    guard found.lease?.id == lease else { throw WorkerCaller.otherLease }
    return found
  }

  private func fail<Response: Message>(_ call: UnaryCall<Response>, _ error: any Error) {
    call.fail(engine.answer(to: error, call.context))
  }
}
