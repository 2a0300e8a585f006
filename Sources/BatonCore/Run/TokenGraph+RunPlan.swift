internal import Synchronization

extension TokenGraph {
  /// The graph of a plan, as views of a token need it.
  package init(_ plan: RunPlan) {
    self = plan.tokenGraph
  }

  /// The graph of a workflow, as views of a token need it.
  ///
  /// Ancestors of a node are found when they are first asked for, and kept.
  ///
  /// - Parameters:
  ///   - workflow: The workflow's name.
  ///   - graph: Its graph.
  init(workflow: String, _ graph: WorkflowGraph) {
    let ancestors = KnownAncestors(graph)
    self.init(
      workflow: workflow,
      rank: { node in graph.index(of: node).map { graph.rank[$0] } },
      isAncestor: { node, descendant in ancestors.contains(node, above: descendant) })
  }
}

/// The ancestors of nodes, found once for each.
private final class KnownAncestors: Sendable {
  /// Sets that are kept; those of the largest workflows take about a megabyte together.
  private static let capacity = 1024

  private let graph: WorkflowGraph
  private let known = Mutex<[Int: NodeSet]>([:])

  init(_ graph: WorkflowGraph) {
    self.graph = graph
  }

  func contains(_ node: String, above descendant: String) -> Bool {
    guard let upper = graph.index(of: node), let lower = graph.index(of: descendant) else {
      return false
    }
    // No ancestor stands behind its descendant: most questions need no set.
    guard graph.rank[upper] < graph.rank[lower] else { return false }
    return known.withLock { known in
      if let set = known[lower] { return set.contains(upper) }
      let set = graph.ancestors(of: lower)
      if known.count >= Self.capacity { known.removeAll(keepingCapacity: true) }
      known[lower] = set
      return set.contains(upper)
    }
  }
}
