extension RunMachine {
  /// Child runs that carry out an attempt of the run, in graph order (RE110).
  package var runningChildren: [RunID] { runningAttempts.compactMap(\.child) }

  /// The running attempt that a child run carries out: the newest of its node, which may not be the
  /// one that made it (RE61, RE62).
  ///
  /// - Parameters:
  ///   - child: The child run.
  ///   - maker: The attempt that made it.
  /// - Returns: The attempt; nil: none that runs.
  package func attempt(of child: RunID, madeBy maker: AttemptID) -> AttemptRecord? {
    guard let position = plan.graph.index(of: maker.node), let attempt = running[position],
      attempt.child == child
    else { return nil }
    return attempt
  }
}
