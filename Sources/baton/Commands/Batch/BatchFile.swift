package import BatonClient

/// What a file of `baton batch-runs --file` asks (B7.1, B7.3).
package struct BatchFile: Sendable {
  /// One element of the list of programs.
  package enum Item: Hashable, Sendable {
    /// To be asked.
    case program(BatchProgram)
    /// Wrong in itself: answered 400 in its place.
    case wrong(BatchRefusal)
  }

  package var items: [Item]
  package var namespace: String?
  package var statuses: [String]?
  package var since: Timestamp?
  package var until: Timestamp?
  package var activeFirst: Bool?

  package init(items: [Item]) {
    self.items = items
  }

  /// Reads a file.
  ///
  /// - Parameters:
  ///   - content: The file.
  ///   - name: Its name, for messages.
  /// - Throws: INVALID_ARGUMENT `element_invalid`, `member_unknown` with line and column.
  package init(_ content: [UInt8], name: String) throws(BatonError) {
    do throws(JSONParser.Failure) {
      let located = try JSONParser.parseLocated(content)
      switch located.value {
      case .array(let elements):
        items = elements.map(Self.item)
      case .object(let members):
        items = []
        try read(members, located)
      default:
        throw located.failure("an array or an object is expected")
      }
    } catch {
      let reason: BatonError.Reason =
        error.text.hasPrefix(Self.unknownMember) ? "member_unknown" : "element_invalid"
      throw BatonError(
        .invalidArgument, reason,
        "\(name) line \(error.line), column \(error.column): \(error.text)")
    }
  }

  private static let unknownMember = "unknown member"

  private mutating func read(
    _ members: [JSONValue.Member], _ located: JSONParser.Located
  ) throws(JSONParser.Failure) {
    var seen: Set<String> = []
    for (position, member) in members.enumerated() {
      guard seen.insert(member.name).inserted else {
        throw located.failure("\(member.name) is given twice", member: position)
      }
      switch (member.name, member.value) {
      case ("programs", .array(let elements)): items = elements.map(Self.item)
      case ("namespace", .string(let text)): namespace = text
      case ("statuses", .array(let words)):
        statuses = words.compactMap(\.stringValue)
        guard statuses?.count == words.count else {
          throw located.failure("statuses must be words", member: position)
        }
      case ("since", .integer(let time)): since = Timestamp(milliseconds: time)
      case ("until", .integer(let time)): until = Timestamp(milliseconds: time)
      case ("activeFirst", .bool(let value)): activeFirst = value
      case ("programs", _), ("namespace", _), ("statuses", _), ("since", _), ("until", _),
        ("activeFirst", _):
        throw located.failure("\(member.name) has the wrong type", member: position)
      default:
        throw located.failure("\(Self.unknownMember) \(member.name)", member: position)
      }
    }
    guard seen.contains("programs") else { throw located.failure("programs is missing") }
  }

  /// Reads one element; whatever is wrong with it concerns it alone (B1.5).
  package static func item(_ value: JSONValue) -> Item {
    var program = BatchProgram(application: "", program: "")
    var refusal = BatchRefusal(reason: "", message: "")
    guard case .object(let members) = value else {
      refusal.reason = "element_invalid"
      refusal.message = "the element is not an object"
      return .wrong(refusal)
    }
    var problems: [(String, String)] = []
    var seen: Set<String> = []
    for member in members {
      guard seen.insert(member.name).inserted else {
        problems.append(("element_invalid", "\(member.name) is given twice"))
        continue
      }
      if let problem = take(member, &program, &refusal) { problems.append(problem) }
    }
    guard let first = problems.first else { return .program(program) }
    (refusal.reason, refusal.message) = first
    return .wrong(refusal)
  }

  private static func take(
    _ member: JSONValue.Member, _ program: inout BatchProgram, _ refusal: inout BatchRefusal
  ) -> (String, String)? {
    switch (member.name, member.value) {
    case ("namespace", .string(let text)):
      program.namespace = text
      refusal.namespace = text
    case ("appId", .string(let text)):
      program.application = text
      refusal.application = text
    case ("programType", .string(let text)):
      program.programType = text
      refusal.programType = text
    case ("programId", .string(let text)):
      program.program = text
      refusal.program = text
    case ("limit", .null): break
    case ("limit", .integer(let number)) where Int32(exactly: number) != nil:
      program.limit = Int32(number)
    case ("limit", .integer): return ("limit_invalid", "limit must be 1 to 100")
    case ("limit", _): return ("limit_invalid", "limit is not an integer")
    case ("version", .integer(let number)) where UInt32(exactly: number) != nil:
      program.version = UInt32(number)
    case ("cursor", .string(let text)): program.cursor = text
    case ("cursor", _): return ("cursor_invalid", "cursor is not a text")
    case ("programType", _): return ("program_type_invalid", "programType is not a text")
    case ("namespace", _), ("appId", _), ("programId", _):
      return ("name_invalid", "\(member.name) is not a text")
    case ("version", _): return ("element_invalid", "version is not a version")
    default: return ("member_unknown", "unknown member \(member.name)")
    }
    return nil
  }
}

/// An element that was not asked because it is wrong in itself.
package struct BatchRefusal: Hashable, Sendable {
  package var namespace: String?
  package var application: String?
  package var programType: String?
  package var program: String?
  package var reason: String
  package var message: String

  package init(reason: String, message: String) {
    self.reason = reason
    self.message = message
  }
}

extension JSONValue {
  /// The text of a string.
  fileprivate var stringValue: String? {
    if case .string(let text) = self { return text }
    return nil
  }
}
