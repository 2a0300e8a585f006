package import BatonCore

/// Trees of runs, and the environment of each (RE10, RE60).
package protocol TreeReads {
  /// The active runs below a root by creation, then id; the root is not among them.
  func tree(of root: RunID) throws -> [RunID]
  /// The runs that attempts of a run have made, oldest first.
  func children(of run: RunID) throws -> [RunID]
  /// The runs that an attempt has made, those of its items included, oldest first.
  ///
  /// A run that it took over from an earlier attempt is not among them (RE61).
  func children(of attempt: AttemptID) throws -> [RunID]
  /// The environment of a tree as of a revision (RE13, RE14).
  ///
  /// - Parameters:
  ///   - root: The root of the tree.
  ///   - revision: The number of the revision; nil: the newest.
  /// - Returns: Its values and the names that were secret by then; nil: no such root or revision.
  /// - Throws: when the tables cannot be read.
  func environment(of root: RunID, at revision: Int?) throws -> RunEnvironment?
  /// Revisions of the environment of a tree, newest first (RE15).
  ///
  /// The first is stored where more is known of it than the root's header tells; elsewhere it is
  /// made from that.
  ///
  /// - Parameters:
  ///   - root: The root of the tree.
  ///   - number: Only revisions with a smaller number; nil: from the newest on.
  ///   - limit: The most revisions to read.
  /// - Returns: The revisions.
  /// - Throws: when the tables cannot be read.
  func envRevisions(of root: RunID, before number: Int?, limit: Int) throws -> [EnvRevision]
}

extension TreeReads {
  /// The environment of a tree as of its newest revision; nil: there is no such root.
  package func environment(of root: RunID) throws -> RunEnvironment? {
    try environment(of: root, at: nil)
  }
}

package protocol TreeWrites {
  /// Appends a revision to those of a tree; revision 1 only as long as there is no other.
  ///
  /// Revision 1 must be stored where names are secret from the start.
  ///
  /// - Throws: NOT_FOUND `run_not_found`.
  func insertEnvRevision(_ revision: EnvRevision) throws
}
