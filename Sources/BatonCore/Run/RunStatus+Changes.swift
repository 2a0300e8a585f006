extension RunStatus {
  /// Whether a run may go from this status to another one (G35).
  ///
  /// Final statuses lead nowhere; only a re-run leaves one.
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
    case .completed, .failed, .killed, .rejected: false
    }
  }
}
