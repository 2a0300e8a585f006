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

  /// `arguments` of a WORKFLOW program.
  case childArguments
  /// `items` of a `for_each`.
  case items
  /// A number of a policy of a program, of a node with one, or of `node_defaults`.
  case policy
  /// A number of a policy of a condition's node.
  case conditionPolicy
  /// `publish` of a node with a program, or of `node_defaults`.
  case publish
  /// `publish` of a condition's node.
  case conditionPublish

  /// Why a reference may not stand here, or nil when it may.
  func refusal(of reference: Template.Reference) -> String? {
    switch reference {
    case .argument, .environment, .trigger:
      return nil
    case .token(_, let key, _):
      return Self.isTokenKey(key) ? nil : "`\(reference)` names no legal token key"
    case .property:
      switch self {
      case .program, .programPut, .childArguments, .items, .policy, .publish: return nil
      case .properties: return "`\(reference)`: properties may not use `prop`"
      case .condition, .conditionPut, .conditionPolicy, .conditionPublish:
        return "`\(reference)`: a condition has no properties"
      case .hook: return "`\(reference)`: a hook has no properties"
      }
    case .outcome:
      return self == .conditionPut ? nil : "`outcome` is only for `put` of a condition"
    case .secret:
      switch self {
      case .program, .properties, .condition, .hook, .childArguments: return nil
      case .programPut, .conditionPut, .publish, .conditionPublish:
        return "`\(reference)` may not be put"
      case .items, .policy, .conditionPolicy: return "`\(reference)` may not stand here"
      }
    case .item(let name, _):
      guard !knowsItems else { return nil }
      return name == ForEach.defaultName ? Self.itemSentence : "unknown source `\(name)`"
    case .index:
      return knowsItems ? nil : "`index` is only for nodes with `for_each`"
    case .exitCode, .reason:
      return self == .publish || self == .conditionPublish
        ? nil : "`\(reference)` is only for `publish`"
    }
  }

  /// Whether what stands here is rendered for each item of a `for_each`.
  private var knowsItems: Bool {
    switch self {
    case .program, .properties, .programPut, .childArguments: true
    default: false
    }
  }

  static let itemSentence = "`item` is only for nodes with `for_each`"

  /// Whether the text is a key that a token can hold (T4).
  static func isTokenKey(_ key: String) -> Bool {
    (1...1024).contains(key.utf8.count) && key.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
  }
}
