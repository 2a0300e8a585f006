package import BatonCore

/// What the process that serves the engine knows of itself, for the answers of GetStatus.
package struct ServerFacts: Sendable {
  /// The version of Baton.
  package var version: String
  /// The version of the database schema.
  package var schemaVersion: UInt32
  /// When the process began.
  package var started: Timestamp
  /// The full names of the services served.
  package var services: [String]
  /// The kind of the store, such as `sqlite`.
  package var storeKind: String
  /// Why the server is not ready; nil: it is.
  package var notReadyReason: @Sendable () -> BatonError.Reason?
  /// The connections that are open.
  package var connections: @Sendable () -> Int
  /// The free space where the store lies, in bytes.
  package var freeBytes: @Sendable () -> Int64

  package init(
    version: String, schemaVersion: UInt32, started: Timestamp, services: [String],
    storeKind: String, notReadyReason: @escaping @Sendable () -> BatonError.Reason?,
    connections: @escaping @Sendable () -> Int, freeBytes: @escaping @Sendable () -> Int64
  ) {
    self.version = version
    self.schemaVersion = schemaVersion
    self.started = started
    self.services = services
    self.storeKind = storeKind
    self.notReadyReason = notReadyReason
    self.connections = connections
    self.freeBytes = freeBytes
  }
}
