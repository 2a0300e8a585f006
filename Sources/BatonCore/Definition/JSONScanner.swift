/// Reads the pieces of a JSON text (RFC 8259) one after another, numbers as they are written.
///
/// What the pieces make up is for the reader to say; white space is skipped when it is asked to.
package struct JSONScanner: Sendable {
  /// What is wrong with the text, and where: the number of bytes before it.
  package struct Fault: Error, Hashable, Sendable {
    package let message: String
    package let offset: Int
  }

  package let bytes: [UInt8]
  /// The bytes that have been read.
  package private(set) var offset = 0

  package init(_ bytes: [UInt8]) {
    self.bytes = bytes
  }

  /// The byte that comes next; nil at the end.
  package var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

  /// Something wrong with what comes next.
  package func fault(_ message: String) -> Fault {
    Fault(message: message, offset: offset)
  }

  package static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D
  }

  package mutating func skipBlanks() {
    while offset < bytes.count, Self.isBlank(bytes[offset]) { offset += 1 }
  }

  /// Reads a character if it comes next.
  package mutating func take(_ character: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: character) else { return false }
    offset += 1
    return true
  }

  /// Reads a string whose quotation mark comes next; its escapes are replaced.
  package mutating func string() throws(Fault) -> String {
    do {
      return try JSONString.parse(bytes, at: &offset)
    } catch {
      throw fault(error.message)
    }
  }

  /// Reads the name of a member.
  package mutating func name() throws(Fault) -> String {
    guard next == UInt8(ascii: "\"") else { throw fault("a key in quotation marks must follow") }
    return try string()
  }

  /// Reads the colon behind the name of a member.
  package mutating func colon() throws(Fault) {
    skipBlanks()
    guard take(":") else { throw fault("`:` must follow the key") }
  }

  /// Reads a number and gives its place in the text.
  package mutating func number() throws(Fault) -> Range<Int> {
    let start = offset
    _ = take("-")
    if !take("0") { try digits() }
    if take(".") { try digits() }
    if take("e") || take("E") {
      if !take("+") { _ = take("-") }
      try digits()
    }
    return start..<offset
  }

  /// Reads `true`, `false` or `null`.
  package mutating func word() throws(Fault) -> Word {
    for word in Word.allCases where bytes[offset...].starts(with: word.rawValue.utf8) {
      offset += word.rawValue.utf8.count
      return word
    }
    throw fault(
      next == nil ? "the text ends where a value must follow" : "a JSON value must follow")
  }

  /// A value that is a word.
  package enum Word: String, Sendable, CaseIterable {
    case `true`, `false`, null
  }

  private mutating func digits() throws(Fault) {
    let start = offset
    while let byte = next, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { offset += 1 }
    guard offset > start else { throw fault("a digit must follow") }
  }
}
