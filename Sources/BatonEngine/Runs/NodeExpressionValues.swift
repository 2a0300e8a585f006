internal import BatonCore

/// What the expression of a condition reads (G23, G24).
struct NodeExpressionValues: ExpressionValues {
  let machine: RunMachine
  let position: Int
  let tokens: NodeTokenReader
  private let ancestors: NodeSet

  init(machine: RunMachine, position: Int, tokens: NodeTokenReader) {
    self.machine = machine
    self.position = position
    self.tokens = tokens
    ancestors = machine.plan.graph.ancestors(of: position)
  }

  func token(
    key: String, node: String?, scope: TokenScope
  ) throws(ExpressionValueError) -> String? {
    if let node, node != machine.header.workflow.workflow,
      node != machine.nodes[position].node
    {
      _ = try ancestor(node)
    }
    return tokens.value(scope, key: key, node: node)
  }

  func argument(_ name: String) -> String? { machine.header.arguments[name] }

  func environment(_ name: String) -> String? { machine.header.env[name] }

  func status(node: String) throws(ExpressionValueError) -> String {
    machine.nodes[try ancestor(node)].status.word
  }

  private func ancestor(_ node: String) throws(ExpressionValueError) -> Int {
    guard let position = machine.plan.graph.index(of: node), ancestors.contains(position) else {
      throw ExpressionValueError("`\(node)` is no ancestor of \(machine.nodes[self.position].node)")
    }
    return position
  }
}
