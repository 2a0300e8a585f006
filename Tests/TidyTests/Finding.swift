/// A place that breaks a rule.
struct Finding: Hashable, CustomStringConvertible {
  var path: String
  /// From 1; 0: the file as a whole.
  var line: Int
  var message: String

  var description: String {
    line == 0 ? "\(path): \(message)" : "\(path):\(line): \(message)"
  }
}

extension [Finding] {
  /// One finding a line, for the failure of a test.
  var report: String {
    map(\.description).joined(separator: "\n")
  }
}
