package import BatonWire
package import NIOCore

/// Calls with messages that are already encoded, for services that pass calls on.
package protocol EncodedCaller: Sendable {
  /// Calls a unary method.
  ///
  /// - Returns: The encoded answer.
  func unary(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions
  ) async throws -> ByteBuffer

  /// Calls a server-streaming method.
  ///
  /// - Parameters:
  ///   - method: The method.
  ///   - request: The encoded message.
  ///   - options: How the call is made.
  ///   - receive: Gets every encoded message.
  /// - Throws: what the server answered, and what `receive` throws.
  func serverStream(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions,
    _ receive: (ByteBuffer) async throws -> Void
  ) async throws
}
