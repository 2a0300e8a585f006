internal import BatonCore
package import BatonWire
package import NIOCore

extension RPCConnection: Caller, EncodedCaller {
  package nonisolated(nonsending) func unary<Request: Message, Response: Message>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions
  ) async throws -> Response {
    let (deadline, nanoseconds) = try deadline(options.timeout ?? self.options.defaultTimeout)
    try Metadata.check(options.metadata)
    let payload = try await response(deadline) { id, buffer throws(BatonError) in
      try buffer.writeRequest(
        id: id, method: method, timeoutNanoseconds: nanoseconds, metadata: options.metadata,
        message: request)
    }
    return try Response(payload: payload, limits: self.options.decodingLimits)
  }

  package func serverStream<Request: Message, Item: Message, Result>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions,
    _ body: (MessageStream<Item>) async throws -> Result
  ) async throws -> Result {
    let (deadline, nanoseconds) = try deadline(options.timeout)
    try Metadata.check(options.metadata)
    let inbound = makeInbound()
    let id = try send(PendingCall(receiver: inbound, deadline: deadline), ticket: nil) {
      id, buffer throws(BatonError) in
      try buffer.writeRequest(
        id: id, flags: .done, method: method, timeoutNanoseconds: nanoseconds,
        metadata: options.metadata, message: request)
    }
    defer { end(id, inbound) }
    return try await body(messages(inbound))
  }

  package func clientStream<Item: Message, Response: Message>(
    _ method: MethodDescriptor, of item: Item.Type, options: CallOptions,
    _ produce: (MessageWriter<Item>) async throws -> Void
  ) async throws -> Response {
    let response = OneShot<ByteBuffer>()
    let id = try open(method, options, response)
    do {
      do {
        let writer: MessageWriter<Item> = writer(id)
        try await produce(writer)
        writer.finish()
      } catch is CancellationError where !Task.isCancelled {
        // The server has answered before the end of the stream; its answer counts.
      }
      let payload = try await response.value()
      return try Response(payload: payload, limits: self.options.decodingLimits)
    } catch {
      cancel(id, nil)
      throw error
    }
  }

  package func bidirectional<Item: Message, Answer: Message, Result>(
    _ method: MethodDescriptor, of item: Item.Type, answer: Answer.Type, options: CallOptions,
    _ body: (MessageWriter<Item>, MessageStream<Answer>) async throws -> Result
  ) async throws -> Result {
    let inbound = makeInbound()
    let id = try open(method, options, inbound)
    defer { end(id, inbound) }
    return try await body(writer(id), messages(inbound))
  }

  // MARK: Encoded messages

  /// Calls a unary method with an encoded message.
  ///
  /// - Returns: The encoded answer.
  package func unary(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions
  ) async throws -> ByteBuffer {
    let (deadline, nanoseconds) = try deadline(options.timeout ?? self.options.defaultTimeout)
    try Metadata.check(options.metadata)
    return try await response(deadline) { id, buffer throws(BatonError) in
      try buffer.writeRequest(
        id: id, method: method, timeoutNanoseconds: nanoseconds, metadata: options.metadata,
        payload: request)
    }
  }

  /// Calls a server-streaming method with an encoded message.
  ///
  /// - Parameters:
  ///   - method: The method.
  ///   - request: The encoded message.
  ///   - options: How the call is made.
  ///   - receive: Gets every encoded message.
  /// - Throws: what the server answered, and what `receive` throws.
  package func serverStream(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions,
    _ receive: (ByteBuffer) async throws -> Void
  ) async throws {
    let (deadline, nanoseconds) = try deadline(options.timeout)
    try Metadata.check(options.metadata)
    let inbound = makeInbound()
    let id = try send(PendingCall(receiver: inbound, deadline: deadline), ticket: nil) {
      id, buffer throws(BatonError) in
      try buffer.writeRequest(
        id: id, flags: .done, method: method, timeoutNanoseconds: nanoseconds,
        metadata: options.metadata, payload: request)
    }
    defer { end(id, inbound) }
    while let payload = try await inbound.next() { try await receive(payload) }
  }

  // MARK: Parts

  private nonisolated(nonsending) func response(
    _ deadline: NIODeadline?,
    _ write: (UInt32, inout ByteBuffer) throws(BatonError) -> Void
  ) async throws -> ByteBuffer {
    let ticket = CallTicket()
    return try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        do {
          _ = try send(
            PendingCall(receiver: WaitingTask(continuation), deadline: deadline),
            ticket: ticket, write)
        } catch {
          continuation.resume(throwing: error)
        }
      }
    } onCancel: {
      if let id = ticket.cancel() { cancel(id, nil) }
    }
  }

  /// Sends the request of a call whose messages follow.
  private func open(
    _ method: MethodDescriptor, _ options: CallOptions, _ receiver: any AnswerReceiver
  ) throws -> UInt32 {
    let (deadline, nanoseconds) = try deadline(options.timeout)
    try Metadata.check(options.metadata)
    return try send(PendingCall(receiver: receiver, deadline: deadline), ticket: nil) {
      id, buffer throws(BatonError) in
      try buffer.writeRequest(
        id: id, flags: [.more, .noData], method: method, timeoutNanoseconds: nanoseconds,
        metadata: options.metadata, payload: nil)
    }
  }

  private func writer<Item: Message>(_ id: UInt32) -> MessageWriter<Item> {
    let ending = Ending()
    return MessageWriter { [self] item in
      try await waitForRoom()
      guard !ending.hasBegun else { throw CancellationError() }
      try write(id) { buffer throws(BatonError) in
        try buffer.writeData(id: id, message: item, tooLarge: "frame_too_large")
      }
    } end: { [self] in
      if ending.begin() { try? write(id) { $0.writeEndOfStream(id: id) } }
    }
  }

  private func messages<Item: Message>(_ inbound: InboundStream) -> MessageStream<Item> {
    let limits = options.decodingLimits
    return MessageStream {
      guard let payload = try await inbound.next() else { return nil }
      return try Item(payload: payload, limits: limits)
    }
  }

  private func end(_ id: UInt32, _ inbound: InboundStream) {
    cancel(id, nil)
    inbound.finish(CancellationError(), discarding: true)
  }

  private func makeInbound() -> InboundStream {
    InboundStream(limits: options.streamLimits) { [weak self] in self?.streamHasCaughtUp() }
  }
}
