import BatonCore
import BatonWire
import NIOCore
import Synchronization
import Testing

@Suite("generated services")
struct DispatchTests {
  private struct Tokens: Wire.TokenStoreService {
    func getToken(_ request: Wire.GetTokenRequest, _ call: UnaryCall<Wire.GetTokenResponse>) {
      call.reply(.init(entry: .init(key: request.key, value: "42")))
    }

    func watchToken(_ request: Wire.WatchTokenRequest, _ call: ServerStreamCall<Wire.TokenEntry>) {
      call.respond { entries in
        for key in ["a", "b"] { try await entries.send(.init(key: key)) }
      }
    }
  }

  private func unary(
    _ method: String, _ payload: ByteBuffer
  ) throws -> RecordingResponder {
    let handler = try #require(Tokens().definition.methods[method])
    let responder = RecordingResponder(handler.descriptor)
    guard case .unary(let serve) = handler.body else {
      Issue.record("\(method) is not unary")
      return responder
    }
    serve(payload, responder)
    return responder
  }

  @Test("a unary call is decoded, served and answered")
  func unaryCall() throws {
    let responder = try unary("GetToken", Wire.GetTokenRequest(key: "rows").serialized())
    let answer = try #require(responder.payloads.first)
    #expect(try Wire.GetTokenResponse(payload: answer).entry?.value == "42")
  }

  @Test("FR7: an undecodable payload is answered INVALID_ARGUMENT")
  func undecodable() throws {
    let responder = try unary("GetToken", ByteBuffer(bytes: [0x0a]))
    #expect(responder.error?.code == .invalidArgument)
    #expect(responder.error?.reason == "malformed_message")
  }

  @Test("FR7: a method that nobody wrote is answered UNIMPLEMENTED")
  func notAvailable() throws {
    let responder = try unary("PutToken", ByteBuffer())
    #expect(responder.error?.code == .unimplemented)
    #expect(responder.error?.reason == "unknown_method")
    #expect(
      responder.error?.message
        == "baton.token.v1.TokenStore.PutToken is not available in this version")
  }

  @Test("a stream is sent and ended")
  func serverStream() async throws {
    let handler = try #require(Tokens().definition.methods["WatchToken"])
    let responder = RecordingResponder(handler.descriptor)
    guard case .serverStream(let serve) = handler.body else {
      Issue.record("WatchToken is no server stream")
      return
    }
    serve(Wire.WatchTokenRequest().serialized(), responder)
    await responder.runWork()
    let keys = try responder.payloads.map { try Wire.TokenEntry(payload: $0).key }
    #expect(keys == ["a", "b"])
    #expect(responder.isFinished)
    #expect(responder.error == nil)
  }

  @Test("descriptors carry kind, roles and options of the protos")
  func descriptors() {
    #expect(Wire.TokenStore.putToken.roles == [.task, .service])
    #expect(Wire.TokenStore.putToken.isMutating)
    #expect(!Wire.TokenStore.putToken.isIdempotent)
    #expect(Wire.TokenStore.getToken.isIdempotent)
    #expect(Wire.TokenStore.watchToken.kind == .serverStream)
    #expect(Wire.Session.ping.roles == [MethodRole.none])
    #expect(Wire.TokenStore.name == "baton.token.v1.TokenStore")
  }

  @Test("SR66: every method of every service says who may call it")
  func everyMethodHasRoles() {
    #expect(!Wire.services.isEmpty)
    for service in Wire.services {
      for method in service.methods {
        #expect(!method.roles.isEmpty, "\(method.service).\(method.method)")
        #expect(method.service == service.name)
      }
    }
  }

  @Test("a client calls the method with its message")
  func client() async throws {
    let client = Wire.TokenStoreClient(LoopbackCaller(service: Tokens().definition))
    #expect(try await client.getToken(.init(key: "rows")).entry?.key == "rows")
    await #expect(throws: BatonError.self) { try await client.putToken(.init()) }
  }
}

/// Keeps what a handler answers.
final class RecordingResponder: UnaryResponder, StreamResponder {
  private struct State {
    var payloads: [ByteBuffer] = []
    var error: BatonError?
    var isFinished = false
    var work: [@Sendable () async -> Void] = []
  }

  let method: MethodDescriptor
  let metadata = Metadata()
  let peer = "test"
  let isCancelled = false
  private let state = Mutex(State())

  init(_ method: MethodDescriptor) { self.method = method }

  var payloads: [ByteBuffer] { state.withLock { $0.payloads } }
  var error: BatonError? { state.withLock { $0.error } }
  var isFinished: Bool { state.withLock { $0.isFinished } }

  func run(_ operation: @escaping @Sendable () async -> Void) {
    state.withLock { $0.work.append(operation) }
  }

  /// Does what the handler left to be done.
  func runWork() async {
    for operation in state.withLock({ $0.work }) { await operation() }
  }

  func answer(_ serialize: MessageSerializer) {
    var payload = ByteBuffer()
    serialize(&payload) { _, _ in }
    answer(encoded: payload)
  }

  func fail(_ error: BatonError) {
    finish(error)
  }

  func answer(encoded payload: ByteBuffer) {
    state.withLock { $0.payloads.append(payload) }
  }

  func send<Item: Message>(_ item: Item) async throws {
    answer(encoded: item.serialized())
  }

  func send(encoded payload: ByteBuffer) async throws {
    answer(encoded: payload)
  }

  func finish(_ error: BatonError?) {
    state.withLock { state in
      state.error = error
      state.isFinished = true
    }
  }
}

/// Carries unary calls straight to a service.
private struct LoopbackCaller: Caller {
  let service: ServiceDefinition

  func unary<Request: Message, Response: Message>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions
  ) async throws -> Response {
    let responder = RecordingResponder(method)
    guard case .unary(let serve)? = service.methods[method.method]?.body else {
      throw BatonError(.unimplemented, "unknown_method", method.method)
    }
    serve(request.serialized(), responder)
    if let error = responder.error { throw error }
    return try Response(payload: responder.payloads.first ?? ByteBuffer())
  }

  func serverStream<Request: Message, Item: Message, Result>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions,
    _ body: (MessageStream<Item>) async throws -> Result
  ) async throws -> Result {
    throw BatonError(.unimplemented, "unknown_method", method.method)
  }

  func clientStream<Item: Message, Response: Message>(
    _ method: MethodDescriptor, of item: Item.Type, options: CallOptions,
    _ produce: (MessageWriter<Item>) async throws -> Void
  ) async throws -> Response {
    throw BatonError(.unimplemented, "unknown_method", method.method)
  }

  func bidirectional<Item: Message, Answer: Message, Result>(
    _ method: MethodDescriptor, of item: Item.Type, answer: Answer.Type, options: CallOptions,
    _ body: (MessageWriter<Item>, MessageStream<Answer>) async throws -> Result
  ) async throws -> Result {
    throw BatonError(.unimplemented, "unknown_method", method.method)
  }
}
