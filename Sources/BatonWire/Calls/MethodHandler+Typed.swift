internal import BatonCore
internal import NIOCore

// How generated `definition`s attach typed handlers; each decodes the request first and answers
// what is wrong with it.

extension MethodHandler {
  /// A unary method.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - serve: Answers the call; runs on the connection's event loop and must not block it.
  /// - Returns: The method with what serves it.
  public static func unary<Request: Message, Response: Message>(
    _ descriptor: MethodDescriptor,
    _ serve: @escaping @Sendable (Request, UnaryCall<Response>) -> Void
  ) -> MethodHandler {
    MethodHandler(
      descriptor,
      .unary { payload, responder in
        let call = UnaryCall<Response>(responder: responder)
        do throws(BatonError) {
          serve(try Request(payload: payload), call)
        } catch {
          call.fail(error)
        }
      })
  }

  /// A method that answers with a stream.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - serve: Starts the answer; runs on the connection's event loop and must not block it.
  /// - Returns: The method with what serves it.
  public static func serverStream<Request: Message, Item: Message>(
    _ descriptor: MethodDescriptor,
    _ serve: @escaping @Sendable (Request, ServerStreamCall<Item>) -> Void
  ) -> MethodHandler {
    MethodHandler(
      descriptor,
      .serverStream { payload, responder in
        let call = ServerStreamCall<Item>(responder: responder)
        do throws(BatonError) {
          serve(try Request(payload: payload), call)
        } catch {
          call.fail(error)
        }
      })
  }

  /// A method that takes a stream and answers with one message.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - serve: Takes the stream and gives the answer; runs in a task of the call.
  /// - Returns: The method with what serves it.
  public static func clientStream<Item: Message, Response: Message>(
    _ descriptor: MethodDescriptor,
    _ serve: @escaping @Sendable (MessageStream<Item>, any ServerContext) async throws -> Response
  ) -> MethodHandler {
    MethodHandler(
      descriptor,
      .clientStream { payloads, responder in
        let call = UnaryCall<Response>(responder: responder)
        do {
          call.reply(try await serve(MessageStream(payloads: payloads), responder))
        } catch {
          call.fail(error)
        }
      })
  }

  /// A method that takes a stream and answers with a stream.
  ///
  /// - Parameters:
  ///   - descriptor: The method.
  ///   - serve: Takes and gives items; runs in a task of the call.
  /// - Returns: The method with what serves it.
  public static func bidirectional<Item: Message, Answer: Message>(
    _ descriptor: MethodDescriptor,
    _ serve:
      @escaping @Sendable (MessageStream<Item>, MessageWriter<Answer>, any ServerContext)
      async throws -> Void
  ) -> MethodHandler {
    MethodHandler(
      descriptor,
      .bidirectional { payloads, responder in
        let answers = MessageWriter<Answer> { try await responder.send($0) }
        do {
          try await serve(MessageStream(payloads: payloads), answers, responder)
          responder.finish(nil)
        } catch {
          responder.finish(BatonError(anyError: error))
        }
      })
  }
}

extension MessageStream {
  /// The messages in received payloads.
  init(payloads: @escaping PayloadStream) {
    self.init {
      guard let payload = try await payloads() else { return nil }
      return try Element(payload: payload)
    }
  }
}

extension BatonError {
  /// The answer of a method that no handler was written for.
  init(unavailable method: MethodDescriptor) {
    self.init(
      .unimplemented, "unknown_method",
      "\(method.service).\(method.method) is not available in this version")
  }
}
