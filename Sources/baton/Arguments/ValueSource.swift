internal import BatonClient

/// Values on the command line that may stand in a file: `@FILE`, `@-` for standard input, `@@` for
/// a value that begins with `@` (C13).
package enum ValueSource {
  /// The value that a text stands for.
  ///
  /// - Parameters:
  ///   - text: As written on the command line.
  ///   - read: Gives the content of a file; `-` is standard input.
  /// - Returns: The value.
  /// - Throws: what `read` throws; INVALID_ARGUMENT `invalid_text` for a file that is not text.
  package static func value(
    of text: String, read: (String) throws -> [UInt8] = InputFile.read
  ) throws -> String {
    guard text.hasPrefix("@") else { return text }
    let rest = String(text.dropFirst())
    if rest.hasPrefix("@") { return rest }
    return try self.text(of: rest, read: read)
  }

  /// The text in a file.
  package static func text(
    of path: String, read: (String) throws -> [UInt8] = InputFile.read
  ) throws -> String {
    guard let text = String(validating: try read(path), as: UTF8.self) else {
      throw BatonError(
        .invalidArgument, "invalid_text", "\(InputFile.name(path)) is not well-formed UTF-8")
    }
    return text
  }

  /// The pairs of `KEY=VALUE` texts, each value as above, over those of a file.
  ///
  /// - Parameters:
  ///   - pairs: As written on the command line.
  ///   - file: A file with a JSON object, or lines `KEY=VALUE` where empty ones and those that
  ///     begin with `#` are ignored.
  ///   - option: The name of the option, for messages.
  ///   - read: Gives the content of a file; `-` is standard input.
  /// - Returns: The values by key.
  /// - Throws: ``UsageError`` for a pair without `=` and a key that is given twice;
  ///   INVALID_ARGUMENT `invalid_text` for a file in neither form; what `read` throws.
  package static func map(
    _ pairs: [String], file: String?, option: String,
    read: (String) throws -> [UInt8] = InputFile.read
  ) throws -> [String: String] {
    var map: [String: String] = [:]
    if let file { map = try self.map(inFile: file, read: read) }
    var given: Set<String> = []
    for pair in pairs {
      guard let (key, value) = split(pair) else {
        throw UsageError("\(option) needs KEY=VALUE, not '\(pair)'")
      }
      guard given.insert(key).inserted else { throw UsageError("\(option) \(key) is given twice") }
      map[key] = try self.value(of: value, read: read)
    }
    return map
  }

  /// A text taken apart at its first `=`; nil without one or with an empty key.
  package static func split(_ pair: String) -> (key: String, value: String)? {
    guard let sign = pair.utf8.firstIndex(of: UInt8(ascii: "=")), sign != pair.startIndex else {
      return nil
    }
    return (String(pair[..<sign]), String(pair[pair.utf8.index(after: sign)...]))
  }

  private static func map(
    inFile path: String, read: (String) throws -> [UInt8]
  ) throws -> [String: String] {
    let text = try text(of: path, read: read)
    let first = text.utf8.first { !" \t\r\n".utf8.contains($0) }
    if first == UInt8(ascii: "{") { return try object(text, path) }
    var map: [String: String] = [:]
    for (number, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let (key, value) = split(String(line)) else {
        throw BatonError(
          .invalidArgument, "invalid_text",
          "line \(number + 1) of \(InputFile.name(path)) is not KEY=VALUE")
      }
      map[key] = value
    }
    return map
  }

  private static func object(_ text: String, _ path: String) throws -> [String: String] {
    let value: JSONValue
    do throws(JSONParser.Failure) {
      value = try JSONParser.parse(Array(text.utf8))
    } catch {
      throw BatonError(
        .invalidArgument, "invalid_text",
        "\(InputFile.name(path)) line \(error.line), column \(error.column): \(error.text)")
    }
    guard case .object(let members) = value else { return [:] }
    var map: [String: String] = [:]
    for member in members {
      switch member.value {
      case .string(let text): map[member.name] = text
      default: map[member.name] = member.value.text
      }
    }
    return map
  }
}
