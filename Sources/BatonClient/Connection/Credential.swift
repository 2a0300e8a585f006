/// What a client shows to say who it is; kept out of descriptions and logs.
public struct Credential: Sendable, Hashable {
  package enum Kind: Sendable, Hashable {
    case bearer
    case task
  }

  package var kind: Kind
  private var secret: String

  /// A bearer token: a JWT of a user (`Bearer`).
  ///
  /// It is sent only over loopback or a Unix socket, see ``withBatonClient(address:options:_:)``.
  public static func bearer(_ token: String) -> Credential {
    Credential(kind: .bearer, secret: token)
  }

  /// The credential of one attempt, from `BATON_TASK_TOKEN` (`Task`).
  public static func task(_ credential: String) -> Credential {
    Credential(kind: .task, secret: credential)
  }

  private init(kind: Kind, secret: String) {
    self.kind = kind
    self.secret = secret
  }

  /// The value of the metadata `authorization`.
  package var authorization: String {
    switch kind {
    case .bearer: "Bearer \(secret)"
    case .task: "Task \(secret)"
    }
  }
}

extension Credential: CustomStringConvertible, CustomDebugStringConvertible {
  /// The kind alone.
  public var description: String { kind == .bearer ? "Bearer ***" : "Task ***" }
  /// The kind alone.
  public var debugDescription: String { description }
}
