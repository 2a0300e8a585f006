/// What one step of a tree of runs changes: stored in one unit (RE5).
package struct TreeTransition: Sendable {
  /// The root of the tree; nil: nothing was taken yet.
  package var rootID: RunID?
  /// What the root changes.
  package var root = RunTransition()
  /// What members below it change, in order of creation; only those that do.
  package var below: [(run: RunID, transition: RunTransition)] = []
  /// Runs to create, before anything else is stored.
  package var created: [CreatedRun] = []
  /// Revisions of the environment to store, in order (RE15).
  package var revisions: [EnvRevision] = []
  /// PENDING child runs that may try to begin, once the changes are durable (G36).
  package var begins: [RunID] = []
  /// Child runs that ended with their creation: REJECTED ones (G36).
  package var ended: [RunID] = []

  package init() {}

  /// Ended runs that are active again (RE9), the root first.
  package var opened: [RunID] {
    guard let id = rootID, opensRuns else { return [] }
    return (root.opensRun ? [id] : []) + below.filter(\.transition.opensRun).map(\.run)
  }

  /// Whether ended runs are active again.
  package var opensRuns: Bool { root.opensRun || below.contains { $0.transition.opensRun } }

  /// Whether there is nothing to store.
  package var isEmpty: Bool {
    root.isEmpty && created.isEmpty && revisions.isEmpty && below.allSatisfy(\.transition.isEmpty)
  }
}

extension RunTransition {
  /// Whether there is nothing to store and nothing to do.
  var isVoid: Bool { isEmpty && actions.isEmpty }

  /// Whether a run that had ended is active again.
  var opensRun: Bool { state.map { $0.0.status.isActive && !$0.expecting.isActive } ?? false }
}
