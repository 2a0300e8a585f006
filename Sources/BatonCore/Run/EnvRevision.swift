/// A change of the environment as a call asks for it: names are unset first, then set (RE13).
package struct EnvChange: Hashable, Sendable {
  /// Values to set, replaced whole.
  package var values: [String: String]
  package var unset: [String]
  /// Names that are secret from now on (RE16).
  package var secret: [String]
  /// The change is refused unless this is the newest revision; 0: any (RE21).
  package var expectedRevision: Int

  package init(
    values: [String: String] = [:], unset: [String] = [], secret: [String] = [],
    expectedRevision: Int = 0
  ) {
    self.values = values
    self.unset = unset
    self.secret = secret
    self.expectedRevision = expectedRevision
  }

  /// Whether nothing is to be changed.
  package var isEmpty: Bool { values.isEmpty && unset.isEmpty && secret.isEmpty }
}

/// A revision of the environment of a tree of runs; it never changes (RE15).
///
/// The root's header holds revision 1; what is stored of it is who made it.
package struct EnvRevision: Hashable, Sendable {
  /// The root of the tree.
  package var root: RunID
  /// From 1.
  package var number: Int
  package var time: Timestamp
  package var principal: String
  /// Empty: the call had none.
  package var requestID: String
  package var call: EnvCall
  /// The run at which it was made.
  package var run: RunID
  package var note: String
  /// What it altered, by name ascending by bytes.
  package var edits: [EnvEdit]

  package init(
    root: RunID, number: Int, time: Timestamp, principal: String, requestID: String = "",
    call: EnvCall, run: RunID, note: String = "", edits: [EnvEdit] = []
  ) {
    self.root = root
    self.number = number
    self.time = time
    self.principal = principal
    self.requestID = requestID
    self.call = call
    self.run = run
    self.note = note
    self.edits = edits
  }
}

/// One altered name of the environment (RE15).
package struct EnvEdit: Hashable, Sendable {
  package var name: String
  /// The value before; nil: there was none.
  package var old: String?
  /// The value after; nil: it was unset.
  package var new: String?
  /// Whether its values are secret from this revision on (RE16).
  package var isSecret: Bool

  package init(name: String, old: String?, new: String?, isSecret: Bool = false) {
    self.name = name
    self.old = old
    self.new = new
    self.isSecret = isSecret
  }
}

/// The call that made a revision; raw values are stored.
package enum EnvCall: UInt8, Hashable, Sendable, CaseIterable {
  case trigger = 1
  case rerun, resume, update, skip

  /// The word of the contract, `RERUN`.
  package var word: String {
    ["TRIGGER", "RERUN", "RESUME", "UPDATE", "SKIP"][Int(rawValue) - 1]
  }
}

/// The environment of a tree of runs as of its newest revision (RE10, RE14).
package struct RunEnvironment: Hashable, Sendable {
  /// The newest revision.
  package var revision: Int
  package var values: [String: String]
  /// Names whose values are secret (RE16).
  package var secret: Set<String>

  package init(revision: Int = 1, values: [String: String], secret: Set<String> = []) {
    self.revision = revision
    self.values = values
    self.secret = secret
  }
}
