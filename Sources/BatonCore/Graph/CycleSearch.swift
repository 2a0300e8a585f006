/// Finds the cycles of a graph that may be wrong in any way its edges can be.
package struct CycleSearch {
  /// The downstream nodes of every node.
  private let downstream: [[Int]]

  /// - Parameter downstream: The downstream nodes of every node, by position; repeats are allowed.
  package init(downstream: [[Int]]) {
    self.downstream = downstream
  }

  /// The groups of nodes that can reach each other, a node after itself included.
  ///
  /// - Returns: Each group ascending, the groups by their first node. Without recursion, in time
  ///   proportional to nodes and edges.
  package func groups() -> [[Int]] {
    var search = Tarjan(downstream: downstream)
    for node in downstream.indices { search.visit(node) }
    return search.groups.sorted { ($0.first ?? 0) < ($1.first ?? 0) }
  }

  /// A shortest cycle through the first node of a group.
  ///
  /// - Returns: The nodes from that one on, in the direction of execution, without it at the end.
  package func shortestCycle(in group: [Int]) -> [Int] {
    guard let start = group.first else { return [] }
    let members = Set(group)
    var previous: [Int: Int] = [:]
    var waiting = [start]
    var next = 0
    while next < waiting.count {
      let node = waiting[next]
      next += 1
      for neighbour in downstream[node] where members.contains(neighbour) {
        if neighbour == start { return path(to: node, from: start, previous) }
        if previous[neighbour] == nil {
          previous[neighbour] = node
          waiting.append(neighbour)
        }
      }
    }
    return [start]
  }

  private func path(to end: Int, from start: Int, _ previous: [Int: Int]) -> [Int] {
    var path = [end]
    var node = end
    while node != start, let before = previous[node] {
      path.append(before)
      node = before
    }
    return path.reversed()
  }
}

/// Tarjan's strongly connected components with a stack of its own.
private struct Tarjan {
  let downstream: [[Int]]
  private(set) var groups: [[Int]] = []
  private var number: [Int]
  private var low: [Int]
  private var onStack: [Bool]
  private var stack: [Int] = []
  private var calls: [(node: Int, edge: Int)] = []
  private var count = 0

  init(downstream: [[Int]]) {
    self.downstream = downstream
    number = Array(repeating: -1, count: downstream.count)
    low = number
    onStack = Array(repeating: false, count: downstream.count)
  }

  mutating func visit(_ root: Int) {
    guard number[root] < 0 else { return }
    enter(root)
    while let call = calls.last {
      guard call.edge < downstream[call.node].count else {
        leave(call.node)
        continue
      }
      calls[calls.count - 1].edge += 1
      let neighbour = downstream[call.node][call.edge]
      if number[neighbour] < 0 {
        enter(neighbour)
      } else if onStack[neighbour] {
        low[call.node] = min(low[call.node], number[neighbour])
      }
    }
  }

  private mutating func enter(_ node: Int) {
    number[node] = count
    low[node] = count
    count += 1
    stack.append(node)
    onStack[node] = true
    calls.append((node, 0))
  }

  private mutating func leave(_ node: Int) {
    calls.removeLast()
    if let caller = calls.last { low[caller.node] = min(low[caller.node], low[node]) }
    guard low[node] == number[node] else { return }
    var group: [Int] = []
    while let member = stack.popLast() {
      onStack[member] = false
      group.append(member)
      if member == node { break }
    }
    if group.count > 1 || downstream[node].contains(node) { groups.append(group.sorted()) }
  }
}
