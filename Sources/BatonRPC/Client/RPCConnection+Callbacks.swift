internal import BatonCore
package import BatonWire
internal import NIOCore

extension RPCConnection {
  /// Calls a unary method without a task: for load generators and for services that pass calls on.
  ///
  /// - Parameters:
  ///   - method: The method.
  ///   - request: The message.
  ///   - options: How the call is made.
  ///   - completion: Gets the answer once, on the connection's event loop, where it must not block;
  ///     calls that it makes leave together with those of other answers. When the call cannot be
  ///     sent, it gets the error before this method returns.
  package func call<Request: Message, Response: Message>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions = .standard,
    _ completion: @escaping @Sendable (Result<Response, any Error>) -> Void
  ) {
    let limits = self.options.decodingLimits
    do {
      let (deadline, nanoseconds) = try deadline(options.timeout ?? self.options.defaultTimeout)
      try Metadata.check(options.metadata)
      let receiver = PendingCall.Receiver.callback { result in
        completion(
          result.flatMap { payload in
            Result { try Response(payload: payload, limits: limits) }
          })
      }
      _ = try send(PendingCall(receiver: receiver, deadline: deadline), ticket: nil) {
        id, buffer throws(BatonError) in
        try buffer.writeRequest(
          id: id, method: method, timeoutNanoseconds: nanoseconds, metadata: options.metadata,
          message: request)
      }
    } catch {
      completion(.failure(error))
    }
  }
}
