/// Who makes a call.
public struct CallIdentity: Sendable {
  /// The name that grants and the audit know, such as `sub:alice`; empty: nobody in particular.
  public var name: String
  /// What the authenticator that made this identity wants to find again, such as checked claims.
  public var details: (any Sendable)?

  /// An identity by its name.
  public init(name: String, details: (any Sendable)? = nil) {
    self.name = name
    self.details = details
  }

  /// A caller who showed nothing.
  public static let anonymous = CallIdentity(name: "")
}
