internal import BatonCore

/// What calls check alike: names (G2, CT8), notes, what a version does not have.
enum RequestChecks {
  /// Names of a namespace: empty means `default` (CT8).
  ///
  /// - Throws: INVALID_ARGUMENT `name_invalid`.
  static func namespace(_ text: String) throws(BatonError) -> String {
    guard !text.isEmpty else { return "default" }
    try check(text, "namespace")
    return text
  }

  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`.
  static func required(_ text: String, _ field: String) throws(BatonError) -> String {
    guard !text.isEmpty else {
      throw BatonError(.invalidArgument, "name_missing", "\(field) is empty")
    }
    try check(text, field)
    return text
  }

  /// A name that may be left out; nil: it was.
  ///
  /// - Throws: INVALID_ARGUMENT `name_invalid`.
  static func optional(_ text: String, _ field: String) throws(BatonError) -> String? {
    text.isEmpty ? nil : try required(text, field)
  }

  /// - Throws: INVALID_ARGUMENT `note_too_long`.
  static func note(_ text: String, _ field: String) throws(BatonError) {
    let bytes = text.utf8.count
    guard bytes <= maximumNoteBytes else {
      throw BatonError(
        .invalidArgument, "note_too_long",
        "\(field) has \(bytes) bytes, the limit is \(maximumNoteBytes)")
    }
  }

  /// The answer to a request that uses what only later versions have.
  static func unavailable(_ what: String) -> BatonError {
    BatonError(
      .unimplemented, "unknown_method", "\(what) cannot be given in this version",
      hint: "leave it out")
  }

  private static let maximumNoteBytes = 1024

  private static func check(_ text: String, _ field: String) throws(BatonError) {
    guard Name.isLegal(text) else {
      throw BatonError(
        .invalidArgument, "name_invalid", "\(field) `\(text.prefix(256))` is not a legal name",
        hint: "names have 1 to 128 of A-Z a-z 0-9 _ . - and do not start with . or -")
    }
  }
}
