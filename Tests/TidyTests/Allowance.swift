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
  static let all = [
    Allowance(
      path: "Sources/BatonExpressions/ExpressionConnection.swift", ban: "@unchecked Sendable",
      reason: "owns a SQLite handle that one user at a time has; the pool hands it out"),
    Allowance(
      path: "Sources/BatonStore/Memory/MemoryBackend.swift", ban: "@unchecked Sendable",
      reason: "its tables are handed to closures under its lock; Mutex would copy them"),
    Allowance(
      path: "Sources/BatonCore/Token/TokenSnapshot.swift", ban: "@unchecked Sendable",
      reason: "storage that is changed only while it is uniquely referenced"),
    Allowance(
      path: "Sources/BatonRPC/Server/ServerCall.swift", ban: "@unchecked Sendable",
      reason: "holds an UnsafeCurrentTask while that task is known to run, under a lock"),
    Allowance(
      path: "Sources/BatonRPC/InProcess/Timekeeper.swift", ban: "sleep",
      reason: "its `sleep` is the injected clock's; the one alarm of the transport"),
  ]

  /// Whether the finding is one that this entry is about.
  func covers(_ finding: Finding) -> Bool {
    finding.path == path
      && (finding.message.hasPrefix("\(ban) is banned")
        || finding.message.hasSuffix(" may not import \(ban)"))
  }
}
