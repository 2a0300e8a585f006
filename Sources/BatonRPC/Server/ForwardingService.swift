internal import BatonCore
package import BatonWire
internal import NIOCore

/// Serves a service by passing its calls on to another server, payloads untouched.
///
/// Where the services of an installation are split, the engine's port serves TokenStore this way.
/// Metadata and what is left of the deadline go along; cancelling a call cancels it over there.
package struct ForwardingService: Sendable {
  private let service: ServiceDescriptor
  private let target: any EncodedCaller

  /// - Parameters:
  ///   - service: The service, with its unary and server-streaming methods.
  ///   - target: Calls the other server.
  package init(_ service: ServiceDescriptor, to target: any EncodedCaller) {
    self.service = service
    self.target = target
  }

  /// The service as a server offers it.
  package var definition: ServiceDefinition {
    ServiceDefinition(name: service.name, methods: service.methods.compactMap(handler))
  }

  private func handler(_ method: MethodDescriptor) -> MethodHandler? {
    switch method.kind {
    case .unary: MethodHandler(method, .unary(unary(method)))
    case .serverStream: MethodHandler(method, .serverStream(serverStream(method)))
    case .clientStream, .bidirectional: nil
    }
  }

  private func unary(
    _ method: MethodDescriptor
  ) -> @Sendable (ByteBuffer, any UnaryResponder) -> Void {
    { [target] payload, responder in
      let payload = ByteBuffer(copying: payload)
      responder.run {
        do {
          let answer = try await target.unary(
            method, encoded: payload, options: Self.options(responder))
          responder.answer(encoded: answer)
        } catch {
          responder.fail(BatonError(anyError: error))
        }
      }
    }
  }

  private func serverStream(
    _ method: MethodDescriptor
  ) -> @Sendable (ByteBuffer, any StreamResponder) -> Void {
    { [target] payload, responder in
      let payload = ByteBuffer(copying: payload)
      responder.run {
        do {
          try await target.serverStream(
            method, encoded: payload, options: Self.options(responder)
          ) { try await responder.send(encoded: $0) }
          responder.finish(nil)
        } catch {
          responder.finish(BatonError(anyError: error))
        }
      }
    }
  }

  private static func options(_ context: any ServerContext) -> CallOptions {
    CallOptions(timeout: context.timeRemaining, metadata: context.metadata.elements)
  }
}
