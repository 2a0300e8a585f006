internal import BatonCore
public import BatonWire
package import NIOCore
internal import Synchronization

extension ConnectionPool: Caller, EncodedCaller {
  /// Sends one message and waits for one, again where that is allowed (FR23).
  public nonisolated(nonsending) func unary<Request: Message, Response: Message>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions
  ) async throws -> Response {
    try await retrying(method, options) { connection, options in
      try await connection.unary(method, request, options: options)
    }
  }

  /// Sends one message and receives a stream, over a connection of its own.
  public func serverStream<Request: Message, Item: Message, Result>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions,
    _ body: (MessageStream<Item>) async throws -> Result
  ) async throws -> Result {
    let (connection, options) = try await openStream(options)
    defer { release(connection) }
    return try await connection.serverStream(method, request, options: options, body)
  }

  /// Sends a stream and waits for one message, over a connection of its own.
  public func clientStream<Item: Message, Response: Message>(
    _ method: MethodDescriptor, of item: Item.Type, options: CallOptions,
    _ produce: (MessageWriter<Item>) async throws -> Void
  ) async throws -> Response {
    let (connection, options) = try await openStream(options)
    defer { release(connection) }
    return try await connection.clientStream(method, of: item, options: options, produce)
  }

  /// Sends and receives streams, over a connection of their own.
  public func bidirectional<Item: Message, Answer: Message, Result>(
    _ method: MethodDescriptor, of item: Item.Type, answer: Answer.Type, options: CallOptions,
    _ body: (MessageWriter<Item>, MessageStream<Answer>) async throws -> Result
  ) async throws -> Result {
    let (connection, options) = try await openStream(options)
    defer { release(connection) }
    return try await connection.bidirectional(
      method, of: item, answer: answer, options: options, body)
  }

  package func unary(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions
  ) async throws -> ByteBuffer {
    try await retrying(method, options) { connection, options in
      try await connection.unary(method, encoded: request, options: options)
    }
  }

  package func serverStream(
    _ method: MethodDescriptor, encoded request: ByteBuffer, options: CallOptions,
    _ receive: (ByteBuffer) async throws -> Void
  ) async throws {
    let (connection, options) = try await openStream(options)
    defer { release(connection) }
    try await connection.serverStream(method, encoded: request, options: options, receive)
  }

  // MARK: Attempts

  /// Makes a call, again where that is allowed (FR23).
  private nonisolated(nonsending) func retrying<Response>(
    _ method: MethodDescriptor, _ options: CallOptions,
    _ call: nonisolated(nonsending) (RPCConnection, CallOptions) async throws -> Response
  ) async throws -> Response {
    var options = options
    if !self.options.metadata.isEmpty {
      options.metadata = self.options.metadata + options.metadata
    }
    let timeout = options.timeout ?? self.options.defaultTimeout
    guard timeout > .zero else { throw RPCConnection.deadlineExceeded }
    options.timeout = timeout
    let deadline = NIODeadline.now() + TimeAmount(min(timeout, .seconds(31_536_000)))
    var failures = 0
    var lost: NIODeadline?
    while true {
      var connection: RPCConnection?
      do {
        if let ready = readyConnection() {
          connection = ready
        } else {
          connection = try await self.connection(deadline: deadline)
        }
        guard let connection else { throw Self.closed }
        if failures > 0 { options.timeout = try Self.remaining(deadline) }
        defer { connection.closeIfDone() }
        return try await call(connection, options)
      } catch let error as BatonError where error.code == .unavailable {
        failures += 1
        if let connection, error.reason == "draining" || !connection.isUsable {
          retire(connection)
        }
        // Without a connection nothing was sent, so nothing can be done twice.
        let mayRepeat = connection == nil || Self.isRepeatable(method, options)
        // A server that says this is there, and somebody has to do something first.
        let isFinal = error.reason == "store_read_only"
        guard mayRepeat, !isFinal, goesOn(failures, &lost) else { throw error }
        if connection != nil {
          try await wait(self.options.backoff.delay(afterFailures: failures), deadline: deadline)
        }
      }
    }
  }

  /// A connection for a stream; nothing has been sent, so failures to connect are repeated.
  private func openStream(_ options: CallOptions) async throws -> (RPCConnection, CallOptions) {
    var options = options
    if !self.options.metadata.isEmpty {
      options.metadata = self.options.metadata + options.metadata
    }
    let deadline = options.timeout.map { NIODeadline.now() + TimeAmount($0) }
    var failures = 0
    var lost: NIODeadline?
    while true {
      do {
        let connection = try await streamConnection(deadline: deadline)
        if failures > 0, let deadline { options.timeout = try Self.remaining(deadline) }
        return (connection, options)
      } catch let error as BatonError where error.code == .unavailable {
        failures += 1
        guard goesOn(failures, &lost) else { throw error }
      }
    }
  }

  /// Whether another attempt is made: some always, and more while a lost server may come back.
  private func goesOn(_ failures: Int, _ lost: inout NIODeadline?) -> Bool {
    let (isClosed, wasThere) = state.withLock { ($0.isClosed, $0.hasConnected) }
    guard !isClosed else { return false }
    let since = lost ?? .now()
    lost = since
    if failures < options.maximumAttempts { return true }
    return (wasThere || options.awaitsServer)
      && .now() < since + TimeAmount(options.recoveryTime)
  }

  private static func remaining(_ deadline: NIODeadline) throws -> Duration {
    let left = (deadline - .now()).nanoseconds
    guard left > 0 else { throw RPCConnection.deadlineExceeded }
    return .nanoseconds(left)
  }

  private static func isRepeatable(_ method: MethodDescriptor, _ options: CallOptions) -> Bool {
    method.isIdempotent || options.carriesRequestID
      || options.metadata.contains { $0.key == "baton-request-id" && !$0.value.isEmpty }
  }
}
