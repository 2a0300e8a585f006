/// A place where something banned is right, with the reason.
struct Allowance: Hashable {
  /// The file, relative to the root.
  var path: String
  /// The ``Ban/name``, or the module that ``LayerTable`` would not let the file import.
  var ban: String
  var reason: String

  /// All of them.
  ///
  /// An entry that is no longer needed fails the test.
  static let all: [Allowance] = []

  /// Whether the finding is one that this entry is about.
  func covers(_ finding: Finding) -> Bool {
    finding.path == path
      && (finding.message.hasPrefix("\(ban) is banned")
        || finding.message.hasSuffix(" may not import \(ban)"))
  }
}
