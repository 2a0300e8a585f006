package import BatonClient

/// Failures of a run as lines.
package enum FailureText {
  /// A line for each failure that is known, and how many more there are.
  package static func lines(_ details: RunDetails) -> [String] {
    let failures =
      details.failures.isEmpty ? [details.failure].compactMap(\.self) : details.failures
    let hidden = details.failuresTotal - failures.count
    return failures.map(line) + (hidden > 0 ? ["and \(hidden) more failures"] : [])
  }

  /// `node parse #2: exit_nonzero: the program ended with 1`.
  package static func line(_ failure: RunFailure) -> String {
    let attempt = failure.attempt.map { " #\($0)" } ?? ""
    let node = failure.node.map { "node \($0)\(attempt): " } ?? ""
    let reason = failure.reason.isEmpty ? "" : "\(failure.reason): "
    return TextWidth.printable("\(node)\(reason)\(failure.message)")
  }
}
