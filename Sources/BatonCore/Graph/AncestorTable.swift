/// The ancestors of all nodes of one workflow at once, also while its edges may be wrong.
struct AncestorTable {
  private var sets: [NodeSet]
  /// Nodes of which not every ancestor is known: in or behind a cycle or an unresolved edge.
  private var uncertain: [Bool]

  /// - Parameters:
  ///   - upstream: The resolved upstream nodes of every node.
  ///   - unresolved: Whether a node has an edge that could not be resolved.
  init(upstream: [[Int]], unresolved: [Bool]) {
    let count = upstream.count
    sets = Array(repeating: NodeSet(nodeCount: count), count: count)
    uncertain = Array(repeating: true, count: count)
    var downstream = [[Int]](repeating: [], count: count)
    for (node, nodes) in upstream.enumerated() {
      for above in nodes { downstream[above].append(node) }
    }
    var open = upstream.map(\.count)
    var ready = open.indices.filter { open[$0] == 0 }
    while let node = ready.popLast() {
      uncertain[node] = unresolved[node]
      var ancestors = NodeSet(nodeCount: count)
      for above in upstream[node] {
        ancestors.formUnion(sets[above])
        ancestors.insert(above)
        if uncertain[above] { uncertain[node] = true }
      }
      sets[node] = ancestors
      for below in downstream[node] {
        open[below] -= 1
        if open[below] == 0 { ready.append(below) }
      }
    }
  }

  /// Whether `other` is surely no ancestor of `node`.
  func excludes(_ other: Int, asAncestorOf node: Int) -> Bool {
    !uncertain[node] && !sets[node].contains(other)
  }
}
