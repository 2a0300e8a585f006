/// A node as far as it could be read, and what must still be checked of it.
struct ParsedNode {
  var node: Node
  var cursor: DocumentCursor
  var nameCursor: DocumentCursor?
  /// False when `program` or `condition` could not be read.
  var hasAction = true
  /// The elements of `after`, not yet resolved.
  var after: [DocumentCursor] = []
  var join: DocumentCursor?
  /// Whether some element of `after` could not be resolved.
  var hasUnresolvedEdge = false
  /// The templates of the node itself, those of its program apart.
  var texts: [TemplateText] = []

  var isCondition: Bool {
    if case .condition = node.action { true } else { false }
  }
}

extension ApplicationParser {
  /// The policies of rerun.md §10 that the model does not hold yet.
  static let laterPolicies = [
    "node_timeout", "wait_after", "pause_before", "on_success", "on_failure", "on_complete",
    "on_skip", "fail_on", "safe_rerun", "for_each",
  ]
  private static let nodeFields: Set<String> = [
    "name", "program", "condition", "env", "timeout", "stop_grace", "retry", "limits",
    "wait_before", "token_files",
  ]

  /// The nodes of a workflow from either form, in the order of the file.
  func nodes(_ object: DocumentObject, _ context: NodeContext) -> [ParsedNode] {
    switch (object["nodes"], object["steps"]) {
    case (let nodes?, nil):
      return listedNodes(nodes, context)
    case (nil, let steps?):
      var compilation = StepCompilation(parser: self, context: context)
      return compilation.nodes(steps)
    case (nil, nil):
      object.cursor.report(.missingField, "one of `nodes` and `steps` must be given")
      return []
    case (_?, _?):
      object.cursor.report(
        .missingField, "one of `nodes` and `steps` must be given, and here are both")
      return []
    }
  }

  private func listedNodes(_ cursor: DocumentCursor, _ context: NodeContext) -> [ParsedNode] {
    guard let items = cursor.list() else { return [] }
    guard items.count <= Limits.nodes else {
      cursor.report(.limit, "\(items.count) nodes, at most \(Limits.nodes)")
      return []
    }
    var nodes: [ParsedNode] = []
    var edges = 0
    for item in items {
      guard let object = item.object() else { continue }
      var node = self.node(object, ["after", "join"], context)
      node.after = object["after"].flatMap { $0.list() } ?? []
      node.join = object["join"]
      edges += node.after.count
      nodes.append(node)
    }
    guard edges <= Limits.edges else {
      cursor.report(.limit, "\(edges) edges, at most \(Limits.edges)")
      return []
    }
    return nodes
  }

  /// A node with the fields that both forms have; `further` are those that the form adds.
  func node(
    _ object: DocumentObject, _ further: Set<String>, _ context: NodeContext
  ) -> ParsedNode {
    let isCondition = object["condition"] != nil && object["program"] == nil
    var fields = Self.nodeFields.union(Self.laterPolicies).union(further)
    if !isCondition { fields.insert("properties") }
    object.allow(fields, what: isCondition ? "a node with a condition" : "a node")
    object.refuse(Self.laterPolicies)

    let nameCursor = object.required("name")
    let name = nameCursor.flatMap { $0.text() }
    if let name, let nameCursor, !Name.isLegalNode(name) {
      nameCursor.report(
        .badName, "\(Self.nameSentence(name)); the name of a node has no `.`")
    }
    var parsed = ParsedNode(
      node: Node(name: name ?? "", action: .program("")), cursor: object.cursor,
      nameCursor: name == nil ? nil : nameCursor)
    if let action = action(object, context, &parsed.texts) {
      parsed.node.action = action
    } else {
      parsed.hasAction = false
    }
    if !isCondition {
      parsed.node.properties = object["properties"].map { properties($0, &parsed.texts) } ?? [:]
    }
    let place: TemplatePlace = isCondition ? .condition : .program
    parsed.node.env = object["env"].map { environment($0, place, &parsed.texts) } ?? [:]
    parsed.node.policy = policy(object)
    parsed.node.waitBeforeMS = waitBefore(object) ?? context.defaults.waitBeforeMS
    parsed.node.tokenFiles = object["token_files"]?.bool() ?? true
    return parsed
  }

  /// `wait_before` of a node or of `node_defaults`, in milliseconds.
  func waitBefore(_ object: DocumentObject) -> Int64? {
    object["wait_before"].flatMap { available($0, .waitBefore, "wait_before")?.duration() }
  }

  private func action(
    _ object: DocumentObject, _ context: NodeContext, _ texts: inout [TemplateText]
  ) -> Node.Action? {
    switch (object["program"], object["condition"]) {
    case (let program?, nil):
      guard let name = program.text() else { return nil }
      if let programs = context.programs, programs[name] == nil {
        program.report(.unknownProgram, "the file has no program `\(name.shortened(to: 128))`")
      }
      return .program(name)
    case (nil, let condition?):
      return self.condition(condition, &texts).map { .condition($0) }
    case (nil, nil), (_?, _?):
      object.cursor.report(.missingField, "one of `program` and `condition` must be given")
      return nil
    }
  }

  // MARK: - Conditions

  private func condition(
    _ cursor: DocumentCursor, _ texts: inout [TemplateText]
  ) -> Condition? {
    guard let object = cursor.object() else { return nil }
    object.allow(["expr", "argv", "put", "cwd"], what: "a condition")
    let form: Condition.Form?
    switch (object["expr"], object["argv"]) {
    case (let expression?, nil):
      form = self.expression(expression).map { .expression($0) }
    case (nil, let command?):
      form = available(command, .commandConditions, "argv").map {
        .command(argv($0, .condition, &texts))
      }
    case (nil, nil), (_?, _?):
      cursor.report(.missingField, "one of `expr` and `argv` must be given")
      form = nil
    }
    // What cannot be read is reported; a stand-in keeps the node a condition for its edges.
    var condition = Condition(form: form ?? .expression(""))
    condition.put = object["put"].map { put($0, .conditionPut, &texts) } ?? []
    condition.cwd = object["cwd"].flatMap(directory)
    return condition
  }

  private func expression(_ cursor: DocumentCursor) -> String? {
    guard let cursor = available(cursor, .expressionConditions, "expr"),
      let text = cursor.text()
    else { return nil }
    guard text.utf8.count <= 8192 else {
      cursor.report(.badExpression, "\(text.utf8.count) bytes, at most 8192")
      return nil
    }
    if let problem = evaluator.check(text) { cursor.report(.badExpression, problem) }
    return text
  }
}
