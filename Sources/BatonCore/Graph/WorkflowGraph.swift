internal import HeapModule

/// What the edges of a workflow say: order, neighbours, ancestors and handlers of its nodes.
///
/// Nodes are named by their position in `Workflow.nodes`. Outcomes play no part: the graph is a
/// property of the application's version.
package struct WorkflowGraph: Sendable {
  /// An edge seen from its upstream node.
  package struct Outgoing: Hashable, Sendable {
    /// The node that depends.
    package let downstream: Int
    /// The position of the edge in the `edges` of that node.
    package let edge: Int
    package let kind: Edge.Kind

    package init(downstream: Int, edge: Int, kind: Edge.Kind) {
      self.downstream = downstream
      self.edge = edge
      self.kind = kind
    }
  }

  /// The positions in graph order (T12): among the nodes whose direct predecessors are all taken,
  /// the first declared is next.
  package let order: [Int]
  /// The place of every node in `order`.
  package let rank: [Int]
  /// The distinct upstream nodes of every node, in the order of its edges.
  package let predecessors: [[Int]]
  /// The edges that lead away from every node, by the downstream node's position, then the edge's.
  package let outgoing: [[Outgoing]]
  /// The nodes without edges, in graph order.
  package let roots: [Int]
  private let handled: [Bool]
  private let positions: [String: Int]

  /// The graph of a validated workflow.
  ///
  /// - Precondition: Edges name nodes of the workflow and form no cycle.
  package init(_ workflow: Workflow) {
    let nodes = workflow.nodes
    var outgoing = [[Outgoing]](repeating: [], count: nodes.count)
    var handled = [Bool](repeating: false, count: nodes.count)
    for (position, node) in nodes.enumerated() {
      for (index, edge) in node.edges.enumerated() {
        outgoing[edge.upstream].append(
          Outgoing(downstream: position, edge: index, kind: edge.kind))
        if edge.kind == .failure || edge.kind == .complete { handled[edge.upstream] = true }
      }
    }
    let order = Self.graphOrder(nodes.map(\.edges.count), outgoing)
    precondition(order.count == nodes.count, "workflow \(workflow.name) has a cycle")
    var rank = [Int](repeating: 0, count: nodes.count)
    for (place, node) in order.enumerated() { rank[node] = place }

    self.order = order
    self.rank = rank
    self.outgoing = outgoing
    self.handled = handled
    predecessors = nodes.map { node in Self.distinct(node.edges.map(\.upstream)) }
    roots = order.filter { nodes[$0].edges.isEmpty }
    positions = Dictionary(
      nodes.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// How many nodes the workflow has.
  package var count: Int { order.count }

  /// The position of the node of that name, or nil when the workflow has none.
  package func index(of name: String) -> Int? { positions[name] }

  /// Whether some edge is `X.failure` or `X.complete` of this node X (G15).
  package func hasHandler(_ node: Int) -> Bool { handled[node] }

  /// Every node from which this one can be reached over edges of any kind (T9).
  ///
  /// The answer is computed anew: keep it when it is asked for often.
  package func ancestors(of node: Int) -> NodeSet {
    reach(from: node) { predecessors[$0] }
  }

  /// Every node that can be reached from this one over edges of any kind.
  package func descendants(of node: Int) -> NodeSet {
    reach(from: node) { outgoing[$0].map(\.downstream) }
  }

  private func reach(from node: Int, _ neighbours: (Int) -> [Int]) -> NodeSet {
    var found = NodeSet(nodeCount: count)
    var waiting = [node]
    while let next = waiting.popLast() {
      for neighbour in neighbours(next) where found.insert(neighbour) {
        waiting.append(neighbour)
      }
    }
    return found
  }

  private static func graphOrder(_ edgeCounts: [Int], _ outgoing: [[Outgoing]]) -> [Int] {
    var open = edgeCounts
    var ready = Heap(open.indices.filter { open[$0] == 0 })
    var order: [Int] = []
    order.reserveCapacity(open.count)
    while let node = ready.popMin() {
      order.append(node)
      for edge in outgoing[node] {
        open[edge.downstream] -= 1
        if open[edge.downstream] == 0 { ready.insert(edge.downstream) }
      }
    }
    return order
  }

  private static func distinct(_ positions: [Int]) -> [Int] {
    guard positions.count > 1 else { return positions }
    var seen = Set<Int>(minimumCapacity: positions.count)
    return positions.filter { seen.insert($0).inserted }
  }
}
