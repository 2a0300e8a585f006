extension SQLiteStore {
  /// The newest version of the schema that this code knows (reliability R6).
  package static var schemaVersion: Int { SQLiteSchema.version }
}
