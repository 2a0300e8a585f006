extension ApplicationParser {
  private static let workflowFields: Set<String> = [
    "arguments", "env", "on_failure", "max_active_runs", "when_full", "initialize", "finish",
    "nodes", "steps", "concurrency", "node_defaults", "outputs",
  ]

  /// One workflow with all checks of its graph.
  func workflow(
    _ name: String, _ cursor: DocumentCursor, _ programs: [String: ParsedProgram]?,
    _ checks: inout FileChecks
  ) -> Workflow? {
    guard let object = cursor.object() else { return nil }
    object.allow(Self.workflowFields, what: "a workflow")
    object.refuse(["outputs"])
    var workflow = Workflow(name: name)
    workflow.arguments = object["arguments"].map(arguments) ?? [:]
    workflow.env = object["env"].map(literalEnvironment) ?? [:]
    failurePolicy(object, &workflow)
    activeRunBound(object, &workflow)
    workflow.concurrency = object["concurrency"]
      .flatMap { available($0, .concurrency, "concurrency")?.integer(1...10_000) }
      .map(Int.init)
    let defaults = object["node_defaults"].flatMap(nodeDefaults) ?? NodeDefaults()
    workflow.nodeDefaults = defaults.policy

    var nodes = self.nodes(object, NodeContext(programs: programs, defaults: defaults))
    checkNames(nodes, workflow: name)
    resolveEdges(&nodes)
    checkCycles(nodes)
    checks.references.check(nodes, workflow: name, defaults)
    checks.children.add(name, nodes, programs)
    hooks(object, &workflow, nodes, checks.references)
    workflow.nodes = nodes.map(\.node)
    return workflow
  }

  private func arguments(_ cursor: DocumentCursor) -> [String: ArgumentDeclaration] {
    var result: [String: ArgumentDeclaration] = [:]
    for (name, value) in stringMap(cursor) ?? [] {
      checkMapKey(name, value)
      guard let object = value.object() else { continue }
      object.allow(["required", "default"], what: "an argument")
      switch (object["required"], object["default"]) {
      case (let required?, nil):
        guard let isRequired = required.bool() else { continue }
        if !isRequired { required.report(.badValue, "must be true; else give a `default`") }
        result[name] = .required
      case (nil, let text?):
        guard let text = mapText(text).map({ literal($0, text) }) else { continue }
        result[name] = .optional(default: text)
      case (nil, nil), (_?, _?):
        value.report(.missingField, "one of `required: true` and `default` must be given")
      }
    }
    return result
  }

  private func failurePolicy(_ object: DocumentObject, _ workflow: inout Workflow) {
    guard let cursor = object["on_failure"], let policy = cursor.word(FailurePolicy.self)
    else { return }
    if policy == .finishSiblings {
      _ = available(cursor, .finishSiblings, "finish-siblings")
    }
    workflow.onFailure = policy
  }

  private func activeRunBound(_ object: DocumentObject, _ workflow: inout Workflow) {
    if let cursor = object["max_active_runs"] {
      let bound = available(cursor, .activeRunBounds, "max_active_runs")?
        .integer(1...Int64(Int32.max))
      workflow.maxActiveRuns = bound.map(Int.init)
    }
    if let cursor = object["when_full"] {
      let word = available(cursor, .activeRunBounds, "when_full")?.word(WhenFull.self)
      workflow.whenFull = word ?? .queue
    }
  }

  // MARK: - Hooks

  private func hooks(
    _ object: DocumentObject, _ workflow: inout Workflow, _ nodes: [ParsedNode],
    _ checks: ReferenceChecks
  ) {
    var texts: [TemplateText] = []
    workflow.initialize = object["initialize"].flatMap { hook($0, "initialize", &texts) }
    checks.checkHook(texts, visible: [workflow.name], "the initialize hook sees no node")
    texts = []
    workflow.finish = object["finish"].flatMap { hook($0, "finish", &texts) }
    checks.checkHook(
      texts, visible: Set(nodes.map(\.node.name) + [workflow.name]), "no such node")
  }

  private func hook(
    _ cursor: DocumentCursor, _ name: String, _ texts: inout [TemplateText]
  ) -> Hook? {
    guard let object = available(cursor, .hooks, name)?.object() else { return nil }
    object.allow(["argv", "env", "cwd", "timeout"], what: "a hook")
    var hook = Hook(argv: object.required("argv").map { argv($0, .hook, &texts) } ?? [])
    hook.env = object["env"].map { environment($0, .hook, &texts) } ?? [:]
    hook.cwd = object["cwd"].flatMap(directory)
    hook.timeoutMS = object["timeout"]?.duration(atLeast: 100) ?? hook.timeoutMS
    return hook
  }

  // MARK: - Node defaults

  private func nodeDefaults(_ cursor: DocumentCursor) -> NodeDefaults? {
    guard let object = available(cursor, .nodeDefaults, "node_defaults")?.object() else {
      return nil
    }
    object.allow(PolicyReader.nodeFields, what: "`node_defaults`")
    var policies = PolicyReader(parser: self, object: object, isCondition: false)
    var defaults = NodeDefaults()
    defaults.policy = policies.policy()
    defaults.waitBeforeMS = policies.waitBefore()
    defaults.texts = policies.texts
    defaults.items = policies.items
    if policies.fields.contains("for_each") {
      defaults.itemName = ItemName(defaults.policy.forEach)
    }
    return defaults
  }
}

/// What `node_defaults` of a workflow sets.
struct NodeDefaults {
  var policy = NodePolicy()
  var waitBeforeMS: Templated<Int64>?
  /// The templates with references, by the field that has them.
  var texts: [String: [TemplateText]] = [:]
  var itemName = ItemName.none
  /// `items` of `for_each`.
  var items: TemplateText?
}

/// What the nodes of one workflow are read with.
struct NodeContext {
  /// The declared programs; nil when it is not known which are.
  var programs: [String: ParsedProgram]?
  var defaults: NodeDefaults
}
