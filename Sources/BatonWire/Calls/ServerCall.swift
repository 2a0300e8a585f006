public import BatonCore

/// What a handler knows of the call that it serves.
public protocol ServerContext: AnyObject, Sendable {
  /// The pairs that came with the call.
  var metadata: Metadata { get }
  /// The method called.
  var method: MethodDescriptor { get }
  /// The peer's address, for logs and the audit.
  var peer: String { get }
  /// Who calls, as found out by the server's authenticator.
  var identity: CallIdentity { get }
  /// Gives the whole connection an identity, which its calls have unless their metadata brings
  /// another (FR12).
  func adopt(_ identity: CallIdentity)
  /// What is left of the time that the caller gave the call; nil: it set no limit.
  var timeRemaining: Duration? { get }
  /// Whether the call was cancelled, its deadline passed or its connection closed.
  var isCancelled: Bool { get }
  /// Runs asynchronous work of this call as a child of the server; it is cancelled with the call.
  func run(_ operation: @escaping @Sendable () async -> Void)
}

extension ServerContext {
  /// Nobody in particular, where there is no authenticator.
  public var identity: CallIdentity { .anonymous }
  /// Nothing, where there is no connection that could keep the identity.
  public func adopt(_ identity: CallIdentity) {}
  /// No limit, unless the transport knows one.
  public var timeRemaining: Duration? { nil }
}

/// A unary call waiting for its one answer.
///
/// A handler answers exactly once, from any thread, at once or later; the first answer counts and
/// every further one is ignored (the deadline may have answered before).
public struct UnaryCall<Response: Message>: Sendable {
  /// Where the answer goes; servers use `responder`, which needs no closure for each call.
  @usableFromInline enum Target: Sendable {
    case responder(any UnaryResponder)
    case closure(any ServerContext, @Sendable (Result<Response, BatonError>) -> Void)
  }

  @usableFromInline let target: Target

  /// A call that a server's responder answers.
  @inlinable public init(responder: any UnaryResponder) {
    target = .responder(responder)
  }

  /// A call that a closure answers.
  public init(
    context: any ServerContext, answer: @escaping @Sendable (Result<Response, BatonError>) -> Void
  ) {
    target = .closure(context, answer)
  }

  /// What is known of the call.
  @inlinable public var context: any ServerContext {
    switch target {
    case .responder(let responder): responder
    case .closure(let context, _): context
    }
  }

  /// Answers with a message.
  @inlinable public func reply(_ response: Response) {
    switch target {
    case .responder(let responder):
      responder.answer { buffer, prefix in response.serialize(into: &buffer, prefix: prefix) }
    case .closure(_, let answer): answer(.success(response))
    }
  }

  /// Answers with an error; one that is no ``BatonError`` becomes INTERNAL `internal`.
  public func fail(_ error: any Error) {
    let error = BatonError(anyError: error)
    switch target {
    case .responder(let responder): responder.fail(error)
    case .closure(_, let answer): answer(.failure(error))
    }
  }

  /// Answers with a result.
  public func complete(_ result: Result<Response, any Error>) {
    switch result {
    case .success(let response): reply(response)
    case .failure(let error): fail(error)
    }
  }

  /// Answers with what an asynchronous operation gives; cancelled with the call.
  public func respond(_ operation: @escaping @Sendable () async throws -> Response) {
    context.run {
      do {
        reply(try await operation())
      } catch {
        fail(error)
      }
    }
  }
}

/// A call whose answer is a stream.
///
/// The handler returns from its method at once and produces the stream in `respond`.
public struct ServerStreamCall<Item: Message>: Sendable {
  /// What is known of the call.
  public let context: any ServerContext
  private let produce:
    @Sendable (@escaping @Sendable (MessageWriter<Item>) async throws -> Void) -> Void
  private let refuse: @Sendable (BatonError) -> Void

  /// A call answered through closures: one that sends the stream, one that refuses the call.
  public init(
    context: any ServerContext,
    produce:
      @escaping @Sendable (@escaping @Sendable (MessageWriter<Item>) async throws -> Void) -> Void,
    refuse: @escaping @Sendable (BatonError) -> Void
  ) {
    self.context = context
    self.produce = produce
    self.refuse = refuse
  }

  /// A call that a server's responder answers.
  public init(responder: any StreamResponder) {
    self.init(
      context: responder,
      produce: { operation in
        responder.run {
          do {
            try await operation(MessageWriter { try await responder.send($0) })
            responder.finish(nil)
          } catch {
            responder.finish(BatonError(anyError: error))
          }
        }
      },
      refuse: { responder.finish($0) })
  }

  /// Sends the stream: ends it with OK when the operation returns, with its error when it throws.
  public func respond(
    _ operation: @escaping @Sendable (MessageWriter<Item>) async throws -> Void
  ) {
    produce(operation)
  }

  /// Ends the call with an error before anything was sent.
  public func fail(_ error: any Error) {
    refuse(BatonError(anyError: error))
  }
}

extension BatonError {
  /// The error as a call answers it: itself, `cancelled`, or INTERNAL `internal` with the cause.
  package init(anyError error: any Error) {
    if let error = error as? BatonError {
      self = error
    } else if error is CancellationError {
      self.init(.cancelled, "cancelled", "the call was cancelled", cause: error)
    } else {
      self.init(
        .internal, "internal", "the server could not complete the call; its log says why",
        cause: error)
    }
  }
}
