/// A text with references such as `${arg.from}`, replaced when an attempt starts (G29–G31).
///
/// Two templates are equal when their source texts are; a template is stored as its source text.
package struct Template: Sendable {
  /// The text as written in the file.
  package let source: String
  /// The source cut into literal text and references, in order; no two literals are neighbours.
  package let parts: [Part]

  /// A piece of a template.
  package enum Part: Hashable, Sendable {
    /// Text that is inserted as it is; `$${` is already `${` here.
    case literal(String)
    /// A value to look up, and the text used only when the value is absent.
    case reference(Reference, fallback: String?)
  }

  /// Reads the text of a template.
  ///
  /// The syntax alone is judged; whether a reference is allowed where the text stands, and whether
  /// what it names exists, is checked when the application is compiled.
  ///
  /// - Throws: `TemplateError` for an unclosed `${` and a reference that cannot be read.
  package init(parsing source: String) throws(TemplateError) {
    self.source = source
    var parser = TemplateParser(source)
    parts = try parser.parts()
  }

  /// A template that yields exactly this text, whatever characters it has.
  package init(literal text: String) {
    source = Self.escaped(text)
    parts = text.isEmpty ? [] : [.literal(text)]
  }

  /// The references, in the order of the text.
  package var references: [Reference] {
    parts.compactMap { part in
      if case .reference(let reference, _) = part { reference } else { nil }
    }
  }

  /// Whether the template has no reference.
  package var isLiteral: Bool { references.isEmpty }

  /// Whether a value of the run's token is needed to render the template.
  package var readsToken: Bool {
    parts.contains { part in
      if case .reference(.token, _) = part { true } else { false }
    }
  }

  /// Whether the element or index of a `for_each` is named.
  package var usesItems: Bool {
    references.contains { reference in
      switch reference {
      case .item, .index: true
      default: false
      }
    }
  }

  /// The text with every reference replaced.
  ///
  /// Inserted values are not scanned again. A fallback is used only when the value is absent, not
  /// when it is empty.
  ///
  /// - Parameter lookup: Gives the value of a reference, or nil when it is absent.
  /// - Returns: The text; empty for an empty template.
  /// - Throws: `UnresolvedReference` for the first reference without value and fallback.
  package func rendered(
    _ lookup: (Reference) -> String?
  ) throws(UnresolvedReference) -> String {
    var text = ""
    for part in parts {
      switch part {
      case .literal(let literal):
        text += literal
      case .reference(let reference, let fallback):
        guard let value = lookup(reference) ?? fallback else {
          throw UnresolvedReference(reference: reference)
        }
        text += value
      }
    }
    return text
  }

  /// The bytes of the text with every reference replaced; absent values count nothing.
  ///
  /// - Parameter lookup: Gives the value of a reference, or nil when it is absent.
  /// - Returns: The number of bytes of UTF-8.
  package func renderedBytes(_ lookup: (Reference) -> String?) -> Int {
    parts.reduce(0) { sum, part in
      switch part {
      case .literal(let literal): sum + literal.utf8.count
      case .reference(let reference, let fallback):
        sum + (lookup(reference) ?? fallback ?? "").utf8.count
      }
    }
  }

  private static func escaped(_ text: String) -> String {
    var bytes: [UInt8] = []
    let source = Array(text.utf8)
    bytes.reserveCapacity(source.count)
    for (index, byte) in source.enumerated() {
      let opens =
        byte == UInt8(ascii: "$") && index + 1 < source.count
        && source[index + 1] == UInt8(ascii: "{")
      if opens { bytes.append(UInt8(ascii: "$")) }
      bytes.append(byte)
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Template: Hashable {
  package static func == (left: Template, right: Template) -> Bool {
    left.source == right.source
  }

  package func hash(into hasher: inout Hasher) {
    hasher.combine(source)
  }
}

extension Template: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let source = try container.decode(String.self)
    do {
      try self.init(parsing: source)
    } catch {
      throw DecodingError.dataCorruptedError(in: container, debugDescription: error.message)
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(source)
  }
}

/// A text that is no template.
package struct TemplateError: Error, Hashable, Sendable, CustomStringConvertible {
  /// One sentence without its full stop.
  package let message: String
  /// The offset of the fault in bytes of the source text.
  package let offset: Int

  package init(message: String, offset: Int) {
    self.message = message
    self.offset = offset
  }

  package var description: String { message }
}

/// A reference that had neither a value nor a fallback; reason `template_unresolved` (G31).
package struct UnresolvedReference: Error, Hashable, Sendable, CustomStringConvertible {
  package let reference: Template.Reference

  package init(reference: Template.Reference) {
    self.reference = reference
  }

  /// The reference as it is written, without `${` and `}`, such as `token.t`.
  package var description: String { reference.description }
}
