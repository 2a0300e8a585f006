public import BatonCore
package import BatonWire

/// A change of a run's environment: names are removed first, then values are set (RE13).
public struct EnvironmentChange: Sendable, Hashable {
  /// Values to set, replaced whole.
  public var values: [String: String]
  /// Names to remove; an absent one is no error.
  public var unset: [String]
  /// Names whose values are secret from now on.
  public var secret: [String]
  /// The change is refused with `env_changed` unless this is the newest revision; nil for any.
  public var expectedRevision: Int?

  /// A change of nothing but what is given.
  public init(
    values: [String: String] = [:], unset: [String] = [], secret: [String] = [],
    expectedRevision: Int? = nil
  ) {
    self.values = values
    self.unset = unset
    self.secret = secret
    self.expectedRevision = expectedRevision
  }

  /// Whether nothing is given.
  public var isEmpty: Bool {
    values.isEmpty && unset.isEmpty && secret.isEmpty && expectedRevision == nil
  }

  var wire: Wire.EnvChange? {
    guard !isEmpty else { return nil }
    return Wire.EnvChange(
      env: values, unsetEnv: unset, secretEnv: secret,
      expectedEnvRevision: UInt32(clamping: expectedRevision ?? 0))
  }
}

/// One altered name of the environment; secret values read `***`.
public struct EnvironmentEdit: Sendable, Hashable {
  /// The name.
  public var name: String
  /// Its value before; nil when it was not set.
  public var old: String?
  /// Its value after; nil when it was removed.
  public var new: String?
  /// Whether its values are secret.
  public var isSecret: Bool
}

/// One name of the environment.
public struct EnvironmentEntry: Sendable, Hashable {
  /// The name.
  public var name: String
  /// Its value; `***` when secret.
  public var value: String
  /// Whether it is secret.
  public var isSecret: Bool
  /// The revision that set this value.
  public var setIn: Int
}

/// The environment of a tree of runs as of a revision.
public struct RunEnvironmentRecord: Sendable, Hashable {
  /// The revision, from 1.
  public var revision: Int
  /// Its entries by name, ascending by bytes.
  public var entries: [EnvironmentEntry]
}

/// A revision of the environment (RE15).
public struct EnvironmentRevision: Sendable, Hashable {
  /// From 1.
  public var number: Int
  /// When it was made.
  public var time: Timestamp?
  /// Who made it.
  public var principal: String
  /// The request id of the call, if any.
  public var requestID: String?
  /// The call: `TRIGGER`, `RERUN`, `RESUME`, `UPDATE` or `SKIP`.
  public var call: String
  /// The run at which it was made.
  public var runID: String
  /// The note of the call, if any.
  public var note: String?
  /// What it altered, by name.
  public var edits: [EnvironmentEdit]
}

extension EnvironmentEdit {
  /// The value that a message of the contract stands for.
  package init(_ wire: Wire.EnvEdit) {
    name = wire.name
    old = wire.old
    new = wire.new
    isSecret = wire.secret
  }
}

extension EnvironmentEntry {
  init(_ wire: Wire.EnvEntry) {
    name = wire.name
    value = wire.value
    isSecret = wire.secret
    setIn = Int(wire.setIn)
  }
}

extension EnvironmentRevision {
  init(_ wire: Wire.EnvRevision) {
    number = Int(wire.number)
    time = Timestamp(wire: wire.time)
    principal = wire.principal
    requestID = wire.requestID.nonEmpty
    call = wire.call.name
    runID = wire.runID
    note = wire.note.nonEmpty
    edits = wire.changes.map(EnvironmentEdit.init)
  }
}
