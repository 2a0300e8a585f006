internal import BatonCore

/// Quick checks of texts that are well-formed already, as decoded messages are.
///
/// ``TokenForm`` has the rules and the words for what breaks them; it is asked only when
/// something does.
enum TokenText {
  /// Checks a key.
  ///
  /// - Throws: INVALID_ARGUMENT `token_key_invalid`, `invalid_text`.
  static func checkKey(_ key: String) throws(BatonError) {
    if !isLegalKey(key) { try TokenForm.checkKey(key.utf8) }
  }

  /// Checks an entry of a put call.
  ///
  /// - Throws: INVALID_ARGUMENT `token_key_invalid`, `invalid_text`.
  static func check(key: String, value: String, index: Int) throws(BatonError) {
    guard isLegalKey(key), isLegalValue(value) else {
      try TokenForm.check(key: key.utf8, value: value.utf8, index: index)
      return
    }
  }

  private static func isLegalKey(_ key: String) -> Bool {
    let bytes = key.utf8
    guard (1...TokenForm.maximumKeyBytes).contains(bytes.count) else { return false }
    return bytes.withContiguousStorageIfAvailable { bytes in
      bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
    } ?? false
  }

  private static func isLegalValue(_ value: String) -> Bool {
    value.utf8.withContiguousStorageIfAvailable { bytes in !bytes.contains(0) } ?? false
  }
}
