/// Something wrong with an application file, and where (G11).
package struct DefinitionProblem: Error, Hashable, Sendable {
  package var position: Document.Position
  /// The path of the item, such as `workflows.W.nodes[2].name`; empty for the whole file.
  package var path: String
  package var code: Code
  /// One sentence without its full stop.
  package var text: String

  package init(
    at position: Document.Position, path: String, code: Code, text: String
  ) {
    self.position = position
    self.path = path
    self.code = code
    self.text = text
  }

  /// The line, from 1.
  package var line: Int { position.line }
  /// The column in Unicode scalars, from 1.
  package var column: Int { position.column }

  /// The codes of problems, and those of warnings, of application files (G12, CT11).
  package enum Code: String, Hashable, Sendable, CaseIterable {
    case yamlSyntax = "yaml_syntax"
    case notAllowed = "not_allowed"
    case duplicateKey = "duplicate_key"
    case unknownField = "unknown_field"
    case wrongType = "wrong_type"
    case missingField = "missing_field"
    case badName = "bad_name"
    case badEnvName = "bad_env_name"
    case badValue = "bad_value"
    case limit
    case duplicateNode = "duplicate_node"
    case nodeNamedAsWorkflow = "node_named_as_workflow"
    case unknownProgram = "unknown_program"
    case kindUnavailable = "kind_unavailable"
    case unknownNode = "unknown_node"
    case badEdge = "bad_edge"
    case duplicateEdge = "duplicate_edge"
    case badJoin = "bad_join"
    case cycle
    case badTemplate = "bad_template"
    case badExpression = "bad_expression"
    case badSchedule = "bad_schedule"
  }
}

extension DefinitionProblem: CustomStringConvertible {
  /// `LINE:COLUMN path: code: sentence`.
  package var description: String {
    let place = path.isEmpty ? "" : " \(path)"
    return "\(line):\(column)\(place): \(code.rawValue): \(text)"
  }
}

/// The problems of one file: how many, and the first of them in the order of the file.
package struct ProblemList: Error, Sendable {
  /// How many problems are listed at most (G11).
  package static let maximumListed = 100

  /// How many problems there are, listed or not.
  package private(set) var total = 0
  private var kept: [Entry] = []

  private struct Entry {
    var problem: DefinitionProblem
    var number: Int
  }

  package init() {}

  /// A list of one problem.
  package init(_ problem: DefinitionProblem) {
    add(problem)
  }

  package var isEmpty: Bool { total == 0 }

  /// The first 100 problems by line and column, in the order found where these are equal.
  package var listed: [DefinitionProblem] {
    Self.first(kept).map(\.problem)
  }

  /// Counts a problem and keeps it while it can be among the listed ones.
  package mutating func add(_ problem: DefinitionProblem) {
    total += 1
    kept.append(Entry(problem: problem, number: total))
    if kept.count >= 4 * Self.maximumListed { kept = Self.first(kept) }
  }

  /// Adds all problems of another list of the same file.
  package mutating func add(_ other: ProblemList) {
    let unlisted = other.total - other.kept.count
    for entry in other.kept { add(entry.problem) }
    total += unlisted
  }

  /// The message of the refusal: a line with the total, then `[n] LINE:COLUMN path: code: text`.
  package var message: String {
    let problems = listed
    var lines = [total == 1 ? "1 problem" : "\(total) problems"]
    if total > problems.count { lines[0] += ", the first \(problems.count) are listed" }
    for (index, problem) in problems.enumerated() { lines.append("[\(index + 1)] \(problem)") }
    return lines.joined(separator: "\n")
  }

  private static func first(_ entries: [Entry]) -> [Entry] {
    let sorted = entries.sorted { left, right in
      let places = (left.problem.position, right.problem.position)
      return places.0 == places.1 ? left.number < right.number : places.0 < places.1
    }
    return Array(sorted.prefix(maximumListed))
  }
}
