internal import BatonClient

/// Values and removals of names, as a file, a JSON object and options give them; later ones win
/// (RE135, RE136).
package struct EnvironmentEdits {
  package private(set) var values: [String: String] = [:]
  package private(set) var unset: Set<String> = []
  private let read: (String) throws -> [UInt8]

  /// - Parameter read: Gives the content of a file; `-` is standard input.
  package init(read: @escaping (String) throws -> [UInt8] = InputFile.read) {
    self.read = read
  }

  /// Adds the lines `KEY=VALUE` of a file, as they are.
  ///
  /// - Throws: ``UsageError`` with the line; what reading throws.
  package mutating func add(file path: String) throws {
    let text = try ValueSource.text(of: path, read: read)
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
    {
      if line.isEmpty || line.hasPrefix("#") { continue }
      guard let equals = line.firstIndex(of: "="), equals > line.startIndex else {
        throw UsageError(
          "\(InputFile.name(path)) line \(index + 1): KEY=VALUE is expected")
      }
      set(String(line[..<equals]), String(line[line.index(after: equals)...]))
    }
  }

  /// Adds the members of a JSON object: text that begins with `{` is the object, anything else is
  /// the path of a file with it.
  ///
  /// Strings are taken as they are, numbers and booleans as their JSON text, objects and arrays as
  /// compact JSON; null removes the name.
  ///
  /// - Throws: ``UsageError`` with line and column.
  package mutating func add(json text: String) throws {
    let isObject = text.first { !" \t\r\n".contains($0) } == "{"
    let source = isObject ? "--env-json" : InputFile.name(text)
    let bytes: [UInt8]
    do {
      bytes = isObject ? Array(text.utf8) : try read(text)
    } catch let error as BatonError {
      throw UsageError("--env-json: \(error.message)")
    }
    let located: JSONParser.Located
    do {
      located = try JSONParser.parseLocated(bytes)
    } catch {
      throw UsageError("\(source) line \(error.line), column \(error.column): \(error.text)")
    }
    guard case .object(let members) = located.value else {
      let failure = located.failure("a JSON object is expected")
      throw UsageError("\(source) line \(failure.line), column \(failure.column): \(failure.text)")
    }
    for member in members {
      switch member.value {
      case .string(let value): set(member.name, value)
      case .null: remove(member.name)
      default: set(member.name, member.value.text)
      }
    }
  }

  /// Adds pairs `KEY=VALUE` of options, each value as of ``ValueSource``.
  ///
  /// - Throws: ``UsageError`` for a pair without `=`; what reading throws.
  package mutating func add(pairs: [String], option: String) throws {
    for pair in pairs {
      guard let (key, value) = ValueSource.split(pair) else {
        throw UsageError("\(option) needs KEY=VALUE, not '\(pair)'")
      }
      set(key, try ValueSource.value(of: value, read: read))
    }
  }

  /// Adds names to remove.
  ///
  /// - Throws: ``UsageError`` for an empty name, or one that is also set: one of both is a mistake.
  package mutating func remove(_ names: [String]) throws {
    for name in names {
      if name.isEmpty { throw UsageError("--unset-env needs a name") }
      if values[name] != nil { throw UsageError("\(name) is both set and unset") }
      unset.insert(name)
    }
  }

  private mutating func set(_ name: String, _ value: String) {
    values[name] = value
    unset.remove(name)
  }

  private mutating func remove(_ name: String) {
    values[name] = nil
    unset.insert(name)
  }
}
