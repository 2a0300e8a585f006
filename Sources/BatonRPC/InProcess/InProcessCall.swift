internal import BatonCore
internal import BatonWire
internal import NIOCore
internal import Synchronization

/// A call within the process: where its server side answers, and its client side waits.
final class InProcessCall: ServerCallSink {
  let deadline: Duration?
  /// The answer of a call with a single response.
  let response = OneShot<ByteBuffer>()
  /// The messages of a call that answers with a stream.
  let outbound: InboundStream
  private let transport: InProcessTransport
  private let timekeeper: Timekeeper
  private let outboundGate = Gate()
  private let inboundGate = Gate()
  private let ending = Ending()
  private let inbound: InboundStream?
  private let serverSide = Mutex<ServerCall?>(nil)

  init(
    transport: InProcessTransport, entry: DispatchTable.Entry, metadata: Metadata,
    identity: CallIdentity, deadline: Duration?, timekeeper: Timekeeper
  ) {
    self.transport = transport
    self.deadline = deadline
    self.timekeeper = timekeeper
    let limits = transport.options.streamLimits
    outbound = InboundStream(limits: limits) { [outboundGate] in outboundGate.open() }
    inbound =
      entry.kind.hasSingleRequest
      ? nil : InboundStream(limits: limits) { [inboundGate] in inboundGate.open() }
    let call = ServerCall(
      id: 1, entry: entry, metadata: metadata, identity: identity, deadline: nil,
      inbound: inbound, sink: self)
    serverSide.withLock { $0 = call }
  }

  var peer: String { transport.peer.address }
  var hasEnded: Bool { serverSide.withLock { $0?.hasEnded } ?? true }
  var timeRemaining: Duration? { deadline.map { $0 - timekeeper.now } }

  func start(_ payload: ByteBuffer) {
    let call = serverSide.withLock { $0 }
    call?.start(payload)
  }

  func adopt(_ identity: CallIdentity) {}

  func start(_ operation: @escaping ChildTasks.Operation) {
    transport.children.add(operation)
  }

  // MARK: The client's side

  /// Gives the call up.
  func cancel() {
    end { $0.cancel(Self.cancelled) }
    outbound.finish(CancellationError(), discarding: true)
    response.complete(.failure(CancellationError()))
  }

  func deadlinePassed() {
    end { $0.cancel(ServerCore.deadlineExceeded) }
  }

  /// Ends the call with an error from the server's side.
  func fail(_ error: BatonError) {
    end { $0.cancel(error) }
  }

  private func end(_ body: (ServerCall) -> Void) {
    if let call = serverSide.withLock({ $0 }) { body(call) }
  }

  /// Sends a message of the client's stream.
  func write<Item: Message>(_ item: Item) async throws {
    guard let inbound, !hasEnded else { throw CancellationError() }
    let payload = try encoded(item, "frame_too_large")
    try await inboundGate.wait()
    guard !hasEnded, !ending.hasBegun else { throw CancellationError() }
    inboundGate.close { inbound.push(payload) }
  }

  /// Ends the client's stream.
  func endWriting() {
    if ending.begin() { inbound?.finish() }
  }

  // MARK: The server's side

  func answer(_ call: ServerCall, _ serialize: MessageSerializer) {
    var payload = ByteBuffer()
    serialize(&payload) { _, _ in }
    do throws(BatonError) {
      answer(call, encoded: try checked(payload, "reply_too_large"))
    } catch {
      fail(call, error)
    }
  }

  func answer(_ call: ServerCall, encoded payload: ByteBuffer) {
    finished()
    response.complete(.success(payload))
  }

  func fail(_ call: ServerCall, _ error: BatonError) {
    finished()
    // What crosses the wire crosses here: no cause, and the text in its form.
    let error = BatonError(code: error.code, wireMessage: error.description)
    outbound.finish(error)
    response.complete(.failure(error))
  }

  func finish(_ call: ServerCall) {
    finished()
    outbound.finish()
  }

  func send<Item: Message>(_ call: ServerCall, _ item: Item) async throws {
    try await send(call, encoded: try encoded(item, "reply_too_large"))
  }

  func send(_ call: ServerCall, encoded payload: ByteBuffer) async throws {
    guard payload.readableBytes <= transport.options.messageLimit else {
      throw Self.tooLarge("reply_too_large", payload.readableBytes, transport.options)
    }
    try await outboundGate.wait()
    guard !call.hasEnded else { throw CancellationError() }
    outboundGate.close { outbound.push(payload) }
  }

  private func finished() {
    transport.ended(self)
    // The two sides hold each other until the call has ended.
    serverSide.withLock { $0 = nil }
    outboundGate.open()
    inboundGate.open()
  }

  private func encoded<Body: Message>(
    _ message: Body, _ reason: BatonError.Reason
  ) throws(BatonError) -> ByteBuffer {
    try checked(message.serialized(), reason)
  }

  private func checked(
    _ payload: ByteBuffer, _ reason: BatonError.Reason
  ) throws(BatonError) -> ByteBuffer {
    guard payload.readableBytes <= transport.options.messageLimit else {
      throw Self.tooLarge(reason, payload.readableBytes, transport.options)
    }
    return payload
  }

  static func tooLarge(
    _ reason: BatonError.Reason, _ size: Int, _ options: InProcessTransport.Options
  ) -> BatonError {
    BatonError(
      .resourceExhausted, reason,
      "the message takes \(size) bytes; a frame carries at most \(options.messageLimit)")
  }

  private static var cancelled: BatonError {
    BatonError(.cancelled, "cancelled", "the client cancelled the call")
  }
}
