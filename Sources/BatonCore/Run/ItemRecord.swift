/// An item of a `for_each` node as it is stored (RE106).
///
/// Its attempts are ``AttemptRecord``s whose id names the item.
package struct ItemRecord: Hashable, Sendable {
  package var run: RunID
  /// The node's name.
  package var node: String
  /// The place in the list, from 0.
  package var index: Int
  /// The element of the newest pass that has this index, as JSON text.
  package var element: String
  package var status: ItemStatus
  /// Why the newest attempt FAILED or was KILLED; nil otherwise.
  package var reason: String?
  /// The number of the newest attempt; 0: none.
  package var attempts: Int
  /// When a WAITING item goes on.
  package var wakes: Timestamp?
  /// The attempt of the node, a pass over the list, for which it was last listed.
  package var pass: Int
  /// Whether that pass kept an earlier outcome of it (RE108).
  package var isKept: Bool
  /// Whether the index lies past the end of the newest list (RE108).
  package var isDropped: Bool

  package init(run: RunID, node: String, index: Int, element: String, pass: Int) {
    self.run = run
    self.node = node
    self.index = index
    self.element = element
    self.pass = pass
    status = .pending
    attempts = 0
    isKept = false
    isDropped = false
  }
}

/// The status of an item; raw values are stored and never change their meaning.
package enum ItemStatus: UInt8, Codable, Hashable, Sendable, CaseIterable {
  case pending = 1
  case waiting, running, completed, failed, killed

  /// Whether an item in this status has ended.
  package var hasEnded: Bool { rawValue >= ItemStatus.completed.rawValue }

  /// The word of the contract, `RUNNING`.
  package var word: String { Self.words[Int(rawValue) - 1] }

  /// The status with a word of the contract, in any letter case; nil: unknown.
  package init?(word: String) {
    guard let index = Self.words.firstIndex(of: word.uppercased()) else { return nil }
    self.init(rawValue: UInt8(index + 1))
  }

  private static let words = ["PENDING", "WAITING", "RUNNING", "COMPLETED", "FAILED", "KILLED"]
}
