internal import BatonCore
internal import BatonWire
internal import NIOCore
internal import Synchronization

/// What the frames of a client do (wire.md §4).
extension ServerConnectionHandler {
  func received(_ frame: Frame) {
    switch frame.header.type {
    case .request: receivedRequest(frame)
    case .data: receivedData(frame)
    case .cancel: calls[frame.header.streamID]?.cancel(Self.cancelledByClient)
    default: break
    }
  }

  func refuse(_ id: UInt32, _ error: BatonError) {
    // A call whose stream the client breaks ends with the answer to the break.
    if let call = calls[id] {
      call.cancel(error)
    } else {
      connection.refuse(id, error)
    }
  }

  private func receivedRequest(_ frame: Frame) {
    let id = frame.header.streamID
    if let error = admissionError(id) {
      connection.refuse(id, error)
      return
    }
    do throws(BatonError) {
      let (entry, envelope) = try frame.payload.withUnsafeReadableBytes {
        bytes throws(BatonError) in
        let envelope = try RequestEnvelope(decoding: bytes)
        // Most calls of a connection are of the method called last.
        if let lastEntry, lastEntry.matches(envelope, of: bytes) { return (lastEntry, envelope) }
        guard let entry = server.table.entry(envelope, of: bytes) else {
          throw try server.table.unknownMethod(envelope, of: bytes)
        }
        return (entry, envelope)
      }
      lastEntry = entry
      if envelope.timeoutNanoseconds < 0 { throw ServerCore.deadlineExceeded }
      // Counted before the look, so that a drain that is not seen here sees the call.
      connection.activeCalls.store(calls.count + 1, ordering: .sequentiallyConsistent)
      if server.isDraining { throw ServerCore.draining }
      let identity = try identify(entry, envelope.metadata)
      let body =
        frame.payload.getSlice(
          at: frame.payload.readerIndex + envelope.payload.lowerBound,
          length: envelope.payload.count) ?? ByteBuffer()
      start(id, entry, envelope, identity, body, isHalfClosed: frame.header.flags.contains(.done))
    } catch {
      connection.refuse(id, error)
    }
    connection.activeCalls.store(calls.count, ordering: .releasing)
  }

  /// Why a call may not even be looked at; nil: it may.
  private func admissionError(_ id: UInt32) -> BatonError? {
    if id & 1 == 0 {
      return BatonError(
        .invalidArgument, "stream_id_invalid", "stream id \(id) is even; a client's ids are odd")
    }
    if !calls.isEmpty && calls[id] != nil {
      return BatonError(
        .invalidArgument, "stream_in_use", "stream id \(id) belongs to a call in progress")
    }
    let running = connection.runningOperations.load(ordering: .relaxed)
    if max(calls.count, running) >= options.maximumActiveCalls {
      return BatonError(
        .resourceExhausted, "too_many_calls",
        "the connection has \(options.maximumActiveCalls) calls in progress",
        hint: "wait for answers, or open another connection")
    }
    return nil
  }

  private func identify(
    _ entry: DispatchTable.Entry, _ metadata: Metadata
  ) throws(BatonError) -> CallIdentity? {
    guard let authenticator = server.authenticator else { return nil }
    do throws(BatonError) {
      return try authenticator.identity(
        metadata: metadata, connection: connection.identity, method: entry.handler.descriptor,
        peer: connection.peerInfo)
    } catch {
      if error.code == .unauthenticated {
        refusedIdentities += 1
        if refusedIdentities >= options.maximumRefusedIdentities {
          let bound = NIOLoopBound(self, eventLoop: connection.eventLoop)
          connection.eventLoop.execute { bound.value.close(.whenWritten) }
        }
      }
      throw error
    }
  }

  private func start(
    _ id: UInt32, _ entry: DispatchTable.Entry, _ envelope: RequestEnvelope,
    _ identity: CallIdentity?, _ payload: ByteBuffer, isHalfClosed: Bool
  ) {
    let deadline =
      envelope.timeoutNanoseconds == 0 ? nil : now + bounded(envelope.timeoutNanoseconds)
    let inbound = entry.kind.hasSingleRequest ? nil : makeInbound()
    let call = ServerCall(
      id: id, entry: entry, metadata: envelope.metadata, identity: identity,
      deadline: deadline, inbound: inbound, sink: connection)
    if let inbound {
      if payload.readableBytes > 0 { push(payload, to: inbound) }
      if isHalfClosed {
        call.halfClosed()
        inbound.finish()
      }
    }
    call.start(payload)
    guard call.list() else { return }
    calls[id] = call
    if let deadline { setAlarm(deadline) }
  }

  private func receivedData(_ frame: Frame) {
    let header = frame.header
    let isEmpty = header.flags.contains(.noData)
    guard let call = calls[header.streamID] else {
      return connection.refuse(
        header.streamID,
        BatonError(
          .invalidArgument, "stream_unknown", "stream id \(header.streamID) has no call"))
    }
    guard let inbound = call.inbound, !call.isHalfClosed else {
      // A stock client may half-close a stream that has a single request.
      if isEmpty && call.kind == .serverStream { return }
      call.cancel(
        BatonError(
          .invalidArgument, "stream_unknown",
          "stream id \(header.streamID) takes no more data from the client"))
      return
    }
    if !isEmpty { push(frame.payload, to: inbound) }
    if header.flags.contains(.done) {
      call.halfClosed()
      inbound.finish()
    }
  }

  private func push(_ payload: ByteBuffer, to inbound: InboundStream) {
    if inbound.push(payload) { streamIsBehind() }
  }

  private func makeInbound() -> InboundStream {
    let eventLoop = connection.eventLoop
    let bound = NIOLoopBound(self, eventLoop: eventLoop)
    return InboundStream(limits: options.streamLimits, account: connection) {
      eventLoop.execute { bound.value.streamHasCaughtUp() }
    }
  }

  private func bounded(_ nanoseconds: Int64) -> TimeAmount {
    .nanoseconds(min(nanoseconds, 1_000_000_000 * 60 * 60 * 24 * 365))
  }

  static func tooLarge(_ header: FrameHeader, _ limit: Int) -> BatonError {
    BatonError(
      .resourceExhausted, "frame_too_large",
      "the frame announces \(header.length) bytes; the server takes \(limit)")
  }

  private static var cancelledByClient: BatonError {
    BatonError(.cancelled, "cancelled", "the client cancelled the call")
  }
}
