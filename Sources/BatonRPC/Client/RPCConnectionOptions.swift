package import BatonWire
package import NIOCore

/// How a client connection behaves.
package struct RPCConnectionOptions: Sendable {
  /// The time that a call with a single response may take when it does not say itself (FR22).
  package var defaultTimeout: Duration = .seconds(30)
  /// The time that connecting may take.
  package var connectTimeout: Duration = .seconds(5)
  /// The most calls at a time; servers allow 256 on a connection.
  package var maximumCalls = 256
  /// The most data in a frame from the server.
  package var frameLimit = 4_194_304
  /// What is kept of a stream that was not taken yet; beyond it the connection stops reading.
  package var streamLimits = StreamLimits(messages: 256)
  /// Bytes not yet sent from which on streams wait.
  package var outboundHighWaterMark = 262_144
  /// The bounds for decoding answers.
  package var decodingLimits = DecodingLimits.standard
  /// The first stream id; odd.
  package var firstStreamID: UInt32 = 1
  /// Prepares a connection before Baton's own handler is added: the place for TLS.
  package var channelInitializer: (@Sendable (any Channel) throws -> Void)?

  package init() {}
}
