/// A stream of messages from the other side, in the order sent, ended by its end or an error.
///
/// Iteration applies back-pressure: what is not taken is not read beyond a bound.
public struct MessageStream<Element: Message>: AsyncSequence, Sendable {
  private let next: @Sendable () async throws -> Element?

  /// - Parameter next: Gives the next message, nil after the last; called by one task at a time.
  public init(next: @escaping @Sendable () async throws -> Element?) {
    self.next = next
  }

  /// Takes the messages of a stream one by one.
  public struct AsyncIterator: AsyncIteratorProtocol {
    let take: @Sendable () async throws -> Element?
    /// The next message; nil after the last.
    public mutating func next() async throws -> Element? { try await take() }
  }

  /// The one iterator of the stream.
  public func makeAsyncIterator() -> AsyncIterator {
    AsyncIterator(take: next)
  }
}

/// Where one side of a stream writes its messages.
public struct MessageWriter<Element: Message>: Sendable {
  private let write: @Sendable (Element) async throws -> Void
  private let end: @Sendable () -> Void

  /// - Parameters:
  ///   - write: Sends one message; suspends while the peer does not drain what was sent.
  ///   - end: Tells the peer that nothing more follows; called again, it does nothing.
  public init(
    write: @escaping @Sendable (Element) async throws -> Void,
    end: @escaping @Sendable () -> Void = {}
  ) {
    self.write = write
    self.end = end
  }

  /// Sends one message, waiting while the peer is behind.
  ///
  /// - Throws: `CancellationError` when the call has ended; ``BatonError`` `reply_too_large`.
  public func send(_ element: Element) async throws {
    try await write(element)
  }
  /// Ends this side of a bidirectional call while the other side goes on.
  ///
  /// Not needed elsewhere: a writer ends when the closure that it was given to returns.
  public func finish() {
    end()
  }
}
