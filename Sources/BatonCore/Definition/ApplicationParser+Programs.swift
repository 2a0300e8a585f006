/// A program as far as it could be read, with the references to check per node that uses it.
struct ParsedProgram {
  /// nil when the program has problems of its own.
  var program: Program?
  var texts: [TemplateText] = []
  /// The policies that it sets, by their fields.
  var policies: Set<String> = []
}

/// A template and where it stands.
struct TemplateText {
  var template: Template
  var cursor: DocumentCursor
  /// References that may not stand there; they are reported.
  var refused: Set<Template.Reference> = []
}

extension ApplicationParser {
  /// Fields of programs beside `type`, policies and those that types share.
  private static let fieldsOfType: [ProgramType: Set<String>] = [
    .command: ["argv", "env", "cwd", "limits"], .noop: ["put", "env", "cwd", "limits"],
    .worker: ["queue", "env", "limits"], .workflow: ["workflow", "arguments", "export"],
  ]

  /// One program; a problem with it is no problem of the nodes that name it.
  func program(_ cursor: DocumentCursor, _ file: FileNames) -> ParsedProgram {
    guard let object = cursor.object() else { return ParsedProgram() }
    guard let type = programType(object) else { return ParsedProgram() }
    let own = Self.fieldsOfType[type] ?? []
    object.allow(
      Set(["type", "properties", "timeout", "stop_grace", "retry"]).union(own),
      what: "a program of type \(type.rawValue)")

    var texts: [TemplateText] = []
    var program = Program(type: type)
    switch type {
    case .command:
      program.argv = object.required("argv").map { argv($0, .program, &texts) } ?? []
    case .workflow:
      program.child = child(object, file, &texts)
    case .worker:
      program.queue = object.required("queue").flatMap(name)
    default:
      program.put = object["put"].map { put($0, .programPut, &texts) } ?? []
    }
    program.properties = object["properties"].map { properties($0, &texts) } ?? [:]
    if own.contains("env") {
      program.env = object["env"].map { environment($0, .program, &texts) } ?? [:]
    }
    if own.contains("cwd") { program.cwd = object["cwd"].flatMap(directory) }
    var policies = PolicyReader(parser: self, object: object, isCondition: false)
    program.policy = policies.attemptPolicy(hasLimits: own.contains("limits"))
    return ParsedProgram(
      program: program, texts: texts + policies.texts.values.joined(),
      policies: policies.fields)
  }

  /// The type, when the server can execute it; what another type needs is not looked at.
  private func programType(_ object: DocumentObject) -> ProgramType? {
    guard let cursor = object.required("type"), let type = cursor.word(ProgramType.self)
    else { return nil }
    guard features.programTypes.contains(type) else {
      let text = "programs of type \(type.rawValue) are not available on this server yet"
      cursor.report(.kindUnavailable, text)
      return nil
    }
    return type
  }

  // MARK: - Fields that programs, nodes, conditions and hooks share

  /// A command and its arguments.
  func argv(
    _ cursor: DocumentCursor, _ place: TemplatePlace, _ texts: inout [TemplateText]
  ) -> [Template] {
    guard let items = cursor.list() else { return [] }
    guard items.count <= Limits.arguments else {
      cursor.report(.limit, "\(items.count) elements, at most \(Limits.arguments)")
      return []
    }
    if items.isEmpty { cursor.report(.badValue, "has no command") }
    return items.compactMap { item in
      item.text().flatMap { template($0, item, place, &texts) }
    }
  }

  /// `properties` of a program or node.
  func properties(
    _ cursor: DocumentCursor, _ texts: inout [TemplateText]
  ) -> [String: Template] {
    var result: [String: Template] = [:]
    for (key, value) in stringMap(cursor) ?? [] {
      checkMapKey(key, value)
      guard let text = mapText(value) else { continue }
      result[key] = template(text, value, .properties, &texts)
    }
    return result
  }

  /// `env` of a program, node or hook.
  func environment(
    _ cursor: DocumentCursor, _ place: TemplatePlace, _ texts: inout [TemplateText]
  ) -> [String: Template] {
    var result: [String: Template] = [:]
    for (key, value) in stringMap(cursor) ?? [] {
      checkVariable(key, value)
      guard let text = mapText(value) else { continue }
      result[key] = template(text, value, place, &texts)
    }
    return result
  }

  /// `put` of a condition or NOOP program, in the order of the file.
  func put(
    _ cursor: DocumentCursor, _ place: TemplatePlace, _ texts: inout [TemplateText]
  ) -> [TokenTemplate] {
    var result: [TokenTemplate] = []
    for (key, value) in stringMap(cursor) ?? [] {
      checkTokenKey(key, value)
      guard let text = mapText(value), let template = template(text, value, place, &texts)
      else { continue }
      result.append(TokenTemplate(key: key, value: template))
    }
    return result
  }

  /// An absolute working directory.
  func directory(_ cursor: DocumentCursor) -> String? {
    guard let text = cursor.text() else { return nil }
    guard text.hasPrefix("/") else {
      cursor.report(.badValue, "must be an absolute path")
      return nil
    }
    return text
  }

  func template(
    _ text: String, _ cursor: DocumentCursor, _ place: TemplatePlace,
    _ texts: inout [TemplateText]
  ) -> Template? {
    let template: Template
    do {
      template = try Template(parsing: text)
    } catch {
      cursor.report(.badTemplate, error.message)
      return nil
    }
    var refused = Set<Template.Reference>()
    for reference in template.references {
      if let refusal = place.refusal(of: reference) {
        cursor.report(.badTemplate, refusal)
        refused.insert(reference)
      } else if case .secret = reference {
        cursor.report(.kindUnavailable, "`secret` is not available on this server yet")
      }
    }
    if !template.isLiteral {
      texts.append(TemplateText(template: template, cursor: cursor, refused: refused))
    }
    return template
  }

  /// The item when the server has the feature; else nil, with a problem at its key.
  func available(
    _ cursor: DocumentCursor, _ feature: ApplicationFeatures.Switch, _ name: String
  ) -> DocumentCursor? {
    guard features.switches.contains(feature) else {
      cursor.reportAtKey(.kindUnavailable, "`\(name)` is not available on this server yet")
      return nil
    }
    return cursor
  }
}
