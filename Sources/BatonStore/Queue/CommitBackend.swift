/// The storage below a ``CommitQueue``; used on the writer thread alone.
protocol CommitBackend: AnyObject {
  /// What a committed batch leaves to be done on the completion thread.
  associatedtype Effects: Sendable

  /// The writes of the units.
  var writer: any StoreWriter { get }
  /// A failure that concerns the batch as a whole, met by a unit (which may have caught it).
  var trouble: StoreError? { get }

  /// Begins a transaction.
  func begin() throws(StoreError)
  /// Begins a unit; a guarded one can be undone by itself.
  func beginUnit(guarded: Bool) throws(StoreError)
  /// Ends a unit.
  ///
  /// - Parameters:
  ///   - guarded: As the unit was begun.
  ///   - failed: Whether the unit threw; what it did is undone.
  /// - Returns: Whether that holds; false: the batch must start again with guarded units.
  /// - Throws: What concerns the batch as a whole.
  func endUnit(guarded: Bool, failed: Bool) throws(StoreError) -> Bool
  /// Makes the batch durable.
  func commit() throws(StoreError) -> Effects
  /// Undoes the batch.
  func rollback()
  /// Commits something that needs room, and leaves nothing of it.
  ///
  /// - Throws: What a batch would meet now.
  func probe() throws(StoreError)
}

/// A unit of work with its result still unknown.
struct CommitUnit: Sendable {
  /// Completes a unit: nil when it is durable, otherwise why it failed.
  typealias Finish = @Sendable ((any Error)?) -> Void

  /// Performs the unit; the result waits in what is returned.
  let apply: @Sendable (any StoreWriter) throws -> Finish
  /// Completes the unit without its result.
  let fail: @Sendable (any Error) -> Void
  /// When the unit was queued.
  let queued = ContinuousClock.now

  init<Value: Sendable>(
    _ unit: @escaping @Sendable (any StoreWriter) throws -> Value,
    completion: @escaping @Sendable (Result<Value, any Error>) -> Void
  ) {
    apply = { writer in
      let value = try unit(writer)
      return { error in
        if let error { completion(.failure(error)) } else { completion(.success(value)) }
      }
    }
    fail = { completion(.failure($0)) }
  }
}

/// What a commit queue has done since it began (P12): sizes of batches and the times of commits
/// and of waiting follow from two readings.
package struct CommitCounters: Hashable, Sendable {
  /// Committed batches.
  package var batches = 0
  /// Units of committed batches, refused ones included.
  package var units = 0
  /// The most units of one batch.
  package var largestBatch = 0
  /// Batches that ran a second time because a unit failed after it had written.
  package var restarts = 0
  /// Time spent in begin, units and commit.
  package var busyTime = Duration.zero
  /// Time spent in commits: writing the log and waiting for the device.
  package var commitTime = Duration.zero
  /// Time that the units of committed batches waited in the queue before their batch began.
  package var waitingTime = Duration.zero
  /// The longest of these times.
  package var longestWait = Duration.zero
  /// The longest commit.
  package var longestCommit = Duration.zero
  /// Batches that were rolled back because of the device or the file.
  package var failures = 0
  /// Units queued and not completed now.
  package var depth = 0

  package init() {}
}

extension CommitUnit {
  /// How long the units of a batch waited for it to begin.
  static func waits(
    _ units: [CommitUnit], until begun: ContinuousClock.Instant
  ) -> (sum: Duration, longest: Duration) {
    var sum = Duration.zero
    var longest = Duration.zero
    for unit in units {
      let wait = begun - unit.queued
      sum += wait
      longest = max(longest, wait)
    }
    return (sum, longest)
  }
}
