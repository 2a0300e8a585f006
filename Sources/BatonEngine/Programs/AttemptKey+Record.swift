internal import BatonCore
internal import BatonExec

extension AttemptKey {
  /// The process of a recorded attempt, of a node or of an item.
  init(_ id: AttemptID) {
    self.init(
      run: id.run, node: id.node, attempt: id.attempt,
      item: id.item.map { Item(index: $0.index, attempt: $0.attempt) })
  }

  /// The recorded attempt.
  var attemptID: AttemptID {
    AttemptID(
      run: run, node: node, attempt: attempt,
      item: item.map { AttemptID.Item(index: $0.index, attempt: $0.attempt) })
  }
}
