/// Where in the file a template stands; decides which sources it may use (G29, G30).
enum TemplatePlace {
  /// `argv` and `env` of a program, `env` of a node with a program.
  case program
  /// `properties` of a program or node.
  case properties
  /// `put` of a NOOP program.
  case programPut
  /// `argv` of a condition and `env` of its node.
  case condition
  /// `put` of a condition.
  case conditionPut
  /// `argv` and `env` of a hook.
  case hook

  /// Why a reference may not stand here, or nil when it may.
  func refusal(of reference: Template.Reference) -> String? {
    switch reference {
    case .argument, .environment, .trigger:
      return nil
    case .token(_, let key, _):
      return Self.isTokenKey(key) ? nil : "`\(reference)` names no legal token key"
    case .property:
      switch self {
      case .program, .programPut: return nil
      case .properties: return "`\(reference)`: properties may not use `prop`"
      case .condition, .conditionPut: return "`\(reference)`: a condition has no properties"
      case .hook: return "`\(reference)`: a hook has no properties"
      }
    case .outcome:
      return self == .conditionPut ? nil : "`outcome` is only for `put` of a condition"
    case .secret:
      switch self {
      case .program, .properties, .condition, .hook: return nil
      case .programPut, .conditionPut: return "`\(reference)` may not be put"
      }
    case .item(let name, _):
      guard name == "item" else { return "unknown source `\(name)`" }
      return "`item` is only for nodes with `for_each`"
    case .index:
      return "`index` is only for nodes with `for_each`"
    case .exitCode, .reason:
      return "`\(reference)` is only for `publish`"
    }
  }

  /// Whether the text is a key that a token can hold (T4).
  static func isTokenKey(_ key: String) -> Bool {
    (1...1024).contains(key.utf8.count) && key.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}
