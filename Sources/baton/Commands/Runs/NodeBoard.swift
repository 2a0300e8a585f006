package import BatonClient

/// The state of a run's nodes as its events tell it.
package struct NodeBoard {
  /// A node.
  package struct Node: Sendable {
    package var name: String
    package var status = NodeStatus.pending
    package var attempts = 0
    package var started: Timestamp?
    package var ended: Timestamp?
    package var reason: String?
  }

  package private(set) var nodes: [Node]
  package private(set) var status: RunStatus = .pending
  package private(set) var reason: String?
  package private(set) var started: Timestamp?
  package private(set) var ended: Timestamp?
  private var positions: [String: Int]

  /// A board with nodes in graph order.
  package init(nodes names: [String]) {
    nodes = names.map { Node(name: $0) }
    positions = Dictionary(
      names.enumerated().map { ($1, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// Nodes that have ended.
  package var endedNodes: Int { nodes.count { $0.status.hasEnded } }

  /// Takes an event over.
  package mutating func apply(_ event: RunEvent) {
    switch event.kind {
    case .run:
      guard let to = event.to else { return }
      status = RunStatus(rawValue: to)
      reason = event.reason
      if started == nil && event.from == "PENDING" { started = event.time }
      ended = status.hasEnded ? event.time : nil
    case .node:
      guard let position = event.node.flatMap({ positions[$0] }), let to = event.to else { return }
      nodes[position].status = NodeStatus(rawValue: to)
      nodes[position].reason = event.reason
      let hasEnded = nodes[position].status.hasEnded
      nodes[position].ended = hasEnded && nodes[position].started != nil ? event.time : nil
    case .attempt where event.itemAttempt == nil && event.from == nil:
      guard let position = event.node.flatMap({ positions[$0] }) else { return }
      nodes[position].attempts = event.attempt ?? nodes[position].attempts
      nodes[position].started = event.time
      nodes[position].ended = nil
    default: break
    }
  }
}
