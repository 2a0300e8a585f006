package import BatonCore
package import BatonWire

/// Finds out who calls.
///
/// Called on the event loop of the connection for every call, so it must not block.
package protocol Authenticator: Sendable {
  /// Whether calls need an identity; before one is known, only short frames are taken (FR8).
  var requiresIdentity: Bool { get }

  /// The identity that a connection has from its peer alone: a client certificate, or the user at
  /// the other end of a Unix socket; nil: none.
  func identity(of peer: PeerInfo) -> CallIdentity?

  /// The identity of one call.
  ///
  /// - Parameters:
  ///   - metadata: What came with the call; it overrides the connection's identity (FR12).
  ///   - connection: The identity that the connection has, from its peer or by `Authenticate`.
  ///   - method: What is called.
  ///   - peer: The other end of the connection.
  /// - Returns: Who calls.
  /// - Throws: `unauthenticated`, `not_permitted` or another refusal.
  func identity(
    metadata: Metadata, connection: CallIdentity?, method: MethodDescriptor, peer: PeerInfo
  ) throws(BatonError) -> CallIdentity
}

/// Lets everybody in without asking for a name.
package struct AnonymousAuthenticator: Authenticator {
  package init() {}

  package var requiresIdentity: Bool { false }

  package func identity(of peer: PeerInfo) -> CallIdentity? { nil }

  package func identity(
    metadata: Metadata, connection: CallIdentity?, method: MethodDescriptor, peer: PeerInfo
  ) throws(BatonError) -> CallIdentity {
    connection ?? .anonymous
  }
}

/// What the server knows of the other end of a connection.
package struct PeerInfo: Sendable, Hashable {
  /// The address, `192.0.2.1:5000`, or `unix`.
  package var address: String
  /// The user at the other end of a Unix socket.
  package var userID: UInt32?

  package init(address: String, userID: UInt32? = nil) {
    self.address = address
    self.userID = userID
  }
}
