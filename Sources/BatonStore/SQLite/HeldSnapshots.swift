internal import BatonCore
internal import GRDB
internal import Synchronization

/// The snapshots that stay open from piece to piece of a read: a bounded number, each for a
/// bounded time, because the log grows while one is open (B5.4).
final class HeldSnapshots: Sendable {
  private let limit: Int
  private let time: Duration
  private let count = Mutex(0)

  /// - Parameters:
  ///   - limit: How many may be open at the same time.
  ///   - time: How long one may be open.
  init(limit: Int, time: Duration) {
    self.limit = limit
    self.time = time
  }

  /// Holds a snapshot while a body runs, which may find it closed when its time is over.
  ///
  /// - Parameters:
  ///   - open: Opens the snapshot.
  ///   - body: Reads from it.
  /// - Throws: UNAVAILABLE `unavailable` when too many are open; what `open` and `body` throw.
  func hold(
    _ open: () throws -> DatabaseSnapshot, _ body: (HeldSnapshot) async throws -> Void
  ) async throws {
    let isFree = count.withLock { count in
      guard count < limit else { return false }
      count += 1
      return true
    }
    guard isFree else { throw StoreRefusal.snapshotsTaken(limit) }
    let held: HeldSnapshot
    do {
      held = HeldSnapshot(try open(), time)
    } catch {
      count.withLock { $0 -= 1 }
      throw error
    }
    defer { close(held) }
    try await withThrowingTaskGroup { group in
      defer { group.cancelAll() }
      group.addTask { [time] in
        try await ContinuousClock().sleep(for: time)
        self.close(held)
      }
      try await body(held)
    }
  }

  private func close(_ held: HeldSnapshot) {
    if held.close() { count.withLock { $0 -= 1 } }
  }
}

/// A snapshot that is closed at its time, whoever still wants to read.
final class HeldSnapshot: Sendable {
  private let snapshot: Mutex<DatabaseSnapshot?>
  private let time: Duration

  init(_ snapshot: DatabaseSnapshot, _ time: Duration) {
    self.snapshot = Mutex(snapshot)
    self.time = time
  }

  /// Reads from the snapshot, on its own thread.
  ///
  /// - Throws: DEADLINE_EXCEEDED `deadline_exceeded` when it was closed; what `body` throws.
  func read<Value: Sendable>(
    _ body: @escaping @Sendable (Database) throws -> Value
  ) async throws -> Value {
    guard let open = snapshot.withLock({ $0 }) else { throw StoreRefusal.snapshotOver(time) }
    return try await open.read(body)
  }

  /// Closes the snapshot when its last read has ended.
  ///
  /// - Returns: Whether it was open.
  func close() -> Bool {
    // Given up outside the lock: closing waits for the snapshot's thread.
    let open = snapshot.withLock { snapshot in
      defer { snapshot = nil }
      return snapshot
    }
    return open != nil
  }
}
