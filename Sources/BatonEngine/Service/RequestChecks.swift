internal import BatonCore

/// What every call checks alike: names (G2, CT8) and pages (CT5, T56).
enum RequestChecks {
  /// Entries of a page when the request does not say.
  static let standardSize = 100
  /// The most entries of a page.
  static let maximumSize = 1000

  /// The number of entries a page shall have.
  ///
  /// - Throws: INVALID_ARGUMENT `page_size_invalid`.
  static func pageSize(_ requested: Int32) throws(BatonError) -> Int {
    guard requested >= 0, requested <= maximumSize else {
      throw BatonError(
        .invalidArgument, "page_size_invalid",
        "page_size is \(requested), it must be 1 to \(maximumSize) or 0 for \(standardSize)")
    }
    return requested == 0 ? standardSize : Int(requested)
  }

  static func pageTokenInvalid() -> BatonError {
    BatonError(
      .invalidArgument, "page_token_invalid", "the page token is not of this list",
      hint: "give the next_page_token of an earlier page with the same filters")
  }

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
