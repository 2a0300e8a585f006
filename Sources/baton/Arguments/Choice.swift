internal import ArgumentParser

/// Options whose value is one of a few words.
enum Choice {
  /// The value with a word.
  static func value<Value: RawRepresentable & CaseIterable>(_ word: String) throws -> Value
  where Value.RawValue == String {
    guard let value = Value(rawValue: word) else {
      let words = Value.allCases.map(\.rawValue).joined(separator: ", ")
      throw ValidationError("'\(word)' is none of \(words)")
    }
    return value
  }
}
