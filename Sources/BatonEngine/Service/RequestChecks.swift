internal import BatonCore

/// What every call checks alike: names (G2, CT8).
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

  private static func check(_ text: String, _ field: String) throws(BatonError) {
    guard Name.isLegal(text) else {
      throw BatonError(
        .invalidArgument, "name_invalid", "\(field) `\(text.prefix(256))` is not a legal name",
        hint: "names have 1 to 128 of A-Z a-z 0-9 _ . - and do not start with . or -")
    }
  }
}
