internal import BatonCore

/// Reads a JSON text (RFC 8259) into a document tree.
struct JSONReader {
  private var scanner: JSONScanner
  private var counter = PositionCounter()

  init(_ bytes: [UInt8]) {
    scanner = JSONScanner(bytes)
  }

  /// The tree of the whole text.
  mutating func document() throws(DefinitionProblem) -> Document.Item {
    let item = try value(depth: 1)
    scanner.skipBlanks()
    guard scanner.next == nil else {
      throw syntax(scanner.fault("text after the end of the JSON value"))
    }
    return item
  }

  private mutating func value(depth: Int) throws(DefinitionProblem) -> Document.Item {
    scanner.skipBlanks()
    let position = place
    switch scanner.next {
    case UInt8(ascii: "{"), UInt8(ascii: "["):
      guard depth <= DocumentLimits.maximumDepth else {
        let text = "nested deeper than \(DocumentLimits.maximumDepth) levels"
        throw DefinitionProblem(at: position, path: "", code: .limit, text: text)
      }
      let content = scanner.take("{") ? try mapping(depth) : try sequence(depth)
      return Document.Item(content, at: position)
    case UInt8(ascii: "\""):
      let text = try piece { (scanner) throws(JSONScanner.Fault) in try scanner.string() }
      return Document.Item(.text(text, quoted: true), at: position)
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
      let range = try piece { (scanner) throws(JSONScanner.Fault) in try scanner.number() }
      let text = String(decoding: scanner.bytes[range], as: UTF8.self)
      return Document.Item(.text(text, quoted: false), at: position)
    default:
      let word = try piece { (scanner) throws(JSONScanner.Fault) in try scanner.word() }
      let content: Document.Content =
        word == .null ? .empty : .text(word.rawValue, quoted: false)
      return Document.Item(content, at: position)
    }
  }

  private mutating func mapping(_ depth: Int) throws(DefinitionProblem) -> Document.Content {
    var pairs: [Document.Pair] = []
    scanner.skipBlanks()
    if scanner.take("}") { return .mapping(pairs) }
    while true {
      scanner.skipBlanks()
      let position = place
      let key = try piece { (scanner) throws(JSONScanner.Fault) in
        let name = try scanner.name()
        try scanner.colon()
        return name
      }
      pairs.append(
        Document.Pair(key: key, keyPosition: position, value: try value(depth: depth + 1)))
      scanner.skipBlanks()
      if scanner.take("}") { return .mapping(pairs) }
      guard scanner.take(",") else { throw syntax(scanner.fault("`,` or `}` must follow")) }
    }
  }

  private mutating func sequence(_ depth: Int) throws(DefinitionProblem) -> Document.Content {
    var items: [Document.Item] = []
    _ = scanner.take("[")
    scanner.skipBlanks()
    if scanner.take("]") { return .sequence(items) }
    while true {
      items.append(try value(depth: depth + 1))
      scanner.skipBlanks()
      if scanner.take("]") { return .sequence(items) }
      guard scanner.take(",") else { throw syntax(scanner.fault("`,` or `]` must follow")) }
    }
  }

  /// What the scanner reads; its faults become problems of the file.
  private mutating func piece<Value>(
    _ read: (inout JSONScanner) throws(JSONScanner.Fault) -> Value
  ) throws(DefinitionProblem) -> Value {
    do {
      return try read(&scanner)
    } catch {
      throw syntax(error)
    }
  }

  /// The line and column of what comes next.
  private var place: Document.Position {
    mutating get { counter.position(of: scanner.offset, in: scanner.bytes) }
  }

  private mutating func syntax(_ fault: JSONScanner.Fault) -> DefinitionProblem {
    let position = counter.position(of: fault.offset, in: scanner.bytes)
    return DefinitionProblem(at: position, path: "", code: .yamlSyntax, text: fault.message)
  }
}
