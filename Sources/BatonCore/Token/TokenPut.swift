/// One put: an element of a token's append-only sequence (T2).
package struct TokenPut: Hashable, Sendable {
  /// 1, 2, 3 … per run without gaps, in commit order, both scopes counted together.
  package var seq: UInt64
  package var scope: TokenScope
  package var key: String
  /// The node that put it, or the workflow's own name (T6).
  package var node: String
  /// The attempt of the node; 0 only for values mapped by a trigger (T6).
  package var attempt: Int
  package var value: String
  /// Commit time; never smaller than that of the preceding put.
  package var time: Timestamp

  package init(
    seq: UInt64, scope: TokenScope, key: String, node: String, attempt: Int, value: String,
    time: Timestamp
  ) {
    self.seq = seq
    self.scope = scope
    self.key = key
    self.node = node
    self.attempt = attempt
    self.value = value
    self.time = time
  }
}

/// Entries that one attempt puts atomically (T19).
package struct TokenPutBatch: Hashable, Sendable {
  package let source: AttemptID
  /// The entries as they are recorded.
  package let entries: [Entry]

  /// - Parameters:
  ///   - source: The attempt that puts; one of an item makes `k` to `k[INDEX]` (RE109).
  ///   - entries: The entries as the attempt names them.
  package init(source: AttemptID, entries: [Entry]) {
    self.source = source
    guard let item = source.item else {
      self.entries = entries
      return
    }
    self.entries = entries.map { entry in
      Entry(scope: entry.scope, key: entry.key + item.keySuffix, value: entry.value)
    }
  }

  package struct Entry: Hashable, Sendable {
    package var scope: TokenScope
    package var key: String
    package var value: String

    package init(scope: TokenScope = .user, key: String, value: String) {
      self.scope = scope
      self.key = key
      self.value = value
    }
  }
}

/// What the server allows a token to hold (T25).
package struct TokenLimits: Hashable, Sendable {
  /// Bytes of one value.
  package var maximumValueBytes: Int
  /// Bytes of keys and values of all entries, both scopes together.
  package var maximumBytes: Int
  /// Bytes of keys and values of all puts.
  package var maximumHistoryBytes: Int
  /// Puts of a run.
  package var maximumHistoryPuts: Int

  package init(
    maximumValueBytes: Int = 1_048_576, maximumBytes: Int = 31_457_280,
    maximumHistoryBytes: Int = 314_572_800, maximumHistoryPuts: Int = 1_000_000
  ) {
    self.maximumValueBytes = maximumValueBytes
    self.maximumBytes = maximumBytes
    self.maximumHistoryBytes = maximumHistoryBytes
    self.maximumHistoryPuts = maximumHistoryPuts
  }
}

/// What a put call answers.
package struct TokenReceipt: Hashable, Sendable {
  package var firstSeq: UInt64
  package var lastSeq: UInt64
  /// Bytes used after the call (T26).
  package var usedBytes: Int
  package var limitBytes: Int

  package init(firstSeq: UInt64, lastSeq: UInt64, usedBytes: Int, limitBytes: Int) {
    self.firstSeq = firstSeq
    self.lastSeq = lastSeq
    self.usedBytes = usedBytes
    self.limitBytes = limitBytes
  }
}

extension AttemptID.Item {
  /// What a key that the item puts ends with, `[INDEX]` (RE109).
  package var keySuffix: String { Self.keySuffix(index) }

  /// What the keys end with that the item of an index puts.
  static func keySuffix(_ index: Int) -> String { "[\(index)]" }
}
