internal import Synchronization

extension TokenGraph {
  /// The graph of a plan, as views of a token need it.
  ///
  /// Ancestors of a node are found when they are first asked for, and kept.
  package init(_ plan: RunPlan) {
    let ancestors = KnownAncestors(plan.graph)
    self.init(
      workflow: plan.workflow.name,
      rank: { node in plan.graph.index(of: node).map { plan.graph.rank[$0] } },
      isAncestor: { node, descendant in ancestors.contains(node, above: descendant) })
  }
}

/// The ancestors of nodes, found once for each.
private final class KnownAncestors: Sendable {
  private let graph: WorkflowGraph
  private let known = Mutex<[Int: NodeSet]>([:])

  init(_ graph: WorkflowGraph) {
    self.graph = graph
  }

  func contains(_ node: String, above descendant: String) -> Bool {
    guard let upper = graph.index(of: node), let lower = graph.index(of: descendant) else {
      return false
    }
    return known.withLock { known in
      if let set = known[lower] { return set.contains(upper) }
      let set = graph.ancestors(of: lower)
      known[lower] = set
      return set.contains(upper)
    }
  }
}
