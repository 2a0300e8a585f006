internal import BatonCore

/// The files of an attempt's directory that `BATON_` variables name (contract: environment).
enum TaskFiles {
  /// Empty at the start; the program puts by writing to it (T48).
  static let token = "token"
  /// The view of the attempt at its start (T47).
  static let tokenJSON = "token.json"
  static let propertiesJSON = "properties.json"
  static let argumentsJSON = "arguments.json"
  static let confJSON = "conf.json"

  /// A JSON object of texts, members in ascending order.
  static func object(_ values: [String: String]) -> [UInt8] {
    var text = "{"
    for (index, key) in values.keys.sorted().enumerated() {
      if index > 0 { text += "," }
      text += JSONString.quoted(key)
      text += ":"
      text += JSONString.quoted(values[key] ?? "")
    }
    text += "}\n"
    return Array(text.utf8)
  }
}
