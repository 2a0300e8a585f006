package import BatonCore

/// Names one attempt of a process: a node's, a hook's, or one of an item of `for_each`.
package struct AttemptKey: Hashable, Sendable {
  /// One execution of an item of `for_each` (RE105).
  package struct Item: Hashable, Sendable {
    /// The item's place in the list, from 0.
    package var index: Int
    /// The attempt of the item, from 1.
    package var attempt: Int

    package init(index: Int, attempt: Int) {
      self.index = index
      self.attempt = attempt
    }
  }

  /// The run.
  package var run: RunID
  /// The node, or the workflow's name for a hook.
  package var node: String
  /// The attempt of the node, from 1.
  package var attempt: Int
  /// The item, when the node is a `for_each`.
  package var item: Item?

  package init(run: RunID, node: String, attempt: Int, item: Item? = nil) {
    self.run = run
    self.node = node
    self.attempt = attempt
    self.item = item
  }
}

extension AttemptKey: CustomStringConvertible {
  /// `run/node/attempt`, with `.index.attempt` of the item behind.
  package var description: String { "\(run)/\(node)/\(lastComponent)" }

  /// The name of the attempt's directory inside the node's.
  var lastComponent: String {
    guard let item else { return "\(attempt)" }
    return "\(attempt).\(item.index).\(item.attempt)"
  }
}
