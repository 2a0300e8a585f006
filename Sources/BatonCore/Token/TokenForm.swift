/// The form of keys, values and calls (T4, T5, T19, check 3 of T20), checked on bytes as received.
package enum TokenForm {
  /// Entries of one call.
  package static let maximumEntries = 1000
  /// Bytes of a key.
  package static let maximumKeyBytes = 1024

  /// Checks how many entries a call has.
  ///
  /// - Throws: INVALID_ARGUMENT `token_entries_invalid`.
  package static func checkCount(_ count: Int) throws(BatonError) {
    guard (1...maximumEntries).contains(count) else {
      throw BatonError(
        .invalidArgument, "token_entries_invalid",
        "a call has 1 to \(maximumEntries) entries, this one has \(count)")
    }
  }

  /// Checks the bytes of one entry.
  ///
  /// - Parameters:
  ///   - key: The key as received.
  ///   - value: The value as received.
  ///   - index: The place of the entry in the call, from 0; named in the error.
  /// - Throws: INVALID_ARGUMENT `token_key_invalid`, `invalid_text`.
  package static func check(
    key: some Collection<UInt8>, value: some Collection<UInt8>, index: Int
  ) throws(BatonError) {
    if let fault = keyFault(key) { throw error(fault, "key of entry \(index)") }
    if let fault = valueFault(value) { throw error(fault, "value of entry \(index)") }
  }

  /// Checks entries whose texts are well-formed already, their number included.
  ///
  /// - Throws: INVALID_ARGUMENT `token_entries_invalid`, `token_key_invalid`, `invalid_text`.
  package static func check(_ entries: [TokenPutBatch.Entry]) throws(BatonError) {
    try checkCount(entries.count)
    for (index, entry) in entries.enumerated() {
      try check(key: entry.key.utf8, value: entry.value.utf8, index: index)
    }
  }

  /// Checks a key by which a reader asks.
  ///
  /// - Throws: INVALID_ARGUMENT `token_key_invalid`, `invalid_text`.
  package static func checkKey(_ key: some Collection<UInt8>) throws(BatonError) {
    if let fault = keyFault(key) { throw error(fault, "key") }
  }

  /// What is wrong with a text.
  package enum Fault: Hashable, Sendable {
    case emptyKey
    case longKey(Int)
    case controlCharacter
    case zeroCharacter
    case illFormed

    /// The fault in words, as the end of a sentence.
    package var words: String {
      switch self {
      case .emptyKey: "is empty"
      case .longKey(let bytes): "has \(bytes) bytes; the limit is \(maximumKeyBytes)"
      case .controlCharacter: "has a control character"
      case .zeroCharacter: "has the character U+0000"
      case .illFormed: "is not well-formed UTF-8"
      }
    }
  }

  /// What is wrong with the bytes of a key; nil: nothing.
  package static func keyFault(_ bytes: some Collection<UInt8>) -> Fault? {
    if let fault = textFault(bytes) { return fault }
    if bytes.isEmpty { return .emptyKey }
    if bytes.count > maximumKeyBytes { return .longKey(bytes.count) }
    return bytes.contains { $0 < 0x20 || $0 == 0x7F } ? .controlCharacter : nil
  }

  /// What is wrong with the bytes of a value; nil: nothing.
  package static func valueFault(_ bytes: some Collection<UInt8>) -> Fault? {
    textFault(bytes)
  }

  private static func textFault(_ bytes: some Collection<UInt8>) -> Fault? {
    if let fault = bytes.withContiguousStorageIfAvailable(fault) { return fault }
    return Array(bytes).withUnsafeBufferPointer(fault)
  }

  private static func fault(_ bytes: UnsafeBufferPointer<UInt8>) -> Fault? {
    var ascii = true
    for byte in bytes {
      if byte == 0 { return .zeroCharacter }
      if byte >= 0x80 { ascii = false }
    }
    if ascii { return nil }
    return String(validating: bytes, as: UTF8.self) == nil ? .illFormed : nil
  }

  private static func error(_ fault: Fault, _ what: String) -> BatonError {
    let reason: BatonError.Reason
    switch fault {
    case .zeroCharacter, .illFormed: reason = "invalid_text"
    case .emptyKey, .longKey, .controlCharacter: reason = "token_key_invalid"
    }
    return BatonError(.invalidArgument, reason, "the \(what) \(fault.words)")
  }
}
