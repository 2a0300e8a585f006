import Foundation

/// The files of the repository, as they lie on disk.
struct Repository {
  /// The directory that holds `Package.swift`.
  var root: URL

  /// The repository that this source file belongs to.
  static let current = Repository(
    root: URL(filePath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent())

  /// Every text file, sorted by path; what `.gitignore` names is left out.
  func textFiles() throws -> [TextFile] {
    var paths: [String] = []
    try collect("", into: &paths)
    return try paths.sorted().compactMap { path in
      let bytes = try Data(contentsOf: root.appending(path: path))
      guard !bytes.contains(0) else { return nil }
      return String(data: bytes, encoding: .utf8).map { TextFile(path: path, text: $0) }
    }
  }

  /// Whether something lies at a path relative to the root.
  func contains(_ path: String) -> Bool {
    FileManager.default.fileExists(atPath: root.appending(path: path).path)
  }

  /// Whether the file at a path relative to the root may be executed.
  func isExecutable(_ path: String) -> Bool {
    FileManager.default.isExecutableFile(atPath: root.appending(path: path).path)
  }

  private func collect(_ folder: String, into paths: inout [String]) throws {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: root.appending(path: folder).path)
    for name in names where !Self.isIgnored(name) {
      let path = folder.isEmpty ? name : "\(folder)/\(name)"
      var isFolder: ObjCBool = false
      // Whoever edits a file meanwhile may have removed it again.
      guard
        FileManager.default.fileExists(
          atPath: root.appending(path: path).path, isDirectory: &isFolder)
      else { continue }
      if isFolder.boolValue {
        try collect(path, into: &paths)
      } else {
        paths.append(path)
      }
    }
  }

  private static func isIgnored(_ name: String) -> Bool {
    name == ".git" || name.hasPrefix(".build") || name == "Package.resolved"
      || name == "baton-data" || name == "__pycache__" || name.hasSuffix(".o")
  }
}

/// A text file and its path relative to the root.
struct TextFile {
  var path: String
  var text: String

  /// The lines without their ends.
  var lines: [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }

  /// Whether the file is written by a program.
  var isGenerated: Bool {
    path.hasPrefix("Sources/CBatonProtos/") || path.contains("/Generated/")
  }

  /// Whether the file is Swift that somebody writes by hand.
  var isHandwrittenSwift: Bool {
    path.hasSuffix(".swift") && !isGenerated
  }

  /// Whether the file is Swift or C, below `Sources` or `Tests`, that somebody writes by hand.
  var isHandwrittenCode: Bool {
    (path.hasPrefix("Sources/") || path.hasPrefix("Tests/")) && !isGenerated
      && (path.hasSuffix(".swift") || path.hasSuffix(".c") || path.hasSuffix(".h"))
  }
}
