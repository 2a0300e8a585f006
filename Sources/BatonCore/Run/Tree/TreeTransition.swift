/// What one step of a tree of runs changes: stored in one unit (RE5).
package struct TreeTransition: Sendable {
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

  /// Whether there is nothing to store.
  package var isEmpty: Bool {
    root.isEmpty && created.isEmpty && revisions.isEmpty && below.allSatisfy(\.transition.isEmpty)
  }
}

extension RunTransition {
  /// Whether there is nothing to store and nothing to do.
  var isVoid: Bool { isEmpty && actions.isEmpty }
}
