/// Checks what templates name in the workflows they are used in: nodes and properties (G12).
///
/// A text of a program is judged for every node that uses the program, but reported only once.
struct ReferenceChecks {
  private var programs: [String: ProgramReferences]

  /// What remains to be checked of the texts of one program.
  private struct ProgramReferences {
    var properties: [String: Template]
    var references = References()

    /// Drops names that were reported: no other node repeats the problem.
    mutating func forget(nodes: Set<String>, properties absent: Set<String>) {
      if !nodes.isEmpty { references.nodes.removeAll { nodes.contains($0.name) } }
      if !absent.isEmpty { references.properties.removeAll { absent.contains($0.name) } }
    }
  }

  /// Distinct names, in the order of the texts, with the texts that name them.
  private struct References {
    var nodes: [NamedTexts] = []
    var properties: [NamedTexts] = []

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
          switch part {
          case .reference(.token(_, _, let node?), _):
            let name = Template.Reference.token(scope: .user, key: "", node: node)
            guard seen.insert(name).inserted else { continue }
            Self.add(text, node, &places[name], to: &nodes)
          case .reference(.property(let property), fallback: nil):
            let name = Template.Reference.property(property)
            guard seen.insert(name).inserted else { continue }
            Self.add(text, property, &places[name], to: &properties)
          case .reference, .literal:
            break
          }
        }
      }
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
      var checks = ProgramReferences(properties: program.properties)
      checks.references = References(parsed.texts)
      checks.references.properties.removeAll { program.properties[$0.name] != nil }
      return checks
    }
  }

  /// Checks all nodes of one workflow.
  mutating func check(_ nodes: [ParsedNode], workflow: String) {
    let positions = ApplicationParser.positions(nodes)
    var table: AncestorTable?

    func refusal(of name: String, for index: Int) -> String? {
      guard name != workflow else { return nil }
      guard let other = positions[name] else {
        return "`@\(name.shortened(to: 128))` is no node of workflow `\(workflow)`"
      }
      guard other != index else { return nil }
      let ancestors = table ?? Self.ancestors(nodes)
      table = ancestors
      guard ancestors.excludes(other, asAncestorOf: index) else { return nil }
      return "`@\(name)` is no ancestor of node `\(nodes[index].node.name.shortened(to: 128))`"
    }

    for (index, node) in nodes.enumerated() {
      let own = References(node.texts)
      for item in own.nodes {
        if let text = refusal(of: item.name, for: index) { Self.report(item.texts, text) }
      }
      guard case .program(let program) = node.node.action, let checks = programs[program] else {
        continue
      }
      for item in own.properties
      where checks.properties[item.name] == nil && node.node.properties[item.name] == nil {
        Self.report(item.texts, Self.absent(item.name, node))
      }
      var wrongNodes = Set<String>()
      for item in checks.references.nodes {
        guard let text = refusal(of: item.name, for: index) else { continue }
        Self.report(item.texts, text)
        wrongNodes.insert(item.name)
      }
      var absent = Set<String>()
      for item in checks.references.properties where node.node.properties[item.name] == nil {
        Self.report(item.texts, Self.absent(item.name, node))
        absent.insert(item.name)
      }
      programs[program]?.forget(nodes: wrongNodes, properties: absent)
    }
  }

  /// Checks the texts of one hook.
  func checkHook(_ texts: [TemplateText], visible: Set<String>, _ sentence: String) {
    for item in References(texts).nodes where !visible.contains(item.name) {
      Self.report(item.texts, "`@\(item.name.shortened(to: 128))`: \(sentence)")
    }
  }

  private static func ancestors(_ nodes: [ParsedNode]) -> AncestorTable {
    AncestorTable(
      upstream: nodes.map { $0.node.edges.map(\.upstream) },
      unresolved: nodes.map(\.hasUnresolvedEdge))
  }

  private static func absent(_ property: String, _ node: ParsedNode) -> String {
    let names = (property.shortened(to: 128), node.node.name.shortened(to: 128))
    return "node `\(names.1)` has no property `\(names.0)`, and there is no default"
  }

  private static func report(_ texts: [TemplateText], _ sentence: String) {
    for text in texts { text.cursor.report(.badTemplate, sentence) }
  }
}
