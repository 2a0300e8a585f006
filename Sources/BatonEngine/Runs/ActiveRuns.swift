internal import BatonCore
internal import DequeModule
internal import Synchronization

/// Runs that wait until fewer runs of their workflow are active (G36).
///
/// Only the oldest of a workflow tries to begin; whether it may is decided with its transition, by
/// what is stored. Runs of workflows without a bound never come here.
final class ActiveRuns: Sendable {
  private let queues = Mutex<[WorkflowID: Deque<RunID>]>([:])

  /// Takes a PENDING run, in the order of creation.
  ///
  /// - Returns: Whether it is the oldest and may try.
  func enter(_ run: RunID, of workflow: WorkflowID) -> Bool {
    queues.withLock { queues in
      queues[workflow, default: []].append(run)
      return queues[workflow]?.count == 1
    }
  }

  /// Forgets a run that has begun or ended.
  ///
  /// - Returns: The run that may try now; nil: none waits.
  func leave(_ run: RunID, of workflow: WorkflowID) -> RunID? {
    queues.withLock { queues in
      guard !queues.isEmpty, queues[workflow] != nil else { return nil }
      queues[workflow]?.removeAll { $0 == run }
      if queues[workflow]?.isEmpty == true { queues[workflow] = nil }
      return queues[workflow]?.first
    }
  }
}
