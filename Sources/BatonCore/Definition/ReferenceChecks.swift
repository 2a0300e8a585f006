/// Checks what templates name in the workflows they are used in: nodes, properties and the elements
/// of `for_each` (G12, RE105).
///
/// A text of a program is judged for every node that uses the program, one of `node_defaults` for
/// every node that does not replace it; both are reported only once.
struct ReferenceChecks {
  private var programs: [String: ProgramReferences]

  /// What remains to be checked of the texts of one program.
  private struct ProgramReferences {
    var properties: [String: Template]
    var references = References()
    var policies: Set<String> = []
    var isUsed = false
  }

  /// Distinct names, in the order of the texts, with the texts that name them.
  private struct References {
    var nodes: [NamedTexts] = []
    var properties: [NamedTexts] = []
    var items: [NamedTexts] = []

    struct NamedTexts {
      var name: String
      var texts: [TemplateText]
    }

    init() {}

    init(_ texts: [TemplateText]) {
      var places: [Template.Reference: Int] = [:]
      for text in texts {
        var seen = Set<Template.Reference>()
        for part in text.template.parts {
          if case .reference(let reference, _) = part, text.refused.contains(reference) { continue }
          switch part {
          case .reference(.token(_, _, let node?), _):
            let name = Template.Reference.token(scope: .user, key: "", node: node)
            guard seen.insert(name).inserted else { continue }
            Self.add(text, node, &places[name], to: &nodes)
          case .reference(.property(let property), fallback: nil):
            let name = Template.Reference.property(property)
            guard seen.insert(name).inserted else { continue }
            Self.add(text, property, &places[name], to: &properties)
          case .reference(.item(let item, _), _):
            let name = Template.Reference.item(name: item, field: nil)
            guard seen.insert(name).inserted else { continue }
            Self.add(text, item, &places[name], to: &items)
          case .reference(.index, _):
            guard seen.insert(.index).inserted else { continue }
            Self.add(text, ItemName.index, &places[.index], to: &items)
          case .reference, .literal:
            break
          }
        }
      }
    }

    /// Drops names that were reported: no other node repeats the problem.
    mutating func forget(_ wrong: References) {
      func drop(_ wrong: [NamedTexts], from list: inout [NamedTexts]) {
        guard !wrong.isEmpty else { return }
        let names = Set(wrong.map(\.name))
        list.removeAll { names.contains($0.name) }
      }
      drop(wrong.nodes, from: &nodes)
      drop(wrong.properties, from: &properties)
      drop(wrong.items, from: &items)
    }

    private static func add(
      _ text: TemplateText, _ name: String, _ place: inout Int?, to list: inout [NamedTexts]
    ) {
      if let place {
        list[place].texts.append(text)
      } else {
        place = list.count
        list.append(NamedTexts(name: name, texts: [text]))
      }
    }
  }

  init(_ programs: [String: ParsedProgram]) {
    self.programs = programs.compactMapValues { parsed in
      guard let program = parsed.program else { return nil }
      var checks = ProgramReferences(
        properties: program.properties, policies: parsed.policies)
      checks.references = References(parsed.texts)
      checks.references.properties.removeAll { program.properties[$0.name] != nil }
      return checks
    }
  }

  /// Checks all nodes of one workflow, and its `node_defaults`.
  mutating func check(_ nodes: [ParsedNode], workflow: String, _ defaults: NodeDefaults) {
    var graph = WorkflowReferences(nodes: nodes, workflow: workflow)
    var shared = defaults.texts.mapValues(References.init)
    var listed = Set<String>()
    for (index, node) in nodes.enumerated() {
      let program: String? = if case .program(let id) = node.node.action { id } else { nil }
      let checks = program.flatMap { programs[$0] }
      let isKnown = node.isCondition || checks != nil
      func isAbsent(_ property: String) -> Bool {
        isKnown && node.node.properties[property] == nil && checks?.properties[property] == nil
      }
      _ = graph.report(References(node.texts), for: index, isAbsent)
      if let program, checks != nil {
        programs[program]?.isUsed = true
        if let references = checks?.references {
          programs[program]?.references.forget(graph.report(references, for: index, isAbsent))
        }
      }
      let replaced = node.policies.union(checks?.policies ?? [])
      for (field, references) in shared where !replaced.contains(field) {
        if field == "for_each", node.isCondition { continue }
        shared[field]?.forget(graph.report(references, for: index, isAbsent))
      }
      checkItems(node, checks, isDefault: !node.policies.contains("for_each"), &listed)
    }
  }

  /// Reports a property with `${item}` that the list of items itself is made of (RE105).
  private func checkItems(
    _ node: ParsedNode, _ checks: ProgramReferences?, isDefault: Bool, _ listed: inout Set<String>
  ) {
    guard let items = node.items else { return }
    for case .property(let name) in items.template.references {
      guard let value = node.node.properties[name] ?? checks?.properties[name],
        value.usesItems, !isDefault || listed.insert(name).inserted
      else { continue }
      items.cursor.report(
        .badTemplate, "`prop.\(name.shortened(to: 128))` has the items themselves in its text")
    }
  }

  /// Reports elements of `for_each` in programs that no node uses.
  func finish() {
    for checks in programs.values where !checks.isUsed {
      for item in checks.references.items {
        guard let text = ItemName.none.refusal(of: item.name) else { continue }
        Self.report(item.texts, text)
      }
    }
  }

  /// The nodes of a workflow, whose ancestors are found when they are first asked for.
  private struct WorkflowReferences {
    let nodes: [ParsedNode]
    let workflow: String
    private let positions: [String: Int]
    private lazy var ancestors = AncestorTable(
      upstream: nodes.map { $0.node.edges.map(\.upstream) },
      unresolved: nodes.map(\.hasUnresolvedEdge))

    init(nodes: [ParsedNode], workflow: String) {
      self.nodes = nodes
      self.workflow = workflow
      positions = ApplicationParser.positions(nodes)
    }

    /// Reports what the texts may not name for a node.
    ///
    /// - Returns: The references that were reported.
    mutating func report(
      _ references: References, for index: Int, _ isAbsent: (String) -> Bool
    ) -> References {
      var wrong = References()
      for item in references.nodes {
        guard let text = refusal(of: item.name, for: index) else { continue }
        ReferenceChecks.report(item.texts, text)
        wrong.nodes.append(item)
      }
      for item in references.properties where isAbsent(item.name) {
        ReferenceChecks.report(item.texts, ReferenceChecks.absent(item.name, nodes[index]))
        wrong.properties.append(item)
      }
      for item in references.items {
        guard let text = nodes[index].itemName.refusal(of: item.name) else { continue }
        ReferenceChecks.report(item.texts, text)
        wrong.items.append(item)
      }
      return wrong
    }

    private mutating func refusal(of name: String, for index: Int) -> String? {
      guard name != workflow else { return nil }
      guard let other = positions[name] else {
        return "`@\(name.shortened(to: 128))` is no node of workflow `\(workflow)`"
      }
      guard other != index, ancestors.excludes(other, asAncestorOf: index) else { return nil }
      return "`@\(name)` is no ancestor of node `\(nodes[index].node.name.shortened(to: 128))`"
    }
  }

  /// Checks the texts of one hook.
  func checkHook(_ texts: [TemplateText], visible: Set<String>, _ sentence: String) {
    for item in References(texts).nodes where !visible.contains(item.name) {
      Self.report(item.texts, "`@\(item.name.shortened(to: 128))`: \(sentence)")
    }
  }

  private static func absent(_ property: String, _ node: ParsedNode) -> String {
    let names = (property.shortened(to: 128), node.node.name.shortened(to: 128))
    return "node `\(names.1)` has no property `\(names.0)`, and there is no default"
  }

  private static func report(_ texts: [TemplateText], _ sentence: String) {
    for text in texts { text.cursor.report(.badTemplate, sentence) }
  }
}
