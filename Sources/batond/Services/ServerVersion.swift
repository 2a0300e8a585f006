internal import BatonStore

/// The versions that a server tells.
enum ServerVersion {
  static let server = "0.1.0"
  /// The contract in `Protos/`, and the framing that carries it.
  static let protocolVersion = "baton.v1 over ttrpc 1.2"
  /// The newest migration of the database.
  static let schema = UInt32(clamping: SQLiteStore.schemaVersion)
}
