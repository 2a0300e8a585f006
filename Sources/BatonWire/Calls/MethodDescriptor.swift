/// The shape of a call (wire.md §3).
public enum CallKind: Sendable, Hashable {
  case unary
  case serverStream
  case clientStream
  case bidirectional

  /// Whether the client sends exactly one message, inside the request frame.
  public var hasSingleRequest: Bool { self == .unary || self == .serverStream }
  /// Whether the server sends exactly one message, inside the response frame.
  public var hasSingleResponse: Bool { self == .unary || self == .clientStream }
}

/// A method of the contract, generated from its `.proto`.
public struct MethodDescriptor: Sendable, Hashable {
  /// The full name of the service, `baton.token.v1.TokenStore`.
  public var service: String
  /// The bare name of the method, `GetToken`.
  public var method: String
  /// How many messages travel each way.
  public var kind: CallKind
  /// Whether the call changes state.
  public var isMutating: Bool
  /// Whether the call may be repeated as it is; a mutating one with a request id may be, too.
  public var isIdempotent: Bool
  /// Who may call it; empty: nobody.
  public var roles: [MethodRole]

  /// A method as its `.proto` describes it.
  public init(
    service: String, method: String, kind: CallKind, isMutating: Bool = false,
    isIdempotent: Bool = false, roles: [MethodRole] = []
  ) {
    self.service = service
    self.method = method
    self.kind = kind
    self.isMutating = isMutating
    self.isIdempotent = isIdempotent
    self.roles = roles
  }
}

/// Who may call a method; the words of the `role` option in the protos.
public enum MethodRole: String, Sendable, Hashable, CaseIterable {
  case none, reader, `operator`, admin, globalAdmin, task, worker, service
}
