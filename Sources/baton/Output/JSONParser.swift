/// Reads JSON text strictly (RFC 8259) and says where it is wrong.
package struct JSONParser {
  /// What is wrong with a text, and where.
  package struct Failure: Error, Hashable {
    /// The line, from 1.
    package var line: Int
    /// The column in characters, from 1.
    package var column: Int
    /// What was expected or found.
    package var text: String
  }

  private static let maximumDepth = 64

  private let bytes: [UInt8]
  private var position = 0
  private var depth = 0
  /// Where the members of the outermost object begin.
  fileprivate var memberPositions: [Int] = []

  private init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// A value with the places of its parts, for findings about what it says.
  package struct Located {
    package var value: JSONValue
    private let parser: JSONParser
    private let start: Int

    fileprivate init(value: JSONValue, parser: JSONParser, start: Int) {
      self.value = value
      self.parser = parser
      self.start = start
    }

    /// A finding about the value as a whole.
    package func failure(_ text: String) -> Failure {
      parser.failure(text, at: start)
    }

    /// A finding about a member of the outermost object, by its position.
    package func failure(_ text: String, member: Int) -> Failure {
      parser.failure(text, at: parser.memberPositions[member])
    }
  }

  /// Reads one value with nothing after it.
  package static func parse(_ bytes: [UInt8]) throws(Failure) -> JSONValue {
    try parseLocated(bytes).value
  }

  /// Reads one value with nothing after it, and keeps where its parts are.
  package static func parseLocated(_ bytes: [UInt8]) throws(Failure) -> Located {
    var parser = JSONParser(bytes)
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw parser.failure("the text is not well-formed UTF-8")
    }
    parser.skipSpace()
    let start = parser.position
    let value = try parser.value()
    parser.skipSpace()
    guard parser.position == bytes.count else {
      throw parser.failure("nothing may follow the value")
    }
    return Located(value: value, parser: parser, start: start)
  }

  /// The failure at a place; nil: the present one.
  fileprivate func failure(_ text: String, at place: Int? = nil) -> Failure {
    var line = 1
    var column = 1
    for byte in bytes.prefix(place ?? position) {
      if byte == UInt8(ascii: "\n") {
        line += 1
        column = 1
      } else if byte & 0xC0 != 0x80 {
        column += 1
      }
    }
    return Failure(line: line, column: column, text: text)
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0D).contains(byte), byte != 0x0B, byte != 0x0C
    {
      position += 1
    }
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    position += 1
    return true
  }

  private mutating func value() throws(Failure) -> JSONValue {
    guard let first = next else { throw failure("a value is missing") }
    switch first {
    case UInt8(ascii: "{"): return try nested { parser throws(Failure) in try parser.object() }
    case UInt8(ascii: "["): return try nested { parser throws(Failure) in try parser.array() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
    default: throw failure("a value is expected here")
    }
  }

  private mutating func nested(
    _ read: (inout JSONParser) throws(Failure) -> JSONValue
  ) throws(Failure) -> JSONValue {
    guard depth < Self.maximumDepth else { throw failure("the text is nested too deeply") }
    depth += 1
    position += 1
    let value = try read(&self)
    depth -= 1
    return value
  }

  private mutating func object() throws(Failure) -> JSONValue {
    var members: [JSONValue.Member] = []
    skipSpace()
    if take("}") { return .object(members) }
    while true {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw failure("a member's name is expected here") }
      if depth == 1 { memberPositions.append(position) }
      let name = try string()
      skipSpace()
      guard take(":") else { throw failure("a colon is expected here") }
      skipSpace()
      members.append(.init(name, try value()))
      skipSpace()
      if take("}") { return .object(members) }
      guard take(",") else { throw failure("a comma or } is expected here") }
    }
  }

  private mutating func array() throws(Failure) -> JSONValue {
    var elements: [JSONValue] = []
    skipSpace()
    if take("]") { return .array(elements) }
    while true {
      skipSpace()
      elements.append(try value())
      skipSpace()
      if take("]") { return .array(elements) }
      guard take(",") else { throw failure("a comma or ] is expected here") }
    }
  }

  private mutating func word(
    _ word: StaticString, _ value: JSONValue
  ) throws(Failure) -> JSONValue {
    let matches = word.withUTF8Buffer { bytes[position...].starts(with: $0) }
    guard matches else { throw failure("a value is expected here") }
    position += word.utf8CodeUnitCount
    return value
  }

  private mutating func number() throws(Failure) -> JSONValue {
    let start = position
    func isDigit(_ byte: UInt8?) -> Bool {
      byte.map { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) } ?? false
    }
    func digits(_ parser: inout JSONParser) throws(Failure) {
      guard isDigit(parser.next) else { throw parser.failure("a digit is expected here") }
      while isDigit(parser.next) { parser.position += 1 }
    }
    var isInteger = true
    _ = take("-")
    if !take("0") { try digits(&self) }
    if take(".") {
      isInteger = false
      try digits(&self)
    }
    if take("e") || take("E") {
      isInteger = false
      if !take("+") { _ = take("-") }
      try digits(&self)
    }
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    if isInteger, let value = Int64(text) { return .integer(value) }
    return .number(text)
  }

  private mutating func string() throws(Failure) -> String {
    let start = position
    position += 1
    var text = ""
    var plain = position
    func flush(_ parser: JSONParser) {
      text += String(decoding: parser.bytes[plain..<parser.position], as: UTF8.self)
    }
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        flush(self)
        position += 1
        return text
      case UInt8(ascii: "\\"):
        flush(self)
        position += 1
        text.unicodeScalars.append(try escape())
        plain = position
      case 0..<0x20: throw failure("a control character must be escaped")
      default: position += 1
      }
    }
    throw failure("the string does not end", at: start)
  }

  private mutating func escape() throws(Failure) -> Unicode.Scalar {
    guard let byte = next else { throw failure("the string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""): return "\""
    case UInt8(ascii: "\\"): return "\\"
    case UInt8(ascii: "/"): return "/"
    case UInt8(ascii: "b"): return "\u{8}"
    case UInt8(ascii: "f"): return "\u{C}"
    case UInt8(ascii: "n"): return "\n"
    case UInt8(ascii: "r"): return "\r"
    case UInt8(ascii: "t"): return "\t"
    case UInt8(ascii: "u"): return try unicodeEscape()
    default: throw failure("no such escape", at: position - 1)
    }
  }

  private mutating func unicodeEscape() throws(Failure) -> Unicode.Scalar {
    let start = position - 2
    let first = try codeUnit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard (0xD800...0xDBFF).contains(first), take("\\"), take("u") else {
      throw failure("a lone surrogate", at: start)
    }
    let second = try codeUnit()
    guard (0xDC00...0xDFFF).contains(second) else { throw failure("a lone surrogate", at: start) }
    let number = 0x10000 + ((UInt32(first) - 0xD800) << 10) + (UInt32(second) - 0xDC00)
    guard let scalar = Unicode.Scalar(number) else {
      throw failure("a lone surrogate", at: start)
    }
    return scalar
  }

  private mutating func codeUnit() throws(Failure) -> UInt16 {
    let digits = bytes[position...].prefix(4)
    let text = String(decoding: digits, as: UTF8.self)
    guard digits.count == 4, text.allSatisfy(\.isHexDigit), let unit = UInt16(text, radix: 16)
    else { throw failure("four hexadecimal digits are expected here") }
    position += 4
    return unit
  }
}
