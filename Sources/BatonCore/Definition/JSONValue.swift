/// A value of JSON (RFC 8259), numbers as they are written.
///
/// Two values are equal when they are the same as JSON: order of members, way of writing numbers
/// and escapes do not count; strings are compared by their bytes (RE108).
package struct JSONValue: Sendable {
  private enum Content: Sendable {
    case string(String)
    case number(String)
    case word(JSONScanner.Word)
    case array([JSONValue])
    case object([Member])
  }

  private struct Member: Sendable {
    var name: String
    var value: JSONValue
  }

  private let content: Content

  /// The deepest nesting of arrays and objects.
  package static let maximumDepth = 64

  /// Reads the text of one value.
  ///
  /// - Throws: what is no JSON, is nested too deep, or has a member twice.
  package init(_ text: String) throws(JSONScanner.Fault) {
    var scanner = JSONScanner(Array(text.utf8))
    self = try Self.read(&scanner, depth: 1)
    try Self.end(&scanner)
  }

  private init(_ content: Content) {
    self.content = content
  }

  /// The elements of the array that the text is.
  ///
  /// - Throws: what is no array of at most `limit` elements, or no value as `init` takes it.
  package static func elements(
    of text: String, atMost limit: Int
  ) throws(JSONScanner.Fault) -> [JSONValue] {
    var scanner = JSONScanner(Array(text.utf8))
    scanner.skipBlanks()
    guard scanner.take("[") else { throw scanner.fault("a JSON array must follow") }
    let elements = try array(&scanner, depth: 1, atMost: limit)
    try end(&scanner)
    return elements
  }

  // MARK: - Texts

  /// The value as a text for people and programs: a string as it is, others compact (RE105).
  package var text: String {
    if case .string(let text) = content { text } else { compact }
  }

  /// JSON without insignificant white space, members in their order, numbers as written.
  package var compact: String { written(canonical: false) }

  /// The value of a member; nil: there is none of this name, or the value is no object.
  package func member(_ name: String) -> JSONValue? {
    guard case .object(let members) = content else { return nil }
    return members.first { TokenBytes.areEqual($0.name, name) }?.value
  }

  /// The text that equal values share.
  private var canonical: String { written(canonical: true) }

  private func written(canonical: Bool) -> String {
    switch content {
    case .string(let text): return JSONString.quoted(text)
    case .number(let text): return canonical ? JSONNumber.canonical(text) : text
    case .word(let word): return word.rawValue
    case .array(let elements):
      return "[" + elements.map { $0.written(canonical: canonical) }.joined(separator: ",") + "]"
    case .object(var members):
      if canonical { members.sort { TokenBytes.precedes($0.name, $1.name) } }
      let pairs = members.map {
        "\(JSONString.quoted($0.name)):\($0.value.written(canonical: canonical))"
      }
      return "{" + pairs.joined(separator: ",") + "}"
    }
  }

  // MARK: - Reading

  private static func read(
    _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONScanner.Fault) -> JSONValue {
    scanner.skipBlanks()
    switch scanner.next {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth <= maximumDepth else {
        throw scanner.fault("nested deeper than \(maximumDepth) levels")
      }
      if scanner.take("[") {
        return JSONValue(.array(try array(&scanner, depth: depth, atMost: .max)))
      }
      return JSONValue(.object(try object(&scanner, depth: depth)))
    case UInt8(ascii: "\""):
      return JSONValue(.string(try scanner.string()))
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
      let range = try scanner.number()
      return JSONValue(.number(String(decoding: scanner.bytes[range], as: UTF8.self)))
    default:
      return JSONValue(.word(try scanner.word()))
    }
  }

  /// The elements behind a bracket, which is read.
  private static func array(
    _ scanner: inout JSONScanner, depth: Int, atMost limit: Int
  ) throws(JSONScanner.Fault) -> [JSONValue] {
    var elements: [JSONValue] = []
    scanner.skipBlanks()
    if scanner.take("]") { return elements }
    while true {
      guard elements.count < limit else { throw scanner.fault("more than \(limit) elements") }
      elements.append(try read(&scanner, depth: depth + 1))
      scanner.skipBlanks()
      if scanner.take("]") { return elements }
      guard scanner.take(",") else { throw scanner.fault("`,` or `]` must follow") }
    }
  }

  private static func object(
    _ scanner: inout JSONScanner, depth: Int
  ) throws(JSONScanner.Fault) -> [Member] {
    var members: [Member] = []
    var names = Set<TokenKey>()
    _ = scanner.take("{")
    scanner.skipBlanks()
    if scanner.take("}") { return members }
    while true {
      scanner.skipBlanks()
      let fault = scanner.fault("a member that was given before")
      let name = try scanner.name()
      guard names.insert(TokenKey(.user, name)).inserted else { throw fault }
      try scanner.colon()
      members.append(Member(name: name, value: try read(&scanner, depth: depth + 1)))
      scanner.skipBlanks()
      if scanner.take("}") { return members }
      guard scanner.take(",") else { throw scanner.fault("`,` or `}` must follow") }
    }
  }

  private static func end(_ scanner: inout JSONScanner) throws(JSONScanner.Fault) {
    scanner.skipBlanks()
    guard scanner.next == nil else { throw scanner.fault("text after the end of the value") }
  }
}

extension JSONValue: Hashable {
  package static func == (left: JSONValue, right: JSONValue) -> Bool {
    TokenBytes.areEqual(left.canonical, right.canonical)
  }

  package func hash(into hasher: inout Hasher) {
    TokenBytes.hash(canonical, into: &hasher)
  }
}

/// Numbers of JSON as texts.
enum JSONNumber {
  /// The text that all ways of writing a number share: its digits without outer zeros and a power
  /// of ten, exact whatever its size; `100`, `1e2` and `100.0` give `1e2`.
  static func canonical(_ text: String) -> String {
    let parts = text.split(whereSeparator: { $0 == "e" || $0 == "E" })
    guard let mantissa = parts.first else { return text }
    let isNegative = mantissa.hasPrefix("-")
    let pieces = mantissa.drop { $0 == "-" }
      .split(separator: ".", omittingEmptySubsequences: false)
    let fraction = pieces.count > 1 ? pieces[1] : ""
    var digits = (String(pieces[0]) + fraction).drop { $0 == "0" }
    guard !digits.isEmpty else { return "0" }
    // An exponent that no Int64 holds is left as it is written.
    guard var power = parts.count > 1 ? Int64(parts[1]) : 0, power.magnitude < 1 << 62 else {
      return text
    }
    power -= Int64(fraction.count)
    while digits.last == "0" {
      digits.removeLast()
      power += 1
    }
    return "\(isNegative ? "-" : "")\(digits)e\(power)"
  }
}
