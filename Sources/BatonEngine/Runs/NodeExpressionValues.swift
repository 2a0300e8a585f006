internal import BatonCore

/// What the expression of a condition reads (G23, G24).
struct NodeExpressionValues: ExpressionValues {
  let machine: RunMachine
  let position: Int
  let tokens: NodeTokenReader
  /// What the policy is about; nil: the expression is a condition's.
  var attempt: ExpressionAttempt?

  private var own: String { machine.nodes[position].node }

  func token(
    key: String, node: String?, scope: TokenScope
  ) throws(ExpressionValueError) -> String? {
    if let node, node != machine.header.workflow.workflow, node != own { _ = try ancestor(node) }
    return tokens.value(scope, key: key, node: node)
  }

  func argument(_ name: String) -> String? { machine.header.arguments[name] }

  func environment(_ name: String) -> String? { machine.environment.values[name] }

  func status(node: String) throws(ExpressionValueError) -> String {
    machine.nodes[try ancestor(node)].status.word
  }

  private func ancestor(_ node: String) throws(ExpressionValueError) -> Int {
    guard let position = machine.plan.graph.index(of: node),
      machine.plan.tokenGraph.isAncestor(node, own)
    else { throw ExpressionValueError("`\(node)` is no ancestor of \(own)") }
    return position
  }
}
