import Foundation

/// A text file of the repository that these tests belong to.
struct RepositoryText {
  /// The path relative to the root.
  var path: String
  var text: String

  private static let root = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent()

  /// The file at a path relative to the root.
  init(_ path: String) throws {
    self.path = path
    text = try String(contentsOf: Self.root.appending(path: path), encoding: .utf8)
  }

  /// The files below a folder whose names end as given; one that goes away meanwhile is left out.
  static func all(below folder: String, ending suffix: String) throws -> [RepositoryText] {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: root.appending(path: folder).path)
    return names.sorted().flatMap { name -> [RepositoryText] in
      let path = "\(folder)/\(name)"
      if name.hasSuffix(suffix) { return (try? RepositoryText(path)).map { [$0] } ?? [] }
      // Only folders of ours have no extension.
      return name.contains(".") ? [] : (try? all(below: path, ending: suffix)) ?? []
    }
  }

  /// The lines that are comments, without their marks; the others are empty.
  var comments: [Substring] {
    lines.map { line in
      let text = line.drop { $0 == " " }
      return text.hasPrefix("//") ? text.drop { $0 == "/" } : ""
    }
  }

  /// The text with empty lines where comments stand.
  var code: String {
    lines.map { $0.drop { $0 == " " }.hasPrefix("//") ? "" : $0 }.joined(separator: "\n")
  }

  private var lines: [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
  }
}
