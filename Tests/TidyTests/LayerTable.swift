/// Who may import whom: the table of `docs/architecture/README.md`, by folder.
///
/// A rule for a folder inside a target adds to the rule of the target. A folder of `Sources` that
/// is not in the table is a finding, so that a new target gets its place here first.
struct LayerTable {
  /// What the files below a folder may import.
  struct Rule {
    var folder: String
    var modules: Set<String>
    /// Beginnings of names: `NIO` allows `NIOCore`, `NIOPosix` and all the others.
    var prefixes: [String] = []
    /// Whether everything is allowed; only where all is put together.
    var isOpen = false
    /// Whether Foundation and the C library are allowed as everywhere else.
    var hasSystemModules = true
  }

  var rules: [Rule]

  /// Modules of the system that every target may use, unless its rule says otherwise.
  static let systemModules: Set<String> = [
    "Foundation", "FoundationEssentials", "FoundationNetworking", "Glibc", "Musl",
  ]
  /// Modules of the standard library.
  static let standardModules: Set<String> = [
    "Swift", "Synchronization", "_Concurrency", "_StringProcessing", "RegexBuilder",
  ]

  private static let collections: Set<String> = [
    "Collections", "BasicContainers", "BitCollections", "DequeModule", "HashTreeCollections",
    "HeapModule", "OrderedCollections",
  ]

  /// The table of this repository.
  static let baton = LayerTable(rules: [
    // Pure: no I/O. The files that need Foundation all the same are listed one by one.
    Rule(folder: "BatonCore", modules: collections, hasSystemModules: false),

    Rule(folder: "BatonYAML", modules: ["BatonCore", "Yams", "CYaml"]),
    Rule(folder: "BatonExpressions", modules: ["BatonCore", "GRDBSQLite"]),
    Rule(
      folder: "BatonWire",
      modules: ["BatonCore", "CBatonProtos", "CProtobufC", "NIOCore"]),
    Rule(
      folder: "BatonRPC", modules: ["BatonCore", "BatonWire", "Logging"], prefixes: ["NIO"]),
    Rule(
      folder: "BatonStore",
      modules: collections.union(["BatonCore", "CSQLiteSettings", "GRDB", "GRDBSQLite", "Crypto"])),
    Rule(folder: "BatonExec", modules: ["BatonCore", "Logging"]),

    // The services never know each other, nor a transport or a database.
    Rule(
      folder: "BatonEngine",
      modules: collections.union([
        "BatonCore", "BatonStore", "BatonWire", "BatonExec", "Logging", "Crypto",
      ])),
    Rule(
      folder: "BatonTokenStore",
      modules: ["BatonCore", "BatonStore", "BatonWire", "Logging", "Crypto"]),
    Rule(
      folder: "BatonScheduler", modules: ["BatonCore", "BatonStore", "BatonWire", "Logging"]),

    Rule(folder: "BatonClient", modules: ["BatonCore", "BatonRPC", "BatonWire", "Logging"]),
    Rule(
      folder: "baton",
      modules: ["BatonCore", "BatonClient", "ArgumentParser", "Histogram", "Logging"]),
    // Measures the machine below Baton: raw sockets, raw SQLite.
    Rule(
      folder: "baton/Bench",
      modules: ["BatonRPC", "BatonWire", "NIOCore", "NIOPosix", "GRDBSQLite"]),
    Rule(folder: "batond", modules: [], isOpen: true),

    // No Swift.
    Rule(folder: "CProtobufC", modules: [], hasSystemModules: false),
    Rule(folder: "CBatonProtos", modules: [], hasSystemModules: false),
    Rule(folder: "baton-shim", modules: [], hasSystemModules: false),
  ])

  /// The imports of a file of `Sources` that its folder does not allow.
  func findings(in file: TextFile, code: String) -> [Finding] {
    let components = file.path.split(separator: "/").dropFirst().dropLast()
    let folder = components.joined(separator: "/")
    let matching = rules.filter { folder == $0.folder || folder.hasPrefix($0.folder + "/") }
    guard !matching.isEmpty else {
      return [Finding(path: file.path, line: 0, message: "is in no folder of the layer table")]
    }
    return ImportStatement.all(in: code)
      .filter { statement in !matching.contains { $0.allows(statement.module) } }
      .map { statement in
        Finding(
          path: file.path, line: statement.line,
          message: "\(matching[0].folder) may not import \(statement.module)")
      }
  }
}

extension LayerTable.Rule {
  fileprivate func allows(_ module: String) -> Bool {
    isOpen || modules.contains(module) || LayerTable.standardModules.contains(module)
      || (hasSystemModules && LayerTable.systemModules.contains(module))
      || prefixes.contains { module.hasPrefix($0) }
  }
}
