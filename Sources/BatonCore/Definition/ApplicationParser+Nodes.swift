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
  /// The templates of the node itself, those of its program and of `node_defaults` apart.
  var texts: [TemplateText] = []
  /// The policies that the node itself sets, by their fields.
  var policies: Set<String> = []
  var itemName = ItemName.none
  /// `items` of the `for_each` that counts for the node.
  var items: TemplateText?

  var isCondition: Bool {
    if case .condition = node.action { true } else { false }
  }
}

extension ApplicationParser {
  private static let nodeFields: Set<String> = [
    "name", "program", "condition", "env", "token_files",
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
    var fields = Self.nodeFields.union(PolicyReader.nodeFields).union(further)
    if isCondition { fields.remove("for_each") } else { fields.insert("properties") }
    object.allow(fields, what: isCondition ? "a node with a condition" : "a node")

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
    var policies = PolicyReader(parser: self, object: object, isCondition: isCondition)
    parsed.node.policy = policies.policy()
    parsed.node.waitBeforeMS = policies.waitBefore() ?? context.defaults.waitBeforeMS ?? 0
    parsed.node.tokenFiles = object["token_files"]?.bool() ?? true
    parsed.texts += policies.texts.values.joined()
    parsed.policies = policies.fields
    if !isCondition {
      let isOwn = policies.fields.contains("for_each")
      parsed.items = isOwn ? policies.items : context.defaults.items
      parsed.itemName = isOwn ? ItemName(parsed.node.policy.forEach) : context.defaults.itemName
    }
    return parsed
  }

  private func action(
    _ object: DocumentObject, _ context: NodeContext, _ texts: inout [TemplateText]
  ) -> Node.Action? {
    switch (object["program"], object["condition"]) {
    case (let program?, nil):
      guard let name = program.text() else { return nil }
      if let programs = context.programs {
        if programs[name] == nil {
          program.report(.unknownProgram, "the file has no program `\(name.shortened(to: 128))`")
        } else if programs[name]?.program?.type == .workflow {
          object["env"]?.reportAtKey(
            .unknownField, "`env` is no field of a node with a program of type WORKFLOW")
        }
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
      form = available(expression, .expressionConditions, "expr")
        .flatMap { self.expression($0, of: .condition) }.map { .expression($0) }
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

  /// An expression that compiles (G27).
  func expression(_ cursor: DocumentCursor, of kind: ExpressionKind) -> String? {
    guard let text = cursor.text() else { return nil }
    guard text.utf8.count <= 8192 else {
      cursor.report(.badExpression, "\(text.utf8.count) bytes, at most 8192")
      return nil
    }
    if let problem = evaluator.check(text, of: kind) { cursor.report(.badExpression, problem) }
    return text
  }
}

/// The name under which templates of a node know the element of its `for_each`.
enum ItemName {
  /// The node has no `for_each`.
  case none
  /// It has one that could not be read.
  case unknown
  case name(String)

  /// The name of a `for_each` that is given.
  init(_ forEach: ForEach?) {
    self = forEach.map { .name($0.as) } ?? .unknown
  }

  /// Why a template may not name `${name}`, or nil.
  func refusal(of name: String) -> String? {
    switch self {
    case .unknown: return nil
    case .name(let own) where name == own || name == Self.index: return nil
    case .name(let own) where name == ForEach.defaultName:
      return "the `for_each` of the node calls its element `\(own)`, not `item`"
    case .none where name == ForEach.defaultName || name == Self.index:
      return "`\(name)` is only for nodes with `for_each`"
    case .none, .name: return "unknown source `\(name.shortened(to: 128))`"
    }
  }

  static let index = "index"
}
