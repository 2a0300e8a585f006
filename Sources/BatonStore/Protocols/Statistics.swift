package import BatonCore

/// What one node did in one run (G63).
package struct NodeFigures: Hashable, Sendable {
  /// The node's name.
  package var node: String
  /// Its attempts, skips by operators apart.
  package var attempts: Int
  /// How long the newest of them took; nil: it has not ended.
  package var milliseconds: Int64?
  /// What a condition decided; nil: it is none, or did not decide.
  package var outcome: Bool?

  package init(node: String, attempts: Int, milliseconds: Int64?, outcome: Bool? = nil) {
    self.node = node
    self.attempts = attempts
    self.milliseconds = milliseconds
    self.outcome = outcome
  }
}

package protocol StatisticsReads {
  /// The nodes of a run that were executed, in graph order: two range scans (G63).
  ///
  /// Which runs to sum up is for ``RunReads/runPage(_:)`` to tell.
  func nodeFigures(of run: RunID) throws -> [NodeFigures]
}

extension NodeFigures {
  /// Takes the next attempt into account; a skip by an operator executes nothing (RE81).
  mutating func count(_ cause: AttemptCause, started: Timestamp, ended: Timestamp?) {
    guard cause != .skip else {
      outcome = nil
      return
    }
    attempts += 1
    milliseconds = ended.map { max(0, $0.milliseconds - started.milliseconds) }
  }
}
