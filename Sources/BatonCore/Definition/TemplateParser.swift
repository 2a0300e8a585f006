/// Reads the text of a template into its parts (G29, G31).
struct TemplateParser {
  private let bytes: [UInt8]
  private var position = 0

  init(_ source: String) {
    bytes = Array(source.utf8)
  }

  /// The parts of the whole text.
  mutating func parts() throws(TemplateError) -> [Template.Part] {
    var parts: [Template.Part] = []
    var literal: [UInt8] = []
    while position < bytes.count {
      if starts(with: "$${") {
        literal += "${".utf8
        position += 3
      } else if starts(with: "${") {
        if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
        literal = []
        parts.append(try placeholder())
      } else {
        literal.append(bytes[position])
        position += 1
      }
    }
    if !literal.isEmpty { parts.append(.literal(String(decoding: literal, as: UTF8.self))) }
    return parts
  }

  static func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "."),
      UInt8(ascii: "-"):
      true
    default: false
    }
  }

  // MARK: - Pieces of a placeholder

  private mutating func placeholder() throws(TemplateError) -> Template.Part {
    let start = position
    position += 2
    let reference = try reference()
    var fallback: String?
    if starts(with: ":-") {
      position += 2
      let text = position
      while position < bytes.count, bytes[position] != UInt8(ascii: "}") { position += 1 }
      fallback = String(decoding: bytes[text..<position], as: UTF8.self)
    }
    guard position < bytes.count else {
      throw TemplateError(message: "unclosed `${`", offset: start)
    }
    guard bytes[position] == UInt8(ascii: "}") else {
      throw unexpected("after `\(reference)`")
    }
    position += 1
    return .reference(reference, fallback: fallback)
  }

  private mutating func reference() throws(TemplateError) -> Template.Reference {
    let start = position
    let source = word()
    switch source {
    case "arg": return .argument(try name(of: source))
    case "env": return .environment(try name(of: source))
    case "prop": return .property(try name(of: source))
    case "secret": return .secret(try name(of: source))
    case "token": return try token(.user, source)
    case "system": return try token(.system, source)
    case "trigger": return .trigger(try trigger())
    case "outcome": return .outcome
    case "index": return .index
    case "exit_code": return .exitCode
    case "reason": return .reason
    default: break
    }
    guard !source.isEmpty else { throw try missingSource(at: start) }
    guard Self.isItemName(source) else {
      throw TemplateError(message: "unknown source `\(source)`", offset: start)
    }
    guard starts(with: ".") else { return .item(name: source, field: nil) }
    return .item(name: source, field: try name(of: source))
  }

  /// `KEY` or `KEY@NODE` after `token` or `system`.
  private mutating func token(
    _ scope: TokenScope, _ source: String
  ) throws(TemplateError) -> Template.Reference {
    let key = try name(of: source)
    return .token(scope: scope, key: key, node: try node())
  }

  private mutating func trigger() throws(TemplateError) -> Template.Reference.Trigger {
    try dot(after: "trigger")
    let start = position
    var position: Int?
    var field = word()
    if let number = Int(field), number >= 0, field.utf8.allSatisfy({ $0 != UInt8(ascii: "+") }) {
      position = number
      try dot(after: "trigger.\(field)")
      field = word()
    }
    let value: Template.Reference.Trigger.Field
    switch field {
    case "arg": value = .argument(try name(of: field))
    case "token": value = .token(scope: .user, key: try name(of: field), node: try node())
    case "system": value = .token(scope: .system, key: try name(of: field), node: try node())
    case "prop":
      let name = try name(of: field)
      guard let node = try node() else { throw unexpected("where `@NODE` must follow") }
      value = .property(name, node: node)
    default:
      guard let info = Template.Reference.Trigger.Info(rawValue: field),
        position == nil || !info.isOfSchedule
      else {
        throw TemplateError(message: "unknown field `trigger.\(field)`", offset: start)
      }
      value = .info(info)
    }
    return Template.Reference.Trigger(position: position, field: value)
  }

  /// The letters, digits, `_` and `-` from here on.
  private mutating func word() -> String {
    let start = position
    while position < bytes.count, Self.isNameByte(bytes[position]),
      bytes[position] != UInt8(ascii: ".")
    {
      position += 1
    }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// `.` and a bare name or a JSON string.
  private mutating func name(of source: String) throws(TemplateError) -> String {
    try dot(after: source)
    let start = position
    if position < bytes.count, bytes[position] == UInt8(ascii: "\"") {
      do {
        return try JSONString.parse(bytes, at: &position)
      } catch {
        throw TemplateError(message: "\(error.message) in the quoted name", offset: start)
      }
    }
    while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
    guard position > start else { throw unexpected("where a name must follow `\(source).`") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// `@NODE`, where it stands.
  private mutating func node() throws(TemplateError) -> String? {
    guard starts(with: "@") else { return nil }
    position += 1
    let start = position
    while position < bytes.count, Self.isNameByte(bytes[position]) { position += 1 }
    guard position > start else { throw unexpected("where a node must follow `@`") }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  private mutating func dot(after text: String) throws(TemplateError) {
    guard starts(with: ".") else { throw unexpected("where `.` must follow `\(text)`") }
    position += 1
  }

  // MARK: - Faults

  private func starts(with text: StaticString) -> Bool {
    text.withUTF8Buffer { bytes[position...].starts(with: $0) }
  }

  private func unexpected(_ place: String) -> TemplateError {
    guard position < bytes.count else {
      return TemplateError(message: "unclosed `${`: the text ends \(place)", offset: position)
    }
    let rest = String(decoding: bytes[position...].prefix(4), as: UTF8.self)
    let character = rest.first.map(String.init) ?? ""
    return TemplateError(message: "unexpected `\(character)` \(place)", offset: position)
  }

  private func missingSource(at start: Int) throws(TemplateError) -> TemplateError {
    guard position < bytes.count else {
      return TemplateError(message: "unclosed `${`", offset: start - 2)
    }
    return unexpected("where a source such as `arg` must follow `${`")
  }

  /// Whether the word can be the `as` of a `for_each`: `[a-z][a-z0-9_]*`, and no other source.
  static func isItemName(_ word: String) -> Bool {
    guard let first = word.utf8.first, (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(first),
      !sources.contains(word)
    else { return false }
    return word.utf8.allSatisfy { byte in
      isNameByte(byte) && byte != UInt8(ascii: "-") && byte != UInt8(ascii: ".")
        && !(UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte)
    }
  }

  private static let sources: Set<String> = [
    "arg", "env", "prop", "secret", "token", "system", "trigger", "outcome", "index",
    "exit_code", "reason",
  ]
}
