/// A program as far as it could be read, with the references to check per node that uses it.
struct ParsedProgram {
  /// nil when the program has problems of its own.
  var program: Program?
  var texts: [TemplateText] = []
}

/// A template and where it stands.
struct TemplateText {
  var template: Template
  var cursor: DocumentCursor
}

extension ApplicationParser {
  private static let programFields: Set<String> = [
    "type", "properties", "env", "cwd", "timeout", "stop_grace", "retry", "limits",
  ]
  private static let fieldsOfType: [ProgramType: Set<String>] = [
    .command: ["argv"], .noop: ["put"], .worker: ["queue"],
    .workflow: ["workflow", "arguments", "export"],
  ]

  /// One program; a problem with it is no problem of the nodes that name it.
  func program(_ cursor: DocumentCursor) -> ParsedProgram {
    guard let object = cursor.object() else { return ParsedProgram() }
    guard let type = programType(object) else { return ParsedProgram() }
    object.allow(
      Self.programFields.union(Self.fieldsOfType[type] ?? []),
      what: "a program of type \(type.rawValue)")

    var texts: [TemplateText] = []
    var program = Program(type: type)
    if type == .command {
      program.argv = object.required("argv").map { argv($0, .program, &texts) } ?? []
    } else {
      program.put = object["put"].map { put($0, .programPut, &texts) } ?? []
    }
    program.properties = object["properties"].map { properties($0, &texts) } ?? [:]
    program.env = object["env"].map { environment($0, .program, &texts) } ?? [:]
    program.cwd = object["cwd"].flatMap(directory)
    program.policy = policy(object)
    return ParsedProgram(program: program, texts: texts)
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
      if !TemplatePlace.isTokenKey(key) {
        value.reportAtKey(
          .badValue, "the token key must have 1..1024 bytes and no control characters")
      }
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

  private func template(
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
    for reference in template.references {
      if let refusal = place.refusal(of: reference) {
        cursor.report(.badTemplate, refusal)
      } else if case .secret = reference {
        cursor.report(.kindUnavailable, "`secret` is not available on this server yet")
      }
    }
    if !template.isLiteral { texts.append(TemplateText(template: template, cursor: cursor)) }
    return template
  }

  // MARK: - Policies

  /// `timeout`, `stop_grace`, `retry` and `limits` of a program, node or `node_defaults`.
  func policy(_ object: DocumentObject) -> NodePolicy {
    NodePolicy(
      timeoutMS: object["timeout"].flatMap { $0.duration(atLeast: 100) },
      stopGraceMS: object["stop_grace"].flatMap { $0.duration() },
      retry: object["retry"].flatMap(retry),
      limits: object["limits"].flatMap(resourceLimits))
  }

  private func retry(_ cursor: DocumentCursor) -> RetryPolicy? {
    guard let object = available(cursor, .retry, "retry")?.object() else { return nil }
    object.allow(
      [
        "attempts", "delay", "backoff", "max_delay", "jitter", "on", "break_on", "continue_on",
      ], what: "`retry`")
    object.refuse(["jitter", "on", "break_on", "continue_on"])
    var policy = RetryPolicy()
    policy.attempts = object["attempts"]?.integer(1...100).map(Int.init) ?? policy.attempts
    policy.delayMS = object["delay"]?.duration() ?? policy.delayMS
    policy.backoff = object["backoff"]?.number(1...10) ?? policy.backoff
    policy.maxDelayMS = object["max_delay"]?.duration() ?? policy.maxDelayMS
    return policy
  }

  private func resourceLimits(_ cursor: DocumentCursor) -> ResourceLimits? {
    guard let object = available(cursor, .limits, "limits")?.object() else { return nil }
    object.allow(["cpu_time", "memory", "open_files", "output_bytes"], what: "`limits`")
    return ResourceLimits(
      cpuTimeMS: object["cpu_time"].flatMap { $0.duration(atLeast: 1) },
      memoryBytes: object["memory"].flatMap { $0.integer(1...Int64.max) },
      openFiles: object["open_files"].flatMap { $0.integer(1...Int64(Int32.max)) },
      outputBytes: object["output_bytes"].flatMap { $0.integer(1...Int64.max) })
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
