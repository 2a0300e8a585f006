/// Reads the fields of an application file (G6) and reports what is wrong with each.
///
/// A nil result means that a problem was reported; parsing goes on beside it, so that all
/// problems of a file come together.
struct ApplicationParser {
  let features: ApplicationFeatures
  let evaluator: any ConditionEvaluator

  /// Bounds of G4 and G5.
  enum Limits {
    static let workflows = 100
    static let programs = 1000
    static let nodes = 10_000
    static let edges = 100_000
    static let arguments = 1000
    static let mapEntries = 1000
    static let keyBytes = 255
    static let valueBytes = 65_536
    static let stepDepth = 100
  }

  /// The whole file.
  func application(_ cursor: DocumentCursor) -> Application? {
    guard let file = cursor.object() else { return nil }
    file.allow(
      [
        "baton", "application", "description", "env", "programs", "workflows", "schedules",
        "secrets",
      ], what: "an application file")
    file.refuse(["schedules", "secrets"])
    if let version = file.required("baton") { _ = version.integer(1...1) }
    let name = file.required("application").flatMap(self.name)
    let description = file["description"].flatMap { $0.text() }
    let env = file["env"].map(literalEnvironment)
    let workflowNames = file["workflows"].map { cursor -> Set<String>? in
      guard case .mapping(let pairs) = cursor.item.content else { return nil }
      return Set(pairs.map(\.key))
    }
    let programs = self.programs(
      file["programs"], FileNames(application: name, workflows: workflowNames ?? []))
    let workflows = self.workflows(file["workflows"], programs)
    guard let name else { return nil }
    return Application(
      name: name, description: description ?? "", env: env ?? [:],
      programs: programs?.compactMapValues(\.program) ?? [:], workflows: workflows)
  }

  /// The declared programs; nil when it is not known which are.
  private func programs(
    _ cursor: DocumentCursor?, _ file: FileNames
  ) -> [String: ParsedProgram]? {
    guard let cursor else { return [:] }
    guard let map = cursor.object() else { return nil }
    guard map.fields.count <= Limits.programs else {
      map.cursor.report(.limit, "\(map.fields.count) programs, at most \(Limits.programs)")
      return nil
    }
    var programs: [String: ParsedProgram] = [:]
    for field in map.fields {
      checkKey(field)
      programs[field.name] = program(field.value, file)
    }
    return programs
  }

  private func workflows(
    _ cursor: DocumentCursor?, _ programs: [String: ParsedProgram]?
  ) -> [String: Workflow] {
    guard let map = cursor?.object() else { return [:] }
    guard map.fields.count <= Limits.workflows else {
      map.cursor.report(.limit, "\(map.fields.count) workflows, at most \(Limits.workflows)")
      return [:]
    }
    var checks = FileChecks(references: ReferenceChecks(programs ?? [:]))
    var workflows: [String: Workflow] = [:]
    for field in map.fields {
      checkKey(field)
      workflows[field.name] = workflow(field.name, field.value, programs, &checks)
    }
    checks.references.finish()
    checks.children.check()
    return workflows
  }

  // MARK: - Names

  /// A name of G2.
  func name(_ cursor: DocumentCursor) -> String? {
    guard let text = cursor.text() else { return nil }
    guard Name.isLegal(text) else {
      cursor.report(.badName, Self.nameSentence(text))
      return nil
    }
    return text
  }

  static func nameSentence(_ text: String) -> String {
    "`\(text.shortened(to: 40))` is no name: 1 to 128 letters, digits, `_`, `.`, `-`, "
      + "not beginning with `.` or `-`"
  }

  private func checkKey(_ field: DocumentObject.Field) {
    guard !Name.isLegal(field.name) else { return }
    field.value.reportAtKey(.badName, Self.nameSentence(field.name))
  }

  // MARK: - Maps of texts

  /// A string map with the bounds of G4.
  func stringMap(_ cursor: DocumentCursor) -> [(key: String, value: DocumentCursor)]? {
    guard let map = cursor.object() else { return nil }
    guard map.fields.count <= Limits.mapEntries else {
      cursor.report(.limit, "\(map.fields.count) entries, at most \(Limits.mapEntries)")
      return nil
    }
    return map.fields.map { ($0.name, $0.value) }
  }

  /// The text of a map's value, at most 65,536 bytes.
  func mapText(_ cursor: DocumentCursor) -> String? {
    guard let text = cursor.text() else { return nil }
    guard text.utf8.count <= Limits.valueBytes else {
      cursor.report(.limit, "\(text.utf8.count) bytes, at most \(Limits.valueBytes)")
      return nil
    }
    return text
  }

  /// Reports a key of a string map that is empty or too long.
  func checkMapKey(_ key: String, _ cursor: DocumentCursor) {
    guard !(1...Limits.keyBytes).contains(key.utf8.count) else { return }
    cursor.reportAtKey(.badValue, "the key must have 1..\(Limits.keyBytes) bytes")
  }

  /// Reports a name that no variable of the environment may have (G4).
  func checkVariable(_ name: String, _ cursor: DocumentCursor) {
    let letters = name.utf8.enumerated().allSatisfy { index, byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "_"):
        true
      case UInt8(ascii: "0")...UInt8(ascii: "9"): index > 0
      default: false
      }
    }
    if !letters || !(1...Limits.keyBytes).contains(name.utf8.count) {
      cursor.reportAtKey(
        .badEnvName,
        "`\(name.shortened(to: 40))` is no variable: letters, digits and `_`, no digit first")
    } else if name.hasPrefix("BATON_") {
      cursor.reportAtKey(.badEnvName, "names that begin with `BATON_` belong to Baton")
    }
  }

  /// `env` of the file or a workflow: literal text (G30).
  func literalEnvironment(_ cursor: DocumentCursor) -> [String: String] {
    var result: [String: String] = [:]
    for (key, value) in stringMap(cursor) ?? [] {
      checkVariable(key, value)
      guard let text = mapText(value) else { continue }
      result[key] = literal(text, value)
    }
    return result
  }

  /// A text that may hold `${secret.NAME}` only; secrets are not available yet.
  func literal(_ text: String, _ cursor: DocumentCursor) -> String {
    if text.contains("${secret.") {
      cursor.report(.kindUnavailable, "`secret` is not available on this server yet")
    }
    return text
  }
}

/// What is checked over all workflows of a file.
struct FileChecks {
  var references: ReferenceChecks
  var children = ChildChecks()
}
