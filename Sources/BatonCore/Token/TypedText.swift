/// The strict conversions between the text of a token value and Swift values (T46).
///
/// Values have no type of their own: who reads one says what it must be, and nothing that is
/// merely similar is accepted.
public enum TypedText {
  /// The truth value of a text: `true` or `false` in ASCII letters of any case.
  ///
  /// - Returns: nil when the text is anything else, such as `1`, `yes` or empty.
  public static func bool(_ text: String) -> Bool? {
    if equalsIgnoringCase(text, "true") { return true }
    if equalsIgnoringCase(text, "false") { return false }
    return nil
  }

  /// The integer of a text of the form `-?(0|[1-9][0-9]*)` within the range of `Int64`.
  ///
  /// - Returns: nil when the text is anything else, such as `+5`, `05`, ` 5` or `1.0`.
  public static func int64(_ text: String) -> Int64? {
    var digits = text.utf8[...]
    if digits.first == UInt8(ascii: "-") { digits = digits.dropFirst() }
    guard let first = digits.first, digits.allSatisfy(isDigit) else { return nil }
    guard first != UInt8(ascii: "0") || digits.count == 1 else { return nil }
    return Int64(text)
  }

  /// The number of a text of the JSON grammar, finite after the conversion.
  ///
  /// - Returns: nil when the text is anything else, such as `.5`, `1.`, `0x1` or `1e999`.
  public static func double(_ text: String) -> Double? {
    guard isJSONNumber(text), let value = Double(text), value.isFinite else { return nil }
    return value
  }

  /// The canonical text of a truth value.
  public static func text(_ value: Bool) -> String {
    value ? "true" : "false"
  }

  /// The canonical text of an integer: decimal.
  public static func text(_ value: Int64) -> String {
    String(value)
  }

  /// The canonical text of a number: the shortest that reads back to the same number.
  ///
  /// - Returns: nil for NaN and the infinities, which no text stands for.
  public static func text(_ value: Double) -> String? {
    guard value.isFinite else { return nil }
    let text = value.description
    return text.hasSuffix(".0") ? String(text.dropLast(2)) : text
  }

  private static func equalsIgnoringCase(_ text: String, _ word: StaticString) -> Bool {
    word.withUTF8Buffer { word in
      text.utf8.count == word.count && zip(text.utf8, word).allSatisfy { $0 | 0x20 == $1 }
    }
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }

  private static func isJSONNumber(_ text: String) -> Bool {
    var rest = text.utf8[...]
    func takeDigits() -> Bool {
      let count = rest.prefix(while: isDigit).count
      rest = rest.dropFirst(count)
      return count > 0
    }
    func take(_ characters: String) -> Bool {
      guard let first = rest.first, characters.utf8.contains(first) else { return false }
      rest = rest.dropFirst()
      return true
    }
    _ = take("-")
    if !take("0"), !takeDigits() { return false }
    if take("."), !takeDigits() { return false }
    if take("eE") {
      _ = take("+-")
      if !takeDigits() { return false }
    }
    return rest.isEmpty
  }
}
