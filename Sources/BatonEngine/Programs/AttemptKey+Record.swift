internal import BatonCore
internal import BatonExec

extension AttemptKey {
  /// The process of a recorded attempt, or of one execution of an item of it.
  init(_ id: AttemptID, item: Item? = nil) {
    self.init(run: id.run, node: id.node, attempt: id.attempt, item: item)
  }

  /// The recorded attempt, of the node where it is an item's.
  var attemptID: AttemptID { AttemptID(run: run, node: node, attempt: attempt) }
}
