/// The names of a file that programs refer to.
struct FileNames {
  /// The application's; nil when it could not be read.
  var application: String?
  /// Those of the workflows; nil when it is not known which are declared.
  var workflows: Set<String>?
}

/// Programs of type WORKFLOW (RE110).
extension ApplicationParser {
  /// What such a program starts; nil, with a problem, when it is not known what.
  func child(
    _ object: DocumentObject, _ file: FileNames, _ texts: inout [TemplateText]
  ) -> ChildProgram? {
    let target = object.required("workflow").flatMap { workflowName($0, file) }
    let arguments = object["arguments"].map { childArguments($0, &texts) } ?? [:]
    let export = object["export"].map(export) ?? []
    guard let target else { return nil }
    return ChildProgram(
      application: target.application, workflow: target.workflow, arguments: arguments,
      export: export)
  }

  /// `WF` or `APP/WF`; the own application is not named in the model.
  private func workflowName(
    _ cursor: DocumentCursor, _ file: FileNames
  ) -> (application: String?, workflow: String)? {
    guard let text = cursor.text() else { return nil }
    let pieces = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    guard pieces.count <= 2, pieces.allSatisfy(Name.isLegal) else {
      cursor.report(
        .badName, "must be `WORKFLOW` or `APPLICATION/WORKFLOW`, not `\(text.shortened(to: 40))`")
      return nil
    }
    let workflow = pieces[pieces.count - 1]
    if pieces.count == 2, pieces[0] != file.application { return (pieces[0], workflow) }
    if let workflows = file.workflows, !workflows.contains(workflow) {
      cursor.report(.badValue, "the file has no workflow `\(workflow)`")
    }
    return (nil, workflow)
  }

  private func childArguments(
    _ cursor: DocumentCursor, _ texts: inout [TemplateText]
  ) -> [String: Template] {
    var result: [String: Template] = [:]
    for (name, value) in stringMap(cursor) ?? [] {
      checkMapKey(name, value)
      guard let text = mapText(value) else { continue }
      result[name] = template(text, value, .childArguments, &texts)
    }
    return result
  }

  /// `export`: a list of keys, or a map from own keys to those of the child.
  private func export(_ cursor: DocumentCursor) -> [ExportedKey] {
    guard case .mapping = cursor.item.content else {
      return tokenKeys(cursor).map { ExportedKey(key: $0, childKey: $0) }
    }
    return (stringMap(cursor) ?? []).compactMap { key, value in
      checkTokenKey(key, value)
      return tokenKey(value).map { ExportedKey(key: key, childKey: $0) }
    }
  }

  /// A list of different token keys.
  func tokenKeys(_ cursor: DocumentCursor) -> [String] {
    guard let items = cursor.list() else { return [] }
    guard items.count <= Limits.mapEntries else {
      cursor.report(.limit, "\(items.count) elements, at most \(Limits.mapEntries)")
      return []
    }
    var seen = Set<TokenKey>()
    return items.compactMap { item in
      guard let key = tokenKey(item) else { return nil }
      if !seen.insert(TokenKey(.user, key)).inserted {
        item.report(.badValue, "the key is listed before")
      }
      return key
    }
  }

  private func tokenKey(_ cursor: DocumentCursor) -> String? {
    guard let key = cursor.text() else { return nil }
    guard TemplatePlace.isTokenKey(key) else {
      cursor.report(.badValue, Self.tokenKeySentence)
      return nil
    }
    return key
  }

  /// Reports the key of a map that no token can hold.
  func checkTokenKey(_ key: String, _ cursor: DocumentCursor) {
    if !TemplatePlace.isTokenKey(key) { cursor.reportAtKey(.badValue, Self.tokenKeySentence) }
  }

  private static let tokenKeySentence =
    "the token key must have 1..1024 bytes and no control characters"
}

/// Checks that no workflow of an application starts itself through others of it (RE110).
struct ChildChecks {
  private var names: [String] = []
  /// For each workflow the workflows that its nodes start, and the first node that does.
  private var children: [[String: DocumentCursor]] = []

  /// Takes note of the nodes of one workflow.
  mutating func add(
    _ workflow: String, _ nodes: [ParsedNode], _ programs: [String: ParsedProgram]?
  ) {
    var targets: [String: DocumentCursor] = [:]
    for node in nodes {
      guard case .program(let id) = node.node.action,
        let child = programs?[id]?.program?.child, child.application == nil,
        targets[child.workflow] == nil
      else { continue }
      targets[child.workflow] = node.nameCursor ?? node.cursor
    }
    names.append(workflow)
    children.append(targets)
  }

  /// Reports one cycle of every group of workflows that start each other.
  func check() {
    let positions = Dictionary(
      names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
    let downstream = children.map { $0.keys.compactMap { positions[$0] }.sorted() }
    let search = CycleSearch(downstream: downstream)
    for group in search.groups() {
      let cycle = search.shortestCycle(in: group)
      guard let first = cycle.first else { continue }
      let next = names[cycle.count > 1 ? cycle[1] : first]
      let path = (cycle + [first]).map { names[$0] }.joined(separator: " -> ")
      children[first][next]?.report(.cycle, "the workflow starts itself: \(path)")
    }
  }
}
