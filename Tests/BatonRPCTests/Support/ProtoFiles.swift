import Foundation

/// What the files in `Protos/` say of services and messages, read without the generator.
struct ProtoFiles {
  struct Method {
    var service: String
    var name: String
    /// The full name of the request message.
    var request: String
    var answersWithStream: Bool
  }

  struct Field {
    var number: Int
    var name: String
    /// `string`, another scalar, or the full name of a message or an enum.
    var type: String
    var isRepeated: Bool
    /// Types of keys and values of a map.
    var map: (key: String, value: String)?
  }

  private(set) var methods: [Method] = []
  /// The fields of the messages by their full names.
  private(set) var messages: [String: [Field]] = [:]

  /// Reads all files of the repository that these tests belong to.
  init() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent().appending(path: "Protos")
    let names = try FileManager.default.subpathsOfDirectory(atPath: root.path)
    for name in names.sorted() where name.hasSuffix(".proto") {
      read(try String(contentsOf: root.appending(path: name), encoding: .utf8))
    }
    for (message, fields) in messages {
      messages[message] = fields.map { field in
        var field = field
        field.type = resolve(field.type, from: message)
        return field
      }
    }
  }

  /// Whether a type is a message.
  func isMessage(_ type: String) -> Bool { messages[type] != nil }

  private mutating func read(_ text: String) {
    var package = ""
    var service = ""
    var message = ""
    // A long line is broken before its result.
    let text = text.replacing(/\)\n +returns/, with: ") returns")
    for line in text.split(separator: "\n") {
      let line = line.prefix { $0 != "/" }.trimmingCharacters(in: .whitespaces)
      if let match = line.wholeMatch(of: /package ([\w.]+);/) {
        package = String(match.1)
      } else if let match = line.wholeMatch(of: /service (\w+) \{/) {
        service = "\(package).\(match.1)"
      } else if let match = line.wholeMatch(of: /message (\w+) \{\}?/) {
        message = "\(package).\(match.1)"
        messages[message] = []
      } else if let match = line.wholeMatch(of: /enum \w+ \{/) {
        _ = match
        message = ""
      } else if let match = line.firstMatch(of: /^rpc (\w+)\(([\w.]+)\) returns \((stream )?/) {
        let request = match.2.contains(".") ? String(match.2) : "\(package).\(match.2)"
        methods.append(
          Method(
            service: service, name: String(match.1), request: request,
            answersWithStream: match.3 != nil))
      } else if !message.isEmpty, let field = Self.field(line) {
        messages[message]?.append(field)
      }
    }
  }

  private static func field(_ line: String) -> Field? {
    if let match = line.firstMatch(of: /^map<(\w+), ([\w.]+)> (\w+) = (\d+)/) {
      return Field(
        number: Int(match.4) ?? 0, name: String(match.3), type: "map", isRepeated: true,
        map: (String(match.1), String(match.2)))
    }
    guard let match = line.firstMatch(of: /^(repeated )?([\w.]+) (\w+) = (\d+)[; ]/),
      match.2 != "option"
    else { return nil }
    return Field(
      number: Int(match.4) ?? 0, name: String(match.3), type: String(match.2),
      isRepeated: match.1 != nil)
  }

  private func resolve(_ type: String, from message: String) -> String {
    let package = message.prefix(upTo: message.lastIndex(of: ".") ?? message.startIndex)
    let full = "\(package).\(type)"
    return messages[full] != nil ? full : type
  }
}

extension ProtoFiles {
  /// The way to a text: the fields from the outermost message inwards.
  typealias Path = [(number: Int, name: String)]

  /// The ways to all texts of a message.
  ///
  /// - Parameters:
  ///   - message: The message's full name.
  ///   - depth: How many messages may be nested, this one included.
  /// - Returns: The ways; nil if messages are nested deeper.
  func texts(of message: String, depth: Int) -> [Path]? {
    guard depth > 0 else { return nil }
    var paths: [Path] = []
    for field in messages[message] ?? [] {
      let step = (field.number, field.name)
      if let map = field.map {
        if map.key == "string" { paths.append([step, (1, "key")]) }
        if map.value == "string" { paths.append([step, (2, "value")]) }
      } else if field.type == "string" {
        paths.append([step])
      } else if isMessage(field.type) {
        guard let inner = texts(of: field.type, depth: depth - 1) else { return nil }
        paths += inner.map { [step] + $0 }
      }
    }
    return paths
  }
}
