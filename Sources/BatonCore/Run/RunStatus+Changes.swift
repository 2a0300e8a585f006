extension RunStatus {
  /// Whether a run may go from this status to another one (G35).
  ///
  /// Only a re-run or skip leaves a final status (RE9).
  package func canBecome(_ next: RunStatus) -> Bool {
    switch self {
    case .pending: next == .starting || next == .failed || next == .killed
    case .starting:
      next == .running || next == .suspended || next == .stopping || next == .failed
    case .running:
      next == .suspended || next == .stopping || next == .completed || next == .failed
    case .suspended:
      next == .resuming || next == .stopping || next == .completed || next == .failed
    case .resuming:
      next == .starting || next == .running || next == .suspended || next == .stopping
    case .stopping: next == .killed
    case .completed, .failed, .killed:
      next == .starting || next == .running || next == .suspended
    case .rejected: false
    }
  }
}

extension NodeStatus {
  /// Whether a node may go from this status to another one (G38, RE9).
  package func canBecome(_ next: NodeStatus) -> Bool {
    switch self {
    case .pending:
      next == .waiting || next == .running || next == .killed || next == .skipped
        || next == .upstreamFailed
    case .waiting:
      next == .running || next == .completed || next == .failed || next == .killed
        || next == .skipped
    case .running:
      next == .waiting || next == .completed || next == .failed || next == .killed
    case .failed, .killed: next == .pending || next == .skipped
    case .completed, .skipped, .upstreamFailed: next == .pending
    }
  }
}
