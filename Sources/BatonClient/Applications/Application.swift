public import BatonCore
internal import BatonWire

/// An application as listings show it.
public struct ApplicationSummary: Sendable, Hashable {
  /// Its name.
  public var name: String
  /// Its newest version.
  public var version: Int
  /// When that version was deployed.
  public var created: Timestamp
  /// Its description.
  public var description: String?
  /// The names of its workflows, ascending.
  public var workflows: [String]

  init(_ wire: Wire.ApplicationSummary) {
    name = wire.application
    version = Int(wire.version)
    created = Timestamp(milliseconds: wire.created)
    description = wire.description.nonEmpty
    workflows = wire.workflows
  }
}

/// A version of an application as it was deployed.
public struct ApplicationContent: Sendable, Hashable {
  /// The application's name.
  public var name: String
  /// The version.
  public var version: Int
  /// When it was deployed.
  public var created: Timestamp
  /// The format of the file: `YAML` or `JSON`.
  public var format: String
  /// The file.
  public var content: String
  /// Who deployed it.
  public var principal: String?

  init(_ wire: Wire.GetApplicationResponse) {
    name = wire.application
    version = Int(wire.version)
    created = Timestamp(milliseconds: wire.created)
    format = wire.format.name
    content = String(decoding: wire.content, as: UTF8.self)
    principal = wire.principal.nonEmpty
  }
}
