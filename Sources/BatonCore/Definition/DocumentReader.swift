/// What turns the bytes of an application file into a tree.
///
/// A protocol, so that who deploys applications need not know the library that reads YAML.
package protocol DocumentReader: Sendable {
  /// Reads one file.
  ///
  /// - Returns: The tree with the problems of items that were refused, or the problems of a file
  ///   that cannot be read: then nothing else is to be checked (G12).
  func read(_ bytes: [UInt8], format: DocumentFormat) -> Result<Document, ProblemList>
}

/// The language of an application file.
package enum DocumentFormat: String, Sendable, CaseIterable {
  /// JSON when the first character that is not blank is `{` and the file is JSON, else YAML.
  case auto = "AUTO"
  case yaml = "YAML"
  case json = "JSON"
}

/// Bounds of an application file (G1).
package enum DocumentLimits {
  /// The greatest size in bytes.
  package static let maximumBytes = 2 * 1024 * 1024
  /// The deepest nesting of lists and mappings; steps 100 levels deep (G9) need 310.
  package static let maximumDepth = 400
}
