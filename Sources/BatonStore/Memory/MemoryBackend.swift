internal import BatonCore
internal import Foundation

/// The commit backend of a ``MemoryStore``: a unit is committed when it has ended.
///
/// `@unchecked Sendable`: `tables` and `clock` are touched only while `lock` is held, and what
/// readers hand out cannot be expressed through `Mutex`, whose results must be `sending`.
final class MemoryBackend: CommitBackend, @unchecked Sendable {
  private let lock = NSRecursiveLock()
  private let tables = MemoryTables()
  private var clock: CommitClock
  private var effects = ChangeFeed.Touched()
  private var fault: StoreError?

  init(clock: @escaping @Sendable () -> Timestamp) {
    self.clock = CommitClock(clock)
  }

  /// Reads committed state; units wait meanwhile.
  func read<Value>(_ body: (MemoryTables) throws -> Value) rethrows -> Value {
    lock.lock()
    defer { lock.unlock() }
    return try body(tables)
  }

  var writer: any StoreWriter { tables }
  var trouble: StoreError? { nil }

  /// Makes the next batch fail as a device would; nothing of it happens.
  func failNextBatch(_ error: StoreError) {
    read { _ in fault = error }
  }

  func begin() throws(StoreError) {
    let fault = read { _ in
      defer { self.fault = nil }
      return self.fault
    }
    if let fault { throw fault }
    read { $0.now = clock.now() }
    effects = ChangeFeed.Touched()
  }

  func beginUnit(guarded: Bool) throws(StoreError) {
    lock.lock()
    tables.beginUnit()
  }

  func endUnit(guarded: Bool, failed: Bool) throws(StoreError) -> Bool {
    if failed {
      tables.undoUnit()
    } else {
      let touched = tables.endUnit()
      effects.runs.formUnion(touched.runs)
      effects.events = effects.events || touched.events
    }
    lock.unlock()
    return true
  }

  func commit() throws(StoreError) -> ChangeFeed.Touched { effects }

  func rollback() {}

  func probe() throws(StoreError) {
    if let fault = read({ _ in fault }) { throw fault }
  }
}
