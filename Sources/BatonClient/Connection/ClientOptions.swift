/// How a client works.
public struct ClientOptions: Sendable {
  /// The namespace of what is named without one.
  public var namespace: String
  /// The time one call may take, retries included; streams have none.
  public var timeout: Duration
  /// Who the client is; nil where the server asks nobody.
  public var credential: Credential?
  /// The connections over which calls are spread.
  public var connections: Int
  /// The name under which the client shows up in the server's logs.
  public var name: String
  /// Whether calls wait for a server that was not there from the start, as programs in nodes do
  /// while it restarts; otherwise its absence is reported at once.
  public var awaitsServer: Bool
  /// How long calls and streams wait for a server that was there and is lost, as while it
  /// restarts.
  public var recoveryTime: Duration = .seconds(30)
  /// Told when a stream, and whoever waits by it, has lost the server and waits for it.
  public var connectionLost: (@Sendable (BatonError) -> Void)?

  /// Options with everything at its default but what is given.
  public init(
    namespace: String = "default", timeout: Duration = .seconds(30),
    credential: Credential? = nil, connections: Int = 1, name: String = "baton-swift",
    awaitsServer: Bool = false
  ) {
    self.namespace = namespace
    self.timeout = timeout
    self.credential = credential
    self.connections = connections
    self.name = name
    self.awaitsServer = awaitsServer
  }
}
