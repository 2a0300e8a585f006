/// Strings of JSON (RFC 8259), read from and written as bytes.
package enum JSONString {
  /// A text that is no JSON string.
  package struct ParseError: Error, Hashable, Sendable {
    /// What is wrong, without a full stop.
    package let message: String
  }

  /// Reads the string that begins at `position` with its quotation mark.
  ///
  /// - Parameters:
  ///   - bytes: The text that holds the string.
  ///   - position: The place of the opening mark; afterwards that behind the closing one, or that
  ///     of the fault.
  /// - Returns: The text with its escapes replaced, surrogate pairs included.
  /// - Throws: `ParseError` for what is no string of well-formed UTF-8.
  package static func parse(
    _ bytes: [UInt8], at position: inout Int
  ) throws(ParseError) -> String {
    var text: [UInt8] = []
    position += 1
    while position < bytes.count {
      let byte = bytes[position]
      switch byte {
      case UInt8(ascii: "\""):
        position += 1
        guard let string = String(validating: text, as: UTF8.self) else {
          throw ParseError(message: "ill-formed UTF-8")
        }
        return string
      case UInt8(ascii: "\\"):
        text += Array(String(try escape(bytes, at: &position)).utf8)
      case 0..<0x20:
        throw ParseError(message: "control character in a string")
      default:
        text.append(byte)
        position += 1
      }
    }
    throw ParseError(message: "unclosed string")
  }

  /// The text as a JSON string, with its quotation marks.
  package static func quoted(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private static func escape(
    _ bytes: [UInt8], at position: inout Int
  ) throws(ParseError) -> Unicode.Scalar {
    guard position + 1 < bytes.count else {
      position = bytes.count
      throw ParseError(message: "unclosed string")
    }
    let scalar: Unicode.Scalar
    switch bytes[position + 1] {
    case UInt8(ascii: "\""): scalar = "\""
    case UInt8(ascii: "\\"): scalar = "\\"
    case UInt8(ascii: "/"): scalar = "/"
    case UInt8(ascii: "b"): scalar = "\u{8}"
    case UInt8(ascii: "f"): scalar = "\u{C}"
    case UInt8(ascii: "n"): scalar = "\n"
    case UInt8(ascii: "r"): scalar = "\r"
    case UInt8(ascii: "t"): scalar = "\t"
    case UInt8(ascii: "u"): return try unicode(bytes, at: &position)
    default: throw ParseError(message: "unknown escape")
    }
    position += 2
    return scalar
  }

  private static func unicode(
    _ bytes: [UInt8], at position: inout Int
  ) throws(ParseError) -> Unicode.Scalar {
    let first = try unit(bytes, at: position)
    if let scalar = Unicode.Scalar(first) {
      position += 6
      return scalar
    }
    guard first < 0xDC00, position + 7 < bytes.count,
      bytes[position + 6] == UInt8(ascii: "\\"), bytes[position + 7] == UInt8(ascii: "u")
    else { throw ParseError(message: "surrogate without its pair") }
    let second = try unit(bytes, at: position + 6)
    guard (0xDC00...0xDFFF).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw ParseError(message: "surrogate without its pair") }
    position += 12
    return scalar
  }

  /// The four hexadecimal digits of a `\u` escape.
  private static func unit(_ bytes: [UInt8], at position: Int) throws(ParseError) -> UInt32 {
    guard position + 6 <= bytes.count else { throw ParseError(message: "unclosed string") }
    var value: UInt32 = 0
    for byte in bytes[(position + 2)..<(position + 6)] {
      let digit: UInt8
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
      case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
      default: throw ParseError(message: "`\\u` needs four hexadecimal digits")
      }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
