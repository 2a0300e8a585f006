package import BatonCore

/// The shared state of an installation.
///
/// All changes go through one commit queue (architecture, mechanism 2): a unit of work is applied
/// with others in one transaction, made durable, and only then completed. Reads see one snapshot
/// of committed state and never block the writer.
package protocol Store: Sendable {
  /// Queues a unit of work.
  ///
  /// Units take effect in the order in which they are queued. A unit that throws changes nothing
  /// and does not disturb the others of its batch.
  ///
  /// - Parameters:
  ///   - unit: Reads and writes on the writer's thread; must be quick and have no other effects,
  ///     because it is run once more when a failed neighbour makes the batch start again.
  ///   - completion: Called once, in commit order, on the queue's completion thread after the unit
  ///     is durable or has failed; must not block. `store_failed`-like errors mean that the store
  ///     has stopped for good (reliability R4).
  func submit<Value: Sendable>(
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void)

  /// Reads one snapshot, on the calling thread; for short look-ups.
  func read<Value>(_ body: (any StoreReader) throws -> Value) throws -> Value

  /// Reads one snapshot on a reader thread; for anything that may take longer.
  func readAsync<Value: Sendable>(
    _ body: @escaping @Sendable (any StoreReader) throws -> Value
  ) async throws -> Value

  /// Reads one snapshot piece by piece, so that the pieces need not all be in memory at once.
  ///
  /// The writer is never blocked, and the snapshot goes when the call returns or throws, or when
  /// its time is over, which the store bounds as it does the number of such reads (B5.4).
  ///
  /// - Parameters:
  ///   - pieces: How many there are.
  ///   - read: Reads a piece, from 0 on, on a reader thread.
  ///   - use: Takes a piece; the next one is read when it returns.
  /// - Throws: `CancellationError`, UNAVAILABLE `unavailable` when there are too many such reads,
  ///   DEADLINE_EXCEEDED `deadline_exceeded` when the pieces were not used in time, and what
  ///   `read` and `use` throw.
  func readPieces<Piece: Sendable>(
    _ pieces: Int, _ read: @escaping @Sendable (Int, any StoreReader) throws -> Piece,
    _ use: (Piece) async throws -> Void
  ) async throws

  /// Committed token state of runs, from memory where possible; nil: there is no such run.
  ///
  /// Never older than the last completed unit (T41). Quick for runs in use.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - history: Whether replaced puts must be there too; otherwise they are there when it costs
  ///     nothing, and a view that needs one throws `TokenView.HistoryMissing`.
  /// - Returns: The token; a value that does not change any more.
  /// - Throws: `StoreError` when the tables cannot be read.
  func token(of run: RunID, history: Bool) throws -> TokenSnapshot?

  /// The same, without holding a thread while the tables are read.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - history: Whether replaced puts must be there too.
  /// - Returns: The token; a value that does not change any more.
  /// - Throws: `StoreError` when the tables cannot be read.
  func tokenAsync(of run: RunID, history: Bool) async throws -> TokenSnapshot?

  /// As much of a token as views need for reads of one key: all of it where it is, or can be, kept
  /// in memory, otherwise nothing of other keys.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - key: The key.
  ///   - history: Whether replaced puts of the key must be there too.
  /// - Returns: The token, with the counters of the whole one; nil: there is no such run.
  /// - Throws: `StoreError` when the tables cannot be read.
  func tokenAsync(of run: RunID, key: TokenKey, history: Bool) async throws -> TokenSnapshot?

  /// Committed token state of a run that is in memory; nil: it is not, or there is no such run.
  ///
  /// Never older than the last completed unit, and never waits for a device: event loops may ask.
  func residentToken(of run: RunID) -> TokenSnapshot?

  /// Wakes watchers after commits.
  var changes: ChangeFeed { get }

  /// What the commit queue has done (P12).
  var counters: CommitCounters { get }

  /// Whether the store takes changes; serving again as soon as a commit succeeds, of which the
  /// store convinces itself without waiting for somebody's change (R4).
  var health: StoreHealth { get }

  /// How large the store is.
  ///
  /// - Throws: `StoreError` when the tables cannot be read.
  func statistics() throws -> StoreStatistics

  /// Completes what is queued, then closes; later units fail.
  func close() async
}

extension Store {
  /// Reads all pieces before the first is used, for stores that cannot keep a snapshot.
  package func readPieces<Piece: Sendable>(
    _ pieces: Int, _ read: @escaping @Sendable (Int, any StoreReader) throws -> Piece,
    _ use: (Piece) async throws -> Void
  ) async throws {
    let all = try await readAsync { reader in
      try (0..<pieces).map { try read($0, reader) }
    }
    for piece in all {
      try Task.checkCancellation()
      try await use(piece)
    }
  }

  /// Reads on the calling thread.
  package func tokenAsync(of run: RunID, history: Bool) async throws -> TokenSnapshot? {
    try token(of: run, history: history)
  }

  /// The whole token.
  package func tokenAsync(
    of run: RunID, key: TokenKey, history: Bool
  ) async throws -> TokenSnapshot? {
    try await tokenAsync(of: run, history: history)
  }

  /// Nothing is in memory.
  package func residentToken(of run: RunID) -> TokenSnapshot? { nil }

  /// Committed token state of a run, from memory where possible; nil: there is no such run.
  package func token(of run: RunID) throws -> TokenSnapshot? {
    try token(of: run, history: false)
  }

  /// Reads a view of a run's token, with replaced puts only when the view needs them.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - viewpoint: From where the token is seen (T10).
  ///   - asOf: Only puts up to this `seq` count (T56); nil: all.
  ///   - graph: The graph of the run's application version.
  ///   - body: Reads the view; may run twice.
  /// - Returns: What `body` returns; nil: there is no such run.
  /// - Throws: NOT_FOUND `node_not_found`, `attempt_not_found`; what `body` throws.
  package func tokenView<Value>(
    of run: RunID, at viewpoint: TokenViewpoint, asOf: UInt64? = nil,
    graph: (TokenSnapshot) throws -> TokenGraph, _ body: (TokenView) throws -> Value
  ) throws -> Value? {
    guard let snapshot = try token(of: run, history: false) else { return nil }
    do {
      return try body(TokenView(snapshot, graph(snapshot), at: viewpoint, asOf: asOf))
    } catch is TokenView.HistoryMissing {
      guard let whole = try token(of: run, history: true) else { return nil }
      return try body(TokenView(whole, graph(whole), at: viewpoint, asOf: asOf))
    }
  }

  /// Queues a unit of work and waits until it is durable.
  @discardableResult
  package func commit<Value: Sendable>(
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      submit(unit) { continuation.resume(with: $0) }
    }
  }
}

/// Every read, within one snapshot.
package protocol StoreReader: ApplicationReads, RunReads, ItemReads, TreeReads, EventReads,
  TokenReads, StatisticsReads
{}

/// Every read and write, within one unit of work.
package protocol StoreWriter: StoreReader, ApplicationWrites, RunWrites, ItemWrites, TreeWrites,
  EventWrites, TokenWrites, RetentionWrites, RequestLog
{
  /// The commit time of the units of this batch; never goes back.
  var now: Timestamp { get }
}
