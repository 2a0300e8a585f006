internal import BatonCore
internal import BatonStore

/// The token as the next attempt of one node will see it; read when it is first asked for.
struct NodeTokenReader {
  private let view: TokenView?

  /// - Parameters:
  ///   - store: Where committed tokens are read.
  ///   - machine: The run.
  ///   - position: The node that will start.
  /// - Throws: what the store throws.
  init(_ store: any Store, _ machine: RunMachine, _ position: Int) throws {
    guard machine.plan.steps[position].readsToken else {
      view = nil
      return
    }
    guard let snapshot = try store.token(of: machine.header.id, history: true) else {
      throw StoreError.damaged("run \(machine.header.id) has no token")
    }
    view = try TokenView(
      snapshot, TokenGraph(machine.plan), at: .node(machine.nodes[position].node))
  }

  /// The value of `get(key)`, or of `get(key, node)`; nil when it is absent.
  func value(_ scope: TokenScope, key: String, node: String?) -> String? {
    guard let view else { return nil }
    // The snapshot holds its history, so no read can miss it.
    if let node { return try? view.get(key, node: node, scope: scope)?.put.value }
    return try? view.get(key, scope: scope)?.put.value
  }
}
