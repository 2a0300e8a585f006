internal import BatonCore
package import BatonWire
package import NIOCore

extension InProcessTransport: Caller, EncodedCaller {
  package func unary<Request: Message, Response: Message>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions
  ) async throws -> Response {
    let payload = try await unary(method, encoded: request.serialized(), options: options)
    return try Response(payload: payload, limits: self.options.decodingLimits)
  }

  package func serverStream<Request: Message, Item: Message, Result>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions,
    _ body: (MessageStream<Item>) async throws -> Result
  ) async throws -> Result {
    let call = try start(method, request.serialized(), options, timeout: options.timeout)
    defer { call.cancel() }
    return try await body(messages(call))
  }

  package func clientStream<Item: Message, Response: Message>(
    _ method: MethodDescriptor, of item: Item.Type, options: CallOptions,
    _ produce: (MessageWriter<Item>) async throws -> Void
  ) async throws -> Response {
    let call = try start(method, ByteBuffer(), options, timeout: options.timeout)
    defer { call.cancel() }
    do {
      try await produce(writer(call))
    } catch is CancellationError where !Task.isCancelled {
      // The server has answered before the end of the stream; its answer counts.
    }
    call.endWriting()
    let payload = try await call.response.value()
    return try Response(payload: payload, limits: self.options.decodingLimits)
  }

  package func bidirectional<Item: Message, Answer: Message, Result>(
    _ method: MethodDescriptor, of item: Item.Type, answer: Answer.Type, options: CallOptions,
    _ body: (MessageWriter<Item>, MessageStream<Answer>) async throws -> Result
  ) async throws -> Result {
    let call = try start(method, ByteBuffer(), options, timeout: options.timeout)
    defer { call.cancel() }
    return try await body(writer(call), messages(call))
  }

  package func unary(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions
  ) async throws -> ByteBuffer {
    let timeout = options.timeout ?? self.options.defaultTimeout
    let call = try start(method, request, options, timeout: timeout)
    return try await withTaskCancellationHandler {
      try await call.response.value()
    } onCancel: {
      call.cancel()
    }
  }

  package func serverStream(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions,
    _ receive: (ByteBuffer) async throws -> Void
  ) async throws {
    let call = try start(method, request, options, timeout: options.timeout)
    defer { call.cancel() }
    while let payload = try await call.outbound.next() { try await receive(payload) }
  }

  private func writer<Item: Message>(_ call: InProcessCall) -> MessageWriter<Item> {
    MessageWriter {
      try await call.write($0)
    } end: {
      call.endWriting()
    }
  }

  private func messages<Item: Message>(_ call: InProcessCall) -> MessageStream<Item> {
    let limits = options.decodingLimits
    return MessageStream {
      guard let payload = try await call.outbound.next() else { return nil }
      return try Item(payload: payload, limits: limits)
    }
  }
}
