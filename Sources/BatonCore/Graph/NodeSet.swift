/// A set of node positions of one workflow, one bit each.
package struct NodeSet: Hashable, Sendable {
  private var words: [UInt64]

  /// An empty set for positions below `nodeCount`.
  package init(nodeCount: Int) {
    words = Array(repeating: 0, count: (nodeCount + 63) / 64)
  }

  /// Whether the set has the position; positions out of range are in no set.
  package func contains(_ node: Int) -> Bool {
    guard node >= 0, node / 64 < words.count else { return false }
    return words[node / 64] & (1 << UInt64(node % 64)) != 0
  }

  /// Adds a position.
  ///
  /// - Returns: Whether the set did not have it before.
  @discardableResult
  package mutating func insert(_ node: Int) -> Bool {
    let bit: UInt64 = 1 << UInt64(node % 64)
    guard words[node / 64] & bit == 0 else { return false }
    words[node / 64] |= bit
    return true
  }

  /// Adds all positions of another set of the same workflow.
  package mutating func formUnion(_ other: NodeSet) {
    for index in words.indices { words[index] |= other.words[index] }
  }

  /// How many positions the set has.
  package var count: Int { words.reduce(0) { $0 + $1.nonzeroBitCount } }

  package var isEmpty: Bool { words.allSatisfy { $0 == 0 } }
}

extension NodeSet: Sequence {
  /// The positions in ascending order.
  package func makeIterator() -> AnyIterator<Int> {
    var index = 0
    var word = words.first ?? 0
    return AnyIterator { [words] in
      while word == 0 {
        index += 1
        guard index < words.count else { return nil }
        word = words[index]
      }
      let bit = word.trailingZeroBitCount
      word &= word - 1
      return index * 64 + bit
    }
  }
}
