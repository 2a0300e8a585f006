import Foundation

/// An `import` of a Swift source.
struct ImportStatement: Hashable {
  /// From 1.
  var line: Int
  var attributes: String
  /// `public`, `package`, …; nil: none is written.
  var access: String?
  var module: String

  /// The imports of a source that ``CodeText`` has stripped.
  static func all(in code: String) -> [ImportStatement] {
    let pattern =
      #"^[ \t]*((?:@\w+(?:\([^)]*\))?[ \t]+)*)"#
      + #"(?:(public|package|internal|fileprivate|private)[ \t]+)?import[ \t]+"#
      + #"(?:(?:struct|class|enum|protocol|typealias|func|var|let)[ \t]+)?(\w+)"#
    return Matches.of(pattern, in: code).map { match in
      ImportStatement(
        line: match.line, attributes: match.groups[1] ?? "", access: match.groups[2],
        module: match.groups[3] ?? "")
    }
  }
}

/// Where a regular expression matches.
struct Matches {
  /// From 1.
  var line: Int
  /// The whole match, then its groups.
  var groups: [String?]

  /// Every match, in order; `^` and `$` mean lines.
  static func of(_ pattern: String, in text: String) -> [Matches] {
    guard
      let expression = try? NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
    else { preconditionFailure("not a regular expression: \(pattern)") }
    let whole = NSRange(text.startIndex..., in: text)
    return expression.matches(in: text, range: whole).compactMap { result in
      guard let range = Range(result.range, in: text) else { return nil }
      let line = 1 + text[..<range.lowerBound].utf8.count { $0 == UInt8(ascii: "\n") }
      let groups = (0..<result.numberOfRanges).map { group in
        Range(result.range(at: group), in: text).map { String(text[$0]) }
      }
      return Matches(line: line, groups: groups)
    }
  }
}
