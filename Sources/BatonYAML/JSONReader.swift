internal import BatonCore

/// Reads a JSON text (RFC 8259) into a document tree.
struct JSONReader {
  private let bytes: [UInt8]
  private var offset = 0
  private var counter = PositionCounter()

  init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The tree of the whole text.
  mutating func document() throws(DefinitionProblem) -> Document.Item {
    let item = try value(depth: 1)
    skipBlanks()
    guard offset == bytes.count else { throw syntax("text after the end of the JSON value") }
    return item
  }

  static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  private mutating func value(depth: Int) throws(DefinitionProblem) -> Document.Item {
    skipBlanks()
    let position = counter.position(of: offset, in: bytes)
    guard offset < bytes.count else { throw syntax("the text ends where a value must follow") }
    switch bytes[offset] {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth <= DocumentLimits.maximumDepth else {
        let text = "nested deeper than \(DocumentLimits.maximumDepth) levels"
        throw DefinitionProblem(at: position, path: "", code: .limit, text: text)
      }
      let content =
        bytes[offset] == UInt8(ascii: "{") ? try mapping(depth) : try sequence(depth)
      return Document.Item(content, at: position)
    case UInt8(ascii: "\""):
      return Document.Item(.text(try string(), quoted: true), at: position)
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      return Document.Item(.text(try number(), quoted: false), at: position)
    default:
      return Document.Item(try word(), at: position)
    }
  }

  private mutating func mapping(_ depth: Int) throws(DefinitionProblem) -> Document.Content {
    var pairs: [Document.Pair] = []
    offset += 1
    skipBlanks()
    if take("}") { return .mapping(pairs) }
    while true {
      skipBlanks()
      let position = counter.position(of: offset, in: bytes)
      guard offset < bytes.count, bytes[offset] == UInt8(ascii: "\"") else {
        throw syntax("a key in quotation marks must follow")
      }
      let key = try string()
      skipBlanks()
      guard take(":") else { throw syntax("`:` must follow the key") }
      pairs.append(
        Document.Pair(key: key, keyPosition: position, value: try value(depth: depth + 1)))
      skipBlanks()
      if take("}") { return .mapping(pairs) }
      guard take(",") else { throw syntax("`,` or `}` must follow") }
    }
  }

  private mutating func sequence(_ depth: Int) throws(DefinitionProblem) -> Document.Content {
    var items: [Document.Item] = []
    offset += 1
    skipBlanks()
    if take("]") { return .sequence(items) }
    while true {
      items.append(try value(depth: depth + 1))
      skipBlanks()
      if take("]") { return .sequence(items) }
      guard take(",") else { throw syntax("`,` or `]` must follow") }
    }
  }

  private mutating func string() throws(DefinitionProblem) -> String {
    do {
      return try JSONString.parse(bytes, at: &offset)
    } catch {
      throw syntax(error.message)
    }
  }

  /// A number as it is written.
  private mutating func number() throws(DefinitionProblem) -> String {
    let start = offset
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return String(decoding: bytes[start..<offset], as: UTF8.self)
  }

  private mutating func digits() throws(DefinitionProblem) {
    let start = offset
    while offset < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[offset]) {
      offset += 1
    }
    guard offset > start else { throw syntax("a digit must follow") }
  }

  private mutating func word() throws(DefinitionProblem) -> Document.Content {
    let rest = bytes[offset...]
    if rest.starts(with: "true".utf8) {
      offset += 4
      return .text("true", quoted: false)
    }
    if rest.starts(with: "false".utf8) {
      offset += 5
      return .text("false", quoted: false)
    }
    guard rest.starts(with: "null".utf8) else { throw syntax("a JSON value must follow") }
    offset += 4
    return .empty
  }

  private mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard offset < bytes.count, bytes[offset] == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  private mutating func skipBlanks() {
    while offset < bytes.count, Self.isBlank(bytes[offset]) { offset += 1 }
  }

  private mutating func syntax(_ text: String) -> DefinitionProblem {
    let position = counter.position(of: offset, in: bytes)
    return DefinitionProblem(at: position, path: "", code: .yamlSyntax, text: text)
  }
}
