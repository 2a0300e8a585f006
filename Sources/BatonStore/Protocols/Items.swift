package import BatonCore

/// Items of `for_each`, and their attempts (RE106).
package protocol ItemReads {
  /// Items of a node by index, those of earlier lists included.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - node: The node's name.
  ///   - index: Only items behind this one; nil: from the first on.
  ///   - statuses: Only items in one of these; empty: in every status.
  ///   - limit: The most items to read.
  /// - Returns: The items.
  /// - Throws: when the tables cannot be read.
  func items(
    of run: RunID, node: String, after index: Int?, statuses: Set<ItemStatus>, limit: Int
  ) throws -> [ItemRecord]
  /// How many items of a node's newest list are in each status; 0 is left out.
  func itemCounts(of run: RunID, node: String) throws -> [ItemStatus: Int]
  /// Attempts of items of a node by index, then number.
  ///
  /// - Parameters:
  ///   - run: The run.
  ///   - node: The node's name.
  ///   - indexes: Of which items; nil: of all.
  /// - Returns: The attempts.
  /// - Throws: when the tables cannot be read.
  func itemAttempts(
    of run: RunID, node: String, indexes: ClosedRange<Int>?
  ) throws -> [AttemptRecord]
  /// Attempts of items of a run that are RUNNING, by node, index and number.
  ///
  /// Looks at every attempt of an item: for taking up runs again.
  func runningItemAttempts(of run: RunID) throws -> [AttemptRecord]
}

extension ItemReads {
  /// One item of a node; nil: no list had the index.
  package func item(of run: RunID, node: String, index: Int) throws -> ItemRecord? {
    let found = try items(of: run, node: node, after: index - 1, statuses: [], limit: 1)
    return found.first { $0.index == index }
  }
}

package protocol ItemWrites {
  /// Writes an item as it is from now on, whether it was there or not.
  func putItem(_ record: ItemRecord) throws
}
