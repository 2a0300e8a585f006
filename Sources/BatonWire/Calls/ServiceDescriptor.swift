/// A service of the contract, generated from its `.proto`.
public struct ServiceDescriptor: Sendable, Hashable {
  /// The full name, `baton.token.v1.TokenStore`.
  public var name: String
  /// The methods in the order of the contract.
  public var methods: [MethodDescriptor]

  /// A service by its name and methods.
  public init(name: String, methods: [MethodDescriptor]) {
    self.name = name
    self.methods = methods
  }
}
