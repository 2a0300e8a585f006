package import NIOCore

/// How a server listens and what it allows.
package struct RPCServerOptions: Sendable {
  /// Where it listens.
  package var endpoints: [Endpoint]
  /// The threads that serve connections.
  package var eventLoops = 2
  /// The most data in a frame from a client (FR8).
  package var frameLimit = 4_194_304
  /// The same before the caller is known, where an identity is required.
  package var unauthenticatedFrameLimit = 65_536
  /// Refused identities after which a connection is closed (SR63).
  package var maximumRefusedIdentities = 10
  /// The most connections at a time; one more is closed at once.
  package var maximumConnections = 4_096
  /// The most calls a connection may have waiting for their answers (FR16).
  package var maximumActiveCalls = 256
  /// What is kept of a client's stream that the handler has not taken yet.
  package var streamLimits = StreamLimits()
  /// Bytes of unsent answers from which on a connection is not read and its streams wait.
  package var outboundHighWaterMark = 262_144
  /// Bytes of unsent answers from which on a connection is closed.
  package var outboundLimit = 67_108_864
  /// The longest time that a frame may stand still while it arrives.
  package var progressTimeout: Duration = .seconds(10)
  /// The longest time that a connection may be silent without a call.
  package var idleTimeout: Duration = .seconds(600)
  /// The longest time that a peer may leave its answers unread.
  package var stalledWriteTimeout: Duration = .seconds(60)
  /// Prepares a connection before Baton's own handler is added: the place for TLS.
  package var channelInitializer: (@Sendable (any Channel) throws -> Void)?

  package init(endpoints: [Endpoint] = []) {
    self.endpoints = endpoints
  }
}
