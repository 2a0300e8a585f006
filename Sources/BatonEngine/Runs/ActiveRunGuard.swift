internal import BatonCore
internal import BatonStore

/// The bound of active runs that a run's beginning must keep (G36).
struct ActiveRunGuard: Sendable {
  let workflow: WorkflowID
  let bound: ActiveRunBound

  /// Whether the run must wait; asked within the unit of the beginning.
  func isFull(_ reader: any RunReads) throws -> Bool {
    !bound.admits(begun: try reader.activeRunCount(of: workflow).begun)
  }
}
