internal import BatonCore

extension NodeRecord {
  /// Whether the node's entries do not show: skipped by the graph although it had attempts
  /// (T17); a node skipped by an operator keeps its entries (RE82).
  var isWithheld: Bool {
    guard attempts > 0 else { return false }
    switch status {
    case .upstreamFailed: return true
    case .skipped: return reason != "operator_skip"
    case .pending, .waiting, .running, .completed, .failed, .killed: return false
    }
  }
}
