package import BatonCore

/// Which puts of a run a reader wants; every field narrows it.
package struct TokenPutQuery: Hashable, Sendable {
  package var scope: TokenScope?
  package var key: String?
  package var node: String?
  package var attempt: Int?
  /// Puts with a greater `seq`.
  package var after: UInt64
  /// Puts with a `seq` up to here; nil: no bound.
  package var through: UInt64?
  package var newestFirst: Bool
  package var limit: Int

  package init(after: UInt64 = 0, through: UInt64? = nil, limit: Int) {
    self.after = after
    self.through = through
    self.limit = limit
    newestFirst = false
  }
}

/// The entries of one key as they are in one snapshot.
package struct TokenKeyState: Hashable, Sendable {
  /// The newest put of each node, of withheld nodes as well; in no order.
  package var entries: [TokenPut]
  /// Nodes of the run whose entries do not show now (T17).
  package var withheld: [String]

  package init(entries: [TokenPut], withheld: [String]) {
    self.entries = entries
    self.withheld = withheld
  }
}

package protocol TokenReads {
  /// The counters of a run's token; nil: no such run.
  func tokenAccount(of run: RunID) throws -> TokenAccount?
  /// Puts of a run by `seq`.
  func tokenPuts(of run: RunID, _ query: TokenPutQuery) throws -> [TokenPut]
  /// The `seq` of the newest put of a node under a key, whatever the node's status; nil: none.
  func tokenEntrySeq(of run: RunID, _ key: TokenKey, node: String) throws -> UInt64?
  /// Nodes of the run whose entries do not show now (T17).
  func withheldNodes(of run: RunID) throws -> [String]
  /// The current entries of one key, without the rest of the token.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - scope: The scope of the key.
  ///   - key: The key.
  ///   - values: Whether the values are read, too; otherwise they are maybe empty.
  /// - Returns: The entries.
  /// - Throws: when the tables cannot be read.
  func tokenEntries(
    of run: RunID, scope: TokenScope, key: String, values: Bool
  ) throws -> TokenKeyState
}

extension TokenReads {
  /// The current entries of one key with their values.
  package func tokenEntries(
    of run: RunID, scope: TokenScope, key: String
  ) throws -> TokenKeyState {
    try tokenEntries(of: run, scope: scope, key: key, values: true)
  }
}

package protocol TokenWrites {
  /// Appends puts of an attempt, all or none (T19–T29).
  ///
  /// - Parameters:
  ///   - batch: The entries in order; they get consecutive `seq`.
  ///   - limits: What the token may hold.
  ///   - exempt: Entries of the platform that are never refused (T30).
  /// - Returns: The `seq` given, and the use after the call.
  /// - Throws: RESOURCE_EXHAUSTED `token_value_too_large`, `token_history_full`, `token_full`.
  @discardableResult
  func putToken(
    _ batch: TokenPutBatch, limits: TokenLimits, exempt: Bool
  ) throws -> TokenReceipt
}
