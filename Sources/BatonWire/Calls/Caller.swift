/// What carries calls to a server: a connection pool, one connection, or the process itself.
///
/// Generated client stubs are written against this protocol, so that a service talks to another
/// in the same way whether it runs in the same process or on another machine.
public protocol Caller: Sendable {
  /// Sends one message and waits for one.
  ///
  /// Cancelling the task cancels the call on the server.
  ///
  /// - Throws: ``BatonError`` with what the server answered, or `deadline_exceeded`,
  ///   `unavailable`, `frame_too_large`; `CancellationError` when the task was cancelled.
  nonisolated(nonsending) func unary<Request: Message, Response: Message>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions
  ) async throws -> Response

  /// Sends one message and receives a stream; the call ends when `body` returns.
  ///
  /// - Throws: what `body` throws; iteration throws what the server answered.
  func serverStream<Request: Message, Item: Message, Result>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions,
    _ body: (MessageStream<Item>) async throws -> Result
  ) async throws -> Result

  /// Sends a stream, written by `produce`, and waits for one message.
  func clientStream<Item: Message, Response: Message>(
    _ method: MethodDescriptor, of item: Item.Type, options: CallOptions,
    _ produce: (MessageWriter<Item>) async throws -> Void
  ) async throws -> Response

  /// Sends and receives streams; the call ends when `body` returns.
  func bidirectional<Item: Message, Answer: Message, Result>(
    _ method: MethodDescriptor, of item: Item.Type, answer: Answer.Type, options: CallOptions,
    _ body: (MessageWriter<Item>, MessageStream<Answer>) async throws -> Result
  ) async throws -> Result
}

/// How one call is to be made.
public struct CallOptions: Sendable, Hashable {
  /// The time the whole call may take, retries included; nil: the caller's default
  /// (30 s; streams none).
  public var timeout: Duration?
  /// Key-value pairs sent along; keys are lower-case.
  public var metadata: [Metadata.Element]
  /// Whether the message has a request id, so that a mutating call may be sent again (FR23).
  public var carriesRequestID: Bool

  /// Options of one call; what is not given is as the caller has it.
  public init(
    timeout: Duration? = nil, metadata: [Metadata.Element] = [], carriesRequestID: Bool = false
  ) {
    self.timeout = timeout
    self.metadata = metadata
    self.carriesRequestID = carriesRequestID
  }

  /// The caller's defaults.
  public static let standard = CallOptions()
}

/// The key-value pairs that travel with a call (FR11).
public struct Metadata: Sendable, Hashable {
  /// A key and its value.
  public struct Element: Sendable, Hashable {
    /// The key, lower-case.
    public var key: String
    /// The value, any text.
    public var value: String
    /// A pair as it is.
    public init(key: String, value: String) {
      self.key = key
      self.value = value
    }
  }

  /// The pairs in the order received; keys are lower-case, repeats are kept.
  public var elements: [Element]

  /// Pairs in their order.
  public init(_ elements: [Element] = []) {
    self.elements = elements
  }

  /// The first value of a key.
  public subscript(key: String) -> String? {
    elements.first { $0.key == key }?.value
  }
}
