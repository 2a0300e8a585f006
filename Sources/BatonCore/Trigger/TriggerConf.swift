/// The `conf` of a trigger: the text of one JSON object, whose members become arguments (SR2).
package struct TriggerConf: Hashable, Sendable {
  /// The most bytes of the text.
  package static let maximumBytes = 262_144

  /// A member of the object.
  package struct Member: Hashable, Sendable {
    package var name: String
    /// A string as it is, any other value as its source text without insignificant white space.
    package var value: String
  }

  /// The members in the order of the text.
  package let members: [Member]

  /// Reads the text as strictly as signed requests need it (SR12).
  ///
  /// - Throws: INVALID_ARGUMENT `conf_invalid` with the offset in bytes.
  package init(_ text: String) throws(BatonError) {
    guard text.utf8.count <= Self.maximumBytes else {
      throw Self.invalid(
        "more than \(Self.maximumBytes) bytes", at: Self.maximumBytes)
    }
    var reader = TriggerConfReader(Array(text.utf8))
    do {
      members = try reader.members()
    } catch {
      throw Self.invalid(error.message, at: error.offset)
    }
  }

  private static func invalid(_ message: String, at offset: Int) -> BatonError {
    BatonError(
      .invalidArgument, "conf_invalid", "conf is not acceptable at byte \(offset): \(message)",
      hint: "give the text of one JSON object")
  }
}

/// Reads one JSON object and keeps the source of its members.
private struct TriggerConfReader {
  private static let maximumDepth = 64
  private static let maximumNumberLength = 1000

  private var scanner: JSONScanner
  /// The source of the value under way, without insignificant white space.
  private var source: [UInt8] = []

  init(_ bytes: [UInt8]) {
    scanner = JSONScanner(bytes)
  }

  mutating func members() throws(JSONScanner.Fault) -> [TriggerConf.Member] {
    scanner.skipBlanks()
    guard scanner.next == UInt8(ascii: "{") else { throw scanner.fault("`{` must follow") }
    var members: [TriggerConf.Member] = []
    try object(depth: 1) { (reader, name) throws(JSONScanner.Fault) in
      members.append(.init(name: name, value: try reader.argument()))
    }
    scanner.skipBlanks()
    guard scanner.next == nil else { throw scanner.fault("text after the end of the object") }
    return members
  }

  /// The value of a member of the outermost object, as an argument has it.
  private mutating func argument() throws(JSONScanner.Fault) -> String {
    scanner.skipBlanks()
    if scanner.next == UInt8(ascii: "\"") { return try scanner.string() }
    source.removeAll(keepingCapacity: true)
    try value(depth: 2)
    return String(decoding: source, as: UTF8.self)
  }

  private mutating func value(depth: Int) throws(JSONScanner.Fault) {
    scanner.skipBlanks()
    let start = scanner.offset
    switch scanner.next {
    case UInt8(ascii: "{"):
      try object(depth: depth) { (reader, _) throws(JSONScanner.Fault) in
        try reader.value(depth: depth + 1)
      }
      return
    case UInt8(ascii: "["):
      try array(depth: depth)
      return
    case UInt8(ascii: "\""): _ = try scanner.string()
    case UInt8(ascii: "-")?, (UInt8(ascii: "0")...UInt8(ascii: "9"))?:
      guard try scanner.number().count <= Self.maximumNumberLength else {
        throw .init(
          message: "a number of more than \(Self.maximumNumberLength) characters", offset: start)
      }
    default: _ = try scanner.word()
    }
    source += scanner.bytes[start..<scanner.offset]
  }

  /// Reads an object whose brace comes next; `member` reads the value of each name.
  private mutating func object(
    depth: Int,
    _ member: (inout TriggerConfReader, String) throws(JSONScanner.Fault) -> Void
  ) throws(JSONScanner.Fault) {
    try open("{", depth: depth)
    if close("}") { return }
    // Compared by their bytes: names that only look alike are different names.
    var names: Set<[UInt8]> = []
    repeat {
      scanner.skipBlanks()
      let start = scanner.offset
      let name = try scanner.name()
      guard names.insert(Array(name.utf8)).inserted else {
        throw .init(message: "a member that was given before", offset: start)
      }
      source += scanner.bytes[start..<scanner.offset]
      try scanner.colon()
      source.append(UInt8(ascii: ":"))
      try member(&self, name)
    } while more()
    guard close("}") else { throw scanner.fault("`,` or `}` must follow") }
  }

  private mutating func array(depth: Int) throws(JSONScanner.Fault) {
    try open("[", depth: depth)
    if close("]") { return }
    repeat { try value(depth: depth + 1) } while more()
    guard close("]") else { throw scanner.fault("`,` or `]` must follow") }
  }

  private mutating func open(
    _ bracket: Unicode.Scalar, depth: Int
  ) throws(JSONScanner.Fault) {
    guard depth <= Self.maximumDepth else {
      throw scanner.fault("nested deeper than \(Self.maximumDepth) levels")
    }
    _ = scanner.take(bracket)
    source.append(UInt8(ascii: bracket))
  }

  private mutating func close(_ bracket: Unicode.Scalar) -> Bool {
    scanner.skipBlanks()
    guard scanner.take(bracket) else { return false }
    source.append(UInt8(ascii: bracket))
    return true
  }

  /// Reads the comma before a further member or element.
  private mutating func more() -> Bool {
    scanner.skipBlanks()
    guard scanner.take(",") else { return false }
    source.append(UInt8(ascii: ","))
    return true
  }
}
