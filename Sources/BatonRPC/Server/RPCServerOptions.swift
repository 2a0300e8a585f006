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
  /// The most connections at a time; one more is closed at once (SR100).
  package var maximumConnections = 1_024
  /// The same for one network address; Unix sockets have none.
  package var maximumConnectionsPerAddress = 512
  /// The most calls a connection may have waiting for their answers (FR16).
  package var maximumActiveCalls = 256
  /// What is kept of a client's stream that the handler has not taken yet.
  package var streamLimits = StreamLimits()
  /// Bytes of unsent answers from which on a connection is not read and its streams wait.
  package var outboundHighWaterMark = 262_144
  /// Bytes of unsent answers from which on a connection is closed.
  package var outboundLimit = 67_108_864
  /// Bytes buffered for a connection, in and out, from which on it is not read (SR103).
  package var bufferLimit = 8_388_608
  /// Bytes buffered for all connections from which on those with the most are not read (SR104).
  package var totalBufferLimit = 268_435_456
  /// The longest time that a frame may stand still while it arrives.
  package var progressTimeout: Duration = .seconds(10)
  /// The longest time that a connection may be silent without a call.
  package var idleTimeout: Duration = .seconds(600)
  /// The longest time that a peer may take none of its answers (SR105).
  package var stalledWriteTimeout: Duration = .seconds(60)
  /// The time that calls get whose client has closed its side of the connection (SR110).
  package var halfCloseTimeout: Duration = .seconds(10)
  /// Prepares a connection before Baton's own handler is added: the place for TLS.
  package var channelInitializer: (@Sendable (any Channel) throws -> Void)?

  package init(endpoints: [Endpoint] = []) {
    self.endpoints = endpoints
  }
}
