package import BatonCore

/// What a store reports below the level of calls; services map it to ``BatonError``.
package enum StoreError: Error, Hashable, Sendable {
  /// The stored status of the run is another than the writer expected (G35).
  case statusChanged(RunID, stored: RunStatus?)
  /// The store has met an input/output error and stopped for good (reliability R4).
  case failed(String)
  /// No room on the device; the batch was rolled back (reliability R4).
  case diskFull
  /// The device is read-only; the batch was rolled back.
  case readOnly
  /// The store was closed.
  case closed
  /// The queue of waiting units is full.
  case overloaded
  /// The database was written by a newer version (reliability R6).
  case newerSchema(found: Int, known: Int)
  /// The database is damaged or no database of ours.
  case damaged(String)
  /// What was read has a form that no version wrote; whatever else is stored is not concerned.
  case unreadable(String)
  /// One connection could not be opened or used; whatever else uses the store is not concerned.
  case connectionFailed(String)
}
