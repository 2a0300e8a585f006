internal import BatonCore

/// What workers do to runs.
extension Engine {
  /// Nodes that wait for a worker.
  package var nodesAtQueues: Int { workers.waiting }
  /// Streams of workers that are open.
  package var workerStreams: Int { workers.openStreams }

  /// Gives places at workers back, and hands them to what waits.
  func release(_ places: [WorkerPlace]) { workers.release(places, to: hand) }

  /// Hands a place at a worker to a run; false: the run has ended.
  func hand(_ offer: Workers.Offer) -> Bool {
    driver(of: offer.entry.run)?.send(.workerFound(offer)) ?? false
  }

  /// Ends the supply of a stream; what was never sent gets another attempt (G60).
  func close(_ stream: WorkerStreamID) {
    for attempt in workers.close(stream) { driver(of: attempt.run)?.send(.neverStarted(attempt)) }
  }

  /// Has the leases end that have run out; called when one may have.
  package func expireLeases() {
    for lease in workers.expired() { driver(of: lease.attempt.run)?.send(.lost(lease)) }
  }
}
