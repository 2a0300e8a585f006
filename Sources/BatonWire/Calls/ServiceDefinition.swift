public import BatonCore
public import NIOCore

/// A service as a server offers it: its methods with what serves each.
///
/// Generated `…Service` protocols make one of these from an implementation.
public struct ServiceDefinition: Sendable {
  /// The full name, `baton.token.v1.TokenStore`.
  public var name: String
  /// The methods by bare name.
  public var methods: [String: MethodHandler]

  /// A service with its methods; of two with one name the first counts.
  public init(name: String, methods: [MethodHandler]) {
    self.name = name
    self.methods = Dictionary(
      methods.map { ($0.descriptor.method, $0) }, uniquingKeysWith: { first, _ in first })
  }
}

/// A method with what serves it, below the level of message types.
public struct MethodHandler: Sendable {
  /// The method.
  public var descriptor: MethodDescriptor
  /// What serves it.
  public var body: Body

  /// A method with what serves it.
  public init(_ descriptor: MethodDescriptor, _ body: Body) {
    self.descriptor = descriptor
    self.body = body
  }

  /// Payloads are encoded messages; the generated code decodes and encodes them.
  public enum Body: Sendable {
    /// Called on the connection's event loop; must not block it.
    case unary(@Sendable (ByteBuffer, any UnaryResponder) -> Void)
    /// Called on the connection's event loop; must not block it.
    case serverStream(@Sendable (ByteBuffer, any StreamResponder) -> Void)
    /// Run as a child task of the server. The sequence ends at the client's half-close.
    case clientStream(
      @Sendable (@escaping PayloadStream, any UnaryResponder) async -> Void)
    /// Run as a child task of the server.
    case bidirectional(
      @Sendable (@escaping PayloadStream, any StreamResponder) async -> Void)
  }
}

/// Encoded messages received on a stream; nil after the last.
public typealias PayloadStream = @Sendable () async throws -> ByteBuffer?

/// Appends an encoded message to a buffer, as ``Message/serialize(into:prefix:)`` does.
public typealias MessageSerializer = (
  _ buffer: inout ByteBuffer, _ prefix: (Int, inout ByteBuffer) -> Void
) -> Void

/// Answers one call with one message or one error; the first answer counts.
///
/// Callable from any thread.
public protocol UnaryResponder: ServerContext {
  /// Answers with the message that `serialize` appends; it is called at most once, before the
  /// method returns.
  ///
  /// Not generic, so that an answer costs no look-up of types at run time.
  func answer(_ serialize: MessageSerializer)
  /// Answers with an already encoded message (used by forwarding services).
  func answer(encoded payload: ByteBuffer)
  /// Answers with an error.
  func fail(_ error: BatonError)
}

/// Answers one call with a stream.
public protocol StreamResponder: ServerContext {
  /// Sends one message; suspends while the peer is behind.
  func send<Item: Message>(_ item: Item) async throws
  /// Sends an already encoded message.
  func send(encoded payload: ByteBuffer) async throws
  /// Ends the stream, once; nil: OK.
  func finish(_ error: BatonError?)
}
