internal import BatonCore
internal import BatonWire
internal import Synchronization
internal import Testing

/// A call made directly to a handler, without a transport.
///
/// Work that the handler leaves for later runs in the test's own task.
final class TestContext: ServerContext {
  enum Work: Sendable {
    case later(@Sendable () async -> Void)
    case answered
  }

  let metadata: Metadata
  let method = Wire.TokenStore.getToken
  let peer = "test"
  let isCancelled = false
  private let queue: AsyncStream<Work>.Continuation

  init(_ metadata: Metadata, _ queue: AsyncStream<Work>.Continuation) {
    self.metadata = metadata
    self.queue = queue
  }

  func run(_ operation: @escaping @Sendable () async -> Void) {
    queue.yield(.later(operation))
  }
}

/// Makes a unary call of a handler, with a task credential or without.
func call<Answer: Message>(
  as credential: String? = nil, _ handler: (UnaryCall<Answer>) -> Void
) async throws -> Answer {
  let pairs = credential.map { [Metadata.Element(key: "authorization", value: "Task \($0)")] }
  let (work, queue) = AsyncStream<TestContext.Work>.makeStream()
  let answers = AsyncStream<Result<Answer, BatonError>>.makeStream()
  let context = TestContext(Metadata(pairs ?? []), queue)
  handler(
    UnaryCall(context: context) { result in
      answers.continuation.yield(result)
      queue.yield(.answered)
    })
  for await item in work {
    guard case .later(let operation) = item else { break }
    await operation()
  }
  var iterator = answers.stream.makeAsyncIterator()
  let answer = try #require(await iterator.next())
  return try answer.get()
}

/// The answer that a handler gives before it returns; nil: it answers later.
func answeredAtOnce<Answer: Message>(
  as credential: String? = nil, _ handler: (UnaryCall<Answer>) -> Void
) throws -> Answer? {
  let pairs = credential.map { [Metadata.Element(key: "authorization", value: "Task \($0)")] }
  let (_, queue) = AsyncStream<TestContext.Work>.makeStream()
  let answer = Mutex<Result<Answer, BatonError>?>(nil)
  handler(
    UnaryCall(context: TestContext(Metadata(pairs ?? []), queue)) { result in
      answer.withLock { $0 = result }
    })
  return try answer.withLock { $0 }?.get()
}

/// Makes a call whose answer is a stream; `item` gets every item while the stream goes on.
func stream<Item: Message>(
  as credential: String? = nil, _ handler: (ServerStreamCall<Item>) -> Void,
  _ item: @escaping @Sendable (Item) async throws -> Void
) async throws {
  let pairs = credential.map { [Metadata.Element(key: "authorization", value: "Task \($0)")] }
  let (_, queue) = AsyncStream<TestContext.Work>.makeStream()
  let produced = Mutex<(@Sendable (MessageWriter<Item>) async throws -> Void)?>(nil)
  handler(
    ServerStreamCall(
      context: TestContext(Metadata(pairs ?? []), queue),
      produce: { operation in produced.withLock { $0 = operation } },
      refuse: { Issue.record($0) }))
  let operation = try #require(produced.withLock { $0 })
  try await operation(MessageWriter(write: item))
}

/// Expects a call to be refused.
func refused(
  _ code: BatonError.Code, _ reason: BatonError.Reason,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async {
  do {
    try await body()
    Issue.record("not refused: \(reason.rawValue)", sourceLocation: sourceLocation)
  } catch let error as BatonError {
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    #expect(error.reason == reason, "\(error)", sourceLocation: sourceLocation)
  } catch {
    Issue.record(error, sourceLocation: sourceLocation)
  }
}
