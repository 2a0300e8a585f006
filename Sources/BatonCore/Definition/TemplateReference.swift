extension Template {
  /// What a `${…}` of a template names (G29).
  package enum Reference: Hashable, Sendable {
    /// `arg.NAME`: an argument of the run.
    case argument(String)
    /// `env.NAME`: a value of the run environment.
    case environment(String)
    /// `prop.NAME`: a merged property of the node.
    case property(String)
    /// `token.KEY`, `system.KEY`, both also with `@NODE`: an entry of the run's token.
    case token(scope: TokenScope, key: String, node: String?)
    /// `outcome`: `true` or `false` of the condition just decided.
    case outcome
    /// `trigger.…`: information about what launched the run (S11.6).
    case trigger(Trigger)
    /// `secret.NAME`: a Secret resource of the namespace (SR81).
    case secret(String)
    /// `item`, `item.FIELD`: the element of a `for_each` pass, under the name that `as` gives it.
    ///
    /// Every lower-case word that is no other source is read as such a name; whether the node
    /// has a `for_each` of that name is checked when the application is compiled.
    case item(name: String, field: String?)
    /// `index`: the position in the list of a `for_each` pass.
    case index
    /// `exit_code` of the attempt (RE96).
    case exitCode
    /// `reason` of the attempt (RE96).
    case reason
  }
}

extension Template.Reference {
  /// A `trigger.…` reference.
  package struct Trigger: Hashable, Sendable {
    /// The position of the info in `trigger.N.…`; nil: as the field says by itself.
    package var position: Int?
    package var field: Field

    package init(position: Int? = nil, field: Field) {
      self.position = position
      self.field = field
    }

    /// What of the trigger information is named.
    package enum Field: Hashable, Sendable {
      /// A field of the info itself.
      case info(Info)
      /// `arg.NAME` of the triggering run.
      case argument(String)
      /// `token.KEY`, `system.KEY`, both also with `@NODE`, of the triggering run.
      case token(scope: TokenScope, key: String, node: String?)
      /// `prop.NAME@NODE` of the triggering run.
      case property(String, node: String)
    }

    /// A field of a trigger info.
    package enum Info: String, Hashable, Sendable, CaseIterable {
      case name
      case logicalStartTime = "logical_start_time"
      case firedTime = "fired_time"
      case chainDepth = "chain_depth"
      case runID = "run_id"
      case programStatus = "program_status"
      case namespace
      case applicationID = "app_id"
      case programID = "program_id"

      /// Whether the field belongs to the schedule's firing, not to one of its infos.
      package var isOfSchedule: Bool {
        switch self {
        case .name, .logicalStartTime, .firedTime, .chainDepth: true
        case .runID, .programStatus, .namespace, .applicationID, .programID: false
        }
      }
    }
  }
}

extension Template.Reference: CustomStringConvertible {
  /// The reference as it is written between `${` and `}`, without its default: `token.t@A`.
  package var description: String {
    switch self {
    case .argument(let name): "arg.\(Self.quoted(name))"
    case .environment(let name): "env.\(Self.quoted(name))"
    case .property(let name): "prop.\(Self.quoted(name))"
    case .token(let scope, let key, let node): Self.token(scope, key, node)
    case .outcome: "outcome"
    case .trigger(let trigger): trigger.description
    case .secret(let name): "secret.\(Self.quoted(name))"
    case .item(let name, let field): field.map { "\(name).\(Self.quoted($0))" } ?? name
    case .index: "index"
    case .exitCode: "exit_code"
    case .reason: "reason"
    }
  }

  fileprivate static func token(_ scope: TokenScope, _ key: String, _ node: String?) -> String {
    let source = scope == .user ? "token" : "system"
    let place = node.map { "@\($0)" } ?? ""
    return "\(source).\(quoted(key))\(place)"
  }

  /// The name, in the quotes of JSON when it is no bare name.
  fileprivate static func quoted(_ name: String) -> String {
    let bare = !name.isEmpty && name.utf8.allSatisfy(TemplateParser.isNameByte)
    return bare ? name : JSONString.quoted(name)
  }
}

extension Template.Reference.Trigger: CustomStringConvertible {
  package var description: String {
    let field =
      switch field {
      case .info(let info): info.rawValue
      case .argument(let name): "arg.\(Template.Reference.quoted(name))"
      case .token(let scope, let key, let node): Template.Reference.token(scope, key, node)
      case .property(let name, let node): "prop.\(Template.Reference.quoted(name))@\(node)"
      }
    return position.map { "trigger.\($0).\(field)" } ?? "trigger.\(field)"
  }
}
