internal import BatonWire

/// Adds a client's identity and deadline to every call that does not bring its own.
struct OptionsCaller: Caller {
  private let base: any Caller
  private let timeout: Duration
  private let metadata: [Metadata.Element]

  init(base: any Caller, options: ClientOptions) {
    self.base = base
    timeout = options.timeout
    var metadata = [Metadata.Element(key: "baton-client", value: options.name)]
    if let credential = options.credential {
      metadata.append(.init(key: "authorization", value: credential.authorization))
    }
    self.metadata = metadata
  }

  private func completed(_ options: CallOptions, streams: Bool) -> CallOptions {
    var options = options
    if !streams && options.timeout == nil { options.timeout = timeout }
    for element in metadata where !options.metadata.contains(where: { $0.key == element.key }) {
      options.metadata.append(element)
    }
    return options
  }

  func unary<Request: Message, Response: Message>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions
  ) async throws -> Response {
    try await base.unary(method, request, options: completed(options, streams: false))
  }

  func serverStream<Request: Message, Item: Message, Result>(
    _ method: MethodDescriptor, _ request: Request, options: CallOptions,
    _ body: (MessageStream<Item>) async throws -> Result
  ) async throws -> Result {
    try await base.serverStream(method, request, options: completed(options, streams: true), body)
  }

  func clientStream<Item: Message, Response: Message>(
    _ method: MethodDescriptor, of item: Item.Type, options: CallOptions,
    _ produce: (MessageWriter<Item>) async throws -> Void
  ) async throws -> Response {
    try await base.clientStream(
      method, of: item, options: completed(options, streams: true), produce)
  }

  func bidirectional<Item: Message, Answer: Message, Result>(
    _ method: MethodDescriptor, of item: Item.Type, answer: Answer.Type, options: CallOptions,
    _ body: (MessageWriter<Item>, MessageStream<Answer>) async throws -> Result
  ) async throws -> Result {
    try await base.bidirectional(
      method, of: item, answer: answer, options: completed(options, streams: true), body)
  }
}
