package import BatonCore
internal import Foundation
internal import Synchronization

/// A store in memory: for tests, simulations and servers that keep nothing.
package final class MemoryStore: Store {
  /// Who performs the queued units.
  package enum Drive: Hashable, Sendable {
    /// A writer thread and a completion thread, as in a durable store.
    case threads
    /// The caller of ``MemoryStore/step()``; nothing happens by itself.
    case manual
  }

  package let changes = ChangeFeed()
  private let backend: MemoryBackend
  private let queue: CommitQueue<ChangeFeed.Touched>
  private let drive: Drive
  private let isStepping = Mutex(false)

  /// An empty store.
  ///
  /// - Parameters:
  ///   - drive: Who performs the queued units.
  ///   - clock: Tells commit times.
  ///   - failed: Told once when the store has stopped for good (reliability R4).
  package init(
    drive: Drive = .threads, clock: @escaping @Sendable () -> Timestamp,
    failed: @escaping @Sendable (StoreError) -> Void = { _ in }
  ) {
    self.drive = drive
    let backend = MemoryBackend(clock: clock)
    let queue = CommitQueue<ChangeFeed.Touched>(
      settle: { _ in }, announce: { [changes] in changes.publish($0) }, failed: failed)
    self.backend = backend
    self.queue = queue
    if drive == .threads {
      CommitThreads.start(queue) { queue.serve(backend) }
    }
  }

  package var counters: CommitCounters { queue.counters }

  package var health: StoreHealth { queue.health }

  package func statistics() throws -> StoreStatistics { backend.read { $0.statistics } }

  package func submit<Value: Sendable>(
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    queue.submit(CommitUnit(unit, completion: completion))
  }

  package func read<Value>(_ body: (any StoreReader) throws -> Value) throws -> Value {
    try backend.read { try body($0) }
  }

  package func readAsync<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value {
    try backend.read { try body($0) }
  }

  package func token(of run: RunID, history: Bool) throws -> TokenSnapshot? {
    backend.read { $0.runs[run]?.token }
  }

  package func residentToken(of run: RunID) -> TokenSnapshot? {
    backend.read { $0.runs[run]?.token }
  }

  /// Makes the next batch fail as a device would, for tests of what lies above the store.
  package func failNextBatch(_ error: StoreError) { backend.failNextBatch(error) }

  /// Performs one batch of queued units and its completions on the calling thread.
  ///
  /// Only where `drive` is manual; a step within a step does nothing.
  ///
  /// - Returns: Whether anything was waiting.
  @discardableResult
  package func step() -> Bool {
    let mayStep = isStepping.withLock { stepping in
      defer { stepping = true }
      return !stepping && drive == .manual
    }
    guard mayStep else { return false }
    defer { isStepping.withLock { $0 = false } }
    return queue.serveOnce(backend)
  }

  package func close() async {
    switch drive {
    case .threads: await queue.close()
    case .manual:
      while step() {}
      queue.closeUnserved()
    }
    changes.finish()
  }
}
