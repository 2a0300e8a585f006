/// Something that Baton's code does without.
struct Ban {
  /// The name by which an ``Allowance`` refers to it.
  var name: String
  /// A regular expression over code without comments and strings.
  var pattern: String
  /// What to do instead.
  var instead: String
  /// Whether tests do without it, too.
  var holdsInTests = false

  static let all = [
    Ban(
      name: "Task", pattern: #"\bTask\s*(<[^>]*>\s*)?(\([^)]*\)\s*)?\{"#,
      instead: "make it a child of a task group"),
    Ban(
      name: "Task.detached", pattern: #"\bTask\s*(<[^>]*>)?\.\s*detached\b"#,
      instead: "make it a child of a task group"),
    Ban(
      name: "DispatchQueue", pattern: #"\bDispatchQueue\b"#,
      instead: "use a lock, an actor or a thread with a name"),
    Ban(
      name: "@unchecked Sendable", pattern: #"@unchecked\b"#,
      instead: "guard the state with Mutex"),
    Ban(
      name: "nonisolated(unsafe)", pattern: #"\bnonisolated\s*\(\s*unsafe\s*\)"#,
      instead: "guard the state with Mutex"),
    Ban(name: "try!", pattern: #"\btry!"#, instead: "throw"),
    Ban(
      name: "fatalError", pattern: #"\bfatalError\s*\("#,
      instead: "throw, or state the invariant with precondition"),
    Ban(
      name: "sleep",
      pattern:
        #"\b(Task|Thread)\s*(<[^>]*>)?\s*\.\s*sleep\b|(?<![.\w])(?<!func )(u|nano)?sleep\s*\("#,
      instead: "await a signal, or the injected clock", holdsInTests: true),
    Ban(
      name: "XCTest", pattern: #"\bimport\s+XCTest\b"#, instead: "use Swift Testing",
      holdsInTests: true),
    Ban(
      name: "@testable", pattern: #"@testable\b"#, instead: "declare it package",
      holdsInTests: true),
  ]

  /// Where a file breaks the ban.
  func findings(in file: TextFile, code: String) -> [Finding] {
    guard file.path.hasPrefix("Sources/") || holdsInTests else { return [] }
    return Matches.of(pattern, in: code).map {
      Finding(path: file.path, line: $0.line, message: "\(name) is banned: \(instead)")
    }
  }
}
