import Foundation

/// Rules that look at lines, names and paths.
enum TextRules {
  static let maximumLines = 600
  static let maximumColumns = 100

  /// Names that say nothing about what is inside.
  static let emptyNames = ["Manager", "Helper", "Utils", "Common"]

  /// A file that is too long, and lines that are too wide.
  static func size(of file: TextFile) -> [Finding] {
    var findings: [Finding] = []
    // The end of the last line begins no further one.
    let lines = file.text.hasSuffix("\n") ? file.lines.dropLast() : file.lines[...]
    if lines.count > maximumLines {
      findings.append(
        Finding(
          path: file.path, line: 0, message: "has \(lines.count) lines, \(maximumLines) at most"))
    }
    let wide = lines.indices.filter {
      lines[$0].utf8.count > maximumColumns && lines[$0].count > maximumColumns
    }
    guard !wide.isEmpty else { return findings }
    let code = TextFile(
      path: file.path, text: CodeText.of(file.text, keepsComments: true)
    ).lines
    for offset in wide {
      let line = lines[offset]
      // Data in a literal of several lines is as wide as it is.
      if file.path.hasSuffix(".swift") && code[offset].isEmpty { continue }
      findings.append(
        Finding(
          path: file.path, line: offset + 1,
          message: "has \(line.count) columns, \(maximumColumns) at most"))
    }
    return findings
  }

  /// A file name that says nothing.
  static func name(of file: TextFile) -> [Finding] {
    let name = file.path.split(separator: "/").last ?? ""
    return emptyNames.filter { name.contains($0) }.map {
      Finding(path: file.path, line: 0, message: "“\($0)” says nothing about what is inside")
    }
  }

  /// Paths that only some machine has.
  static func machinePaths(in file: TextFile) -> [Finding] {
    // Put together here, so that this file holds none.
    let folders = ["work", "root", "home"].joined(separator: "|")
    return Matches.of(#"(?<![\w.~})-])/("# + folders + ")/", in: file.text).map {
      Finding(path: file.path, line: $0.line, message: "path of a machine: \($0.groups[0] ?? "")")
    }
  }

  /// Imports of `Sources` that do not say for whom they are.
  static func importAccess(in file: TextFile, code: String) -> [Finding] {
    ImportStatement.all(in: code).filter { $0.access == nil }.map {
      Finding(
        path: file.path, line: $0.line, message: "import \($0.module) has no access level")
    }
  }

  /// Links of a page to files that do not exist.
  static func brokenLinks(in file: TextFile, exists: (String) -> Bool) -> [Finding] {
    let folder = file.path.split(separator: "/").dropLast()
    return Matches.of(#"\]\(([^)\s#]+)(#[^)\s]*)?\)"#, in: file.text).compactMap { match in
      guard let target = match.groups[1], !target.contains(":") else { return nil }
      var path = folder.map(String.init)
      for part in target.split(separator: "/") where part != "." {
        if part == ".." { _ = path.popLast() } else { path.append(String(part)) }
      }
      guard !exists(path.joined(separator: "/")) else { return nil }
      return Finding(path: file.path, line: match.line, message: "link to nothing: \(target)")
    }
  }
}
