extension ApplicationParser {
  /// Reports names used twice and a node named as its workflow (G12).
  func checkNames(_ nodes: [ParsedNode], workflow: String) {
    var lines: [String: Int] = [:]
    for node in nodes {
      guard let cursor = node.nameCursor else { continue }
      let name = node.node.name
      if let line = lines[name] {
        cursor.report(
          .duplicateNode,
          "the workflow has another node `\(name.shortened(to: 128))` (first: line \(line))")
      } else {
        lines[name] = cursor.item.position.line
      }
      if name == workflow {
        cursor.report(.nodeNamedAsWorkflow, "a node may not have the name of its workflow")
      }
    }
  }

  // MARK: - Edges

  /// Turns `after` and `join` of every node into edges between positions (G14, G17).
  func resolveEdges(_ nodes: inout [ParsedNode]) {
    let positions = Self.positions(nodes)
    for index in nodes.indices {
      var seen = Set<Edge>()
      for element in nodes[index].after {
        guard let edge = edge(element, positions, nodes) else {
          nodes[index].hasUnresolvedEdge = true
          continue
        }
        if seen.insert(edge).inserted {
          nodes[index].node.edges.append(edge)
        } else {
          element.report(.duplicateEdge, "the same edge is listed before")
        }
      }
      if let cursor = nodes[index].join {
        nodes[index].node.join = join(cursor, edges: nodes[index].after.count) ?? .all
      }
    }
  }

  /// The positions of nodes by name; of nodes with the same name, that of the first.
  static func positions(_ nodes: [ParsedNode]) -> [String: Int] {
    Dictionary(
      nodes.enumerated().compactMap { index, node in
        node.nameCursor == nil ? nil : (node.node.name, index)
      }, uniquingKeysWith: { first, _ in first })
  }

  private func edge(
    _ cursor: DocumentCursor, _ positions: [String: Int], _ nodes: [ParsedNode]
  ) -> Edge? {
    guard let text = cursor.text() else { return nil }
    let pieces = text.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
    let name = pieces.first.map(String.init) ?? ""
    guard let upstream = positions[name] ?? positions[text] else {
      cursor.report(
        .unknownNode, "the workflow has no node `\(name.shortened(to: 128))`")
      return nil
    }
    guard positions[name] != nil, pieces.count > 1 else {
      return Edge(upstream: upstream, kind: .success)
    }
    guard let kind = Edge.Kind(rawValue: String(pieces[1])) else {
      cursor.report(
        .badEdge,
        "`.\(String(pieces[1]).shortened(to: 40))` is none of success, failure, complete, true "
          + "and false"
      )
      return nil
    }
    let needsCondition = kind == .whenTrue || kind == .whenFalse
    if needsCondition, nodes[upstream].hasAction, !nodes[upstream].isCondition {
      cursor.report(.badEdge, "`\(name)` is no condition and has no `.\(kind.rawValue)`")
      return nil
    }
    return Edge(upstream: upstream, kind: kind)
  }

  private func join(_ cursor: DocumentCursor, edges: Int) -> Join? {
    guard let text = cursor.text() else { return nil }
    let join: Join
    switch text {
    case "all": return .all
    case "any": join = .any
    default:
      guard let count = TypedText.int64(text), count >= 1, count <= edges else {
        let given = text.shortened(to: 40)
        cursor.report(
          .badJoin,
          edges == 0
            ? "must be `all` or `any` in a node without edges, not `\(given)`"
            : "must be `all`, `any` or 1..\(edges), not `\(given)`")
        return nil
      }
      join = .count(Int(count))
    }
    return available(cursor, .joins, "join: \(text)").map { _ in join }
  }

  // MARK: - Cycles

  /// Reports one cycle of every strongly connected group (G12).
  func checkCycles(_ nodes: [ParsedNode]) {
    var downstream = [[Int]](repeating: [], count: nodes.count)
    for (index, node) in nodes.enumerated() {
      for edge in node.node.edges { downstream[edge.upstream].append(index) }
    }
    let search = CycleSearch(downstream: downstream)
    for group in search.groups() {
      let cycle = search.shortestCycle(in: group)
      guard let first = cycle.first else { continue }
      var names = cycle.prefix(20).map { nodes[$0].node.name.shortened(to: 128) }
      if cycle.count > names.count { names.append("… (\(cycle.count) nodes)") }
      names.append(nodes[first].node.name.shortened(to: 128))
      let cursor = nodes[first].nameCursor ?? nodes[first].cursor
      cursor.report(.cycle, names.joined(separator: " -> "))
    }
  }
}
