/// Looks at the words of an expression before SQLite sees it.
///
/// SQLite's authorizer is not asked about parts that its optimiser drops, such as the right side
/// of `0 AND (SELECT …)`, and knows neither parameters nor several statements; these are refused
/// here wherever they stand.
struct ExpressionLexer {
  private static let deniedWords: Set<String> = [
    "select", "values", "with", "exists", "raise", "over", "filter", "current_date",
    "current_time", "current_timestamp",
  ]

  private let bytes: [UInt8]
  private var offset = 0
  private var depth = 0

  private init(_ text: String) {
    bytes = Array(text.utf8)
  }

  /// One sentence that says why the text cannot be one expression, or nil.
  static func problem(in text: String) -> String? {
    var lexer = ExpressionLexer(text)
    while lexer.offset < lexer.bytes.count {
      if let problem = lexer.next() { return problem }
    }
    return lexer.depth > 0 ? "a parenthesis is not closed" : nil
  }

  private mutating func next() -> String? {
    let byte = bytes[offset]
    switch byte {
    case UInt8(ascii: "'"), UInt8(ascii: "\""), UInt8(ascii: "`"):
      return skipQuoted(byte)
    case UInt8(ascii: "["):
      return skipQuoted(UInt8(ascii: "]"))
    case UInt8(ascii: "-") where peek(1) == UInt8(ascii: "-"):
      while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset += 1 }
      return nil
    case UInt8(ascii: "/") where peek(1) == UInt8(ascii: "*"):
      return skipComment()
    case UInt8(ascii: "("):
      depth += 1
    case UInt8(ascii: ")"):
      depth -= 1
      if depth < 0 { return "a parenthesis is closed that was not opened" }
    case UInt8(ascii: ",") where depth == 0:
      return "more than one expression"
    case UInt8(ascii: ";"):
      return "`;` is not allowed: a condition is one expression"
    case UInt8(ascii: "?"), UInt8(ascii: ":"), UInt8(ascii: "@"), UInt8(ascii: "$"),
      UInt8(ascii: "#"):
      return "parameters are not allowed"
    case 0:
      return "the character U+0000 is not allowed"
    case _ where Self.isWordByte(byte):
      return skipWord()
    default:
      break
    }
    offset += 1
    return nil
  }

  private func peek(_ distance: Int) -> UInt8? {
    offset + distance < bytes.count ? bytes[offset + distance] : nil
  }

  /// Text up to the closing mark; a doubled mark stands for itself.
  private mutating func skipQuoted(_ end: UInt8) -> String? {
    offset += 1
    while offset < bytes.count {
      if bytes[offset] == 0 { return "the character U+0000 is not allowed" }
      offset += 1
      guard bytes[offset - 1] == end else { continue }
      guard end != UInt8(ascii: "]"), offset < bytes.count, bytes[offset] == end else {
        return nil
      }
      offset += 1
    }
    return "a quotation mark is not closed"
  }

  private mutating func skipComment() -> String? {
    offset += 2
    while offset < bytes.count {
      if bytes[offset] == UInt8(ascii: "*"), peek(1) == UInt8(ascii: "/") {
        offset += 2
        return nil
      }
      offset += 1
    }
    return "a comment is not closed"
  }

  private mutating func skipWord() -> String? {
    let start = offset
    while offset < bytes.count, Self.isWordByte(bytes[offset]) { offset += 1 }
    let word = String(decoding: bytes[start..<offset], as: UTF8.self).lowercased()
    return Self.deniedWords.contains(word) ? "`\(word.uppercased())` is not allowed" : nil
  }

  private static func isWordByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), 0x80...:
      true
    default: false
    }
  }
}
