package import BatonCore
package import BatonExec
package import BatonStore
package import Logging

/// Removes ended runs that the policy does not keep, and answers remembered long enough (P11, CT7).
///
/// It works in small units between those of others, so that nobody waits for it. Active runs are
/// never touched.
package final class Retention: Sendable {
  /// What was removed.
  package struct Removal: Hashable, Sendable {
    package var runs = 0
    package var events = 0
  }

  /// How often the policy is applied.
  private static let interval = Duration.seconds(60)
  /// How long the answer of a call with a request id is kept (CT7).
  private static let requestAge = Duration.seconds(24 * 3600)
  /// The most runs that one search names.
  private static let searchLimit = 1000
  /// Rows after which a unit takes no further run.
  private static let unitRows = 1000
  /// Requests forgotten in one unit.
  private static let unitRequests = 1000
  /// The most runs that a count finds.
  private static let countLimit = 10_000_000

  private let store: any Store
  private let executor: any Executor
  private let policy: RetentionPolicy
  private let clock: any WallClock
  private let logger: Logger

  package init(
    store: any Store, executor: any Executor, policy: RetentionPolicy, clock: any WallClock,
    logger: Logger
  ) {
    self.store = store
    self.executor = executor
    self.policy = policy
    self.clock = clock
    self.logger = logger
  }

  /// Applies the policy once a minute, until the task is cancelled.
  ///
  /// A store that refuses changes, as on a full disk, is tried again the next time.
  package func run() async {
    let pause = ContinuousClock()
    do {
      try await removeLeftFiles()
      while true {
        try await applyPolicy()
        try await pause.sleep(for: Self.interval)
      }
    } catch {
      // Cancelled: nothing else is thrown on.
    }
  }

  /// Removes what the policy does not keep now.
  ///
  /// - Throws: `CancellationError`.
  package func applyPolicy() async throws {
    do {
      let removal = try await prune(PruneOrder())
      if removal.runs > 0 {
        logger.info("ended runs were removed", metadata: ["runs": "\(removal.runs)"])
      }
      executor.removePostponedRuns()
      try await forgetRequests()
      try await store.purge()
    } catch is CancellationError {
      throw CancellationError()
    } catch {
      logger.warning("retention could not be applied", metadata: ["error": "\(error)"])
    }
    try Task.checkCancellation()
  }

  /// Whether anything has a bound within an order.
  package func hasBound(_ order: PruneOrder) -> Bool {
    !policy.queries(for: order, now: clock.now(), limit: 1).isEmpty
  }

  /// Removes ended runs with their tokens, events and logs.
  ///
  /// - Parameter order: Which runs; bounds that it does not give are those of the policy.
  /// - Returns: What was removed, until the task was cancelled or nothing was left to remove.
  /// - Throws: `StoreError`, `CancellationError`; what was removed before stays removed.
  @discardableResult
  package func prune(_ order: PruneOrder) async throws -> Removal {
    var removal = Removal()
    for query in policy.queries(for: order, now: clock.now(), limit: Self.searchLimit) {
      while true {
        let found = try await store.readAsync { try $0.prunableRuns(query) }
        var rest = found[...]
        while !rest.isEmpty {
          try Task.checkCancellation()
          rest = try await removeSome(of: rest, counting: &removal)
        }
        guard found.count == query.limit else { break }
      }
    }
    return removal
  }

  /// What ``prune(_:)`` would remove.
  ///
  /// - Throws: `StoreError`, `CancellationError`.
  package func count(_ order: PruneOrder) async throws -> Removal {
    var removal = Removal()
    for query in policy.queries(for: order, now: clock.now(), limit: Self.countLimit) {
      var rest = try await store.readAsync { try $0.prunableRuns(query) }[...]
      removal.runs += rest.count
      while !rest.isEmpty {
        try Task.checkCancellation()
        let part = rest.prefix(Self.searchLimit)
        rest = rest.dropFirst(part.count)
        removal.events += try await store.readAsync { reader in
          try part.reduce(0) { $0 + (try reader.run($1)?.state.lastEvent ?? 0) }
        }
      }
    }
    return removal
  }

  /// Removes the first of some runs in one unit; returns those that are left.
  private func removeSome(
    of runs: ArraySlice<RunID>, counting removal: inout Removal
  ) async throws -> ArraySlice<RunID> {
    let (looked, removed) = try await store.commit { writer in
      var removed: [RemovedRun] = []
      var looked = 0
      var rows = 0
      for id in runs {
        looked += 1
        // Another prune may have been faster, or a re-run.
        guard try writer.isRemovable(id) else { continue }
        let run = try writer.deleteRun(id)
        removed.append(run)
        rows += run.events + run.puts
        if rows >= Self.unitRows { break }
      }
      return (looked, removed)
    }
    // Only now: a run whose rows are gone is never read again.
    for run in removed { executor.removeRun(run.id) }
    removal.runs += removed.count
    removal.events += removed.reduce(0) { $0 + $1.events }
    try await store.purge()
    return runs.dropFirst(looked)
  }

  /// Forgets answers that were remembered long enough.
  private func forgetRequests() async throws {
    let age = Timestamp(milliseconds: clock.now().milliseconds - Self.requestAge.milliseconds)
    var forgotten = Self.unitRequests
    while forgotten == Self.unitRequests {
      try Task.checkCancellation()
      forgotten = try await store.commit {
        try $0.forgetRequests(before: age, limit: Self.unitRequests)
      }
    }
  }

  /// Removes logs whose runs are gone: an earlier process was ended between the two.
  ///
  /// - Throws: `CancellationError`.
  package func removeLeftFiles() async throws {
    for id in executor.storedRuns() {
      try Task.checkCancellation()
      do {
        if try await store.readAsync({ try $0.runStatus(id) }) == nil { executor.removeRun(id) }
      } catch {
        logger.warning(
          "left files could not be looked for", metadata: ["run": "\(id)", "error": "\(error)"])
      }
    }
  }
}
