/// The counters of one run's token, from which a put is admitted or refused (T21, T25–T27).
package struct TokenAccount: Hashable, Sendable {
  /// The `seq` of the newest put; 0: none.
  package var lastSeq: UInt64
  /// Bytes of key and value of the entries of the run's view, both scopes (T26).
  package var usedBytes: Int
  /// Bytes of key and value of all puts (T25).
  package var historyBytes: Int
  /// The time of the newest put; times of a run never go back (T2).
  package var lastTime: Timestamp

  package init(
    lastSeq: UInt64 = 0, usedBytes: Int = 0, historyBytes: Int = 0,
    lastTime: Timestamp = Timestamp(milliseconds: 0)
  ) {
    self.lastSeq = lastSeq
    self.usedBytes = usedBytes
    self.historyBytes = historyBytes
    self.lastTime = lastTime
  }

  /// How many puts the token has; `seq` has no gaps.
  package var puts: Int { Int(lastSeq) }
}

extension TokenAccount {
  /// The present entry of a key and node, as far as admission needs it.
  package struct Present: Hashable, Sendable {
    /// The attempt whose put the entry is.
    package var attempt: Int
    /// Bytes of key and value.
    package var bytes: Int

    package init(attempt: Int, bytes: Int) {
      self.attempt = attempt
      self.bytes = bytes
    }
  }

  /// What an admitted call does to the token.
  package struct Admission: Hashable, Sendable {
    /// The account after the call.
    package var account: TokenAccount
    package var firstSeq: UInt64
    /// The commit time of the call's puts.
    package var time: Timestamp
    /// Per entry of the call: whether it becomes the entry of its key (T11).
    ///
    /// Of a key that occurs several times the last occurrence is the entry; the flag of the
    /// others is false.
    package var becomesEntry: [Bool]

    /// The `seq` of the call's last put.
    package var lastSeq: UInt64 { account.lastSeq }
  }

  /// Judges a call by the rules of size, in the order of T20, without changing anything.
  ///
  /// - Parameters:
  ///   - batch: At least one entry, each of legal form (``TokenForm``).
  ///   - limits: What the token may hold.
  ///   - exempt: Entries of the platform, which are counted and never refused (T30).
  ///   - now: The commit time; the puts get the newest time of the token when that is later.
  ///   - present: The present entry of a (scope, key) of the batch's node; nil: none.
  /// - Returns: The account after the call, and what the puts get.
  /// - Throws: RESOURCE_EXHAUSTED `token_value_too_large`, `token_history_full`, `token_full`;
  ///   INVALID_ARGUMENT `token_key_invalid` for a key of an item that is too long.
  package func admitting(
    _ batch: TokenPutBatch, limits: TokenLimits, exempt: Bool, at now: Timestamp,
    present: (TokenKey) -> Present?
  ) throws(BatonError) -> Admission {
    let node = batch.source.node
    if batch.source.item != nil { try checkKeys(batch.entries) }
    if !exempt { try checkValues(batch.entries, node: node, limits) }
    var after = self
    var becomesEntry = [Bool](repeating: true, count: batch.entries.count)
    var seen: [TokenKey: (index: Int, present: Present)] = [:]
    var passing: Int?
    for (index, entry) in batch.entries.enumerated() {
      let key = TokenKey(entry.scope, entry.key)
      let bytes = entry.key.utf8.count + entry.value.utf8.count
      let earlier = batch.entries.count > 1 ? seen[key] : nil
      let old = earlier?.present ?? present(key)
      after.historyBytes += bytes
      if let old, old.attempt > batch.source.attempt {
        becomesEntry[index] = false
        continue
      }
      if let earlier { becomesEntry[earlier.index] = false }
      if batch.entries.count > 1 {
        seen[key] = (index, Present(attempt: batch.source.attempt, bytes: bytes))
      }
      let growth = bytes - (old?.bytes ?? 0)
      after.usedBytes += growth
      if passing == nil, growth > 0, after.usedBytes > limits.maximumBytes { passing = index }
    }
    after.lastSeq += UInt64(batch.entries.count)
    after.lastTime = max(now, lastTime)
    if !exempt {
      try checkHistory(after, node: node, limits)
      if after.usedBytes > limits.maximumBytes, after.usedBytes > usedBytes {
        throw full(after, key: batch.entries[passing ?? 0].key, node: node, limits)
      }
    }
    return Admission(
      account: after, firstSeq: lastSeq + 1, time: after.lastTime, becomesEntry: becomesEntry)
  }

  /// Checks the keys of an item, which have grown since their form was checked (RE109).
  private func checkKeys(_ entries: [TokenPutBatch.Entry]) throws(BatonError) {
    for entry in entries { try TokenForm.checkKey(entry.key.utf8) }
  }

  private func checkValues(
    _ entries: [TokenPutBatch.Entry], node: String, _ limits: TokenLimits
  ) throws(BatonError) {
    for entry in entries where entry.value.utf8.count > limits.maximumValueBytes {
      throw BatonError(
        .resourceExhausted, "token_value_too_large",
        "the value of key \(JSONString.quoted(entry.key)) of node \(node) has "
          + "\(entry.value.utf8.count) bytes; the limit is \(limits.maximumValueBytes)")
    }
  }

  private func checkHistory(
    _ after: TokenAccount, node: String, _ limits: TokenLimits
  ) throws(BatonError) {
    if after.historyBytes > limits.maximumHistoryBytes {
      throw BatonError(
        .resourceExhausted, "token_history_full",
        "the history of the token has \(historyBytes) bytes; "
          + "\(after.historyBytes - historyBytes) more of node \(node) pass the limit of "
          + "\(limits.maximumHistoryBytes)")
    }
    if after.puts > limits.maximumHistoryPuts {
      throw BatonError(
        .resourceExhausted, "token_history_full",
        "the history of the token has \(puts) puts; \(after.puts - puts) more of node \(node) "
          + "pass the limit of \(limits.maximumHistoryPuts)")
    }
  }

  private func full(
    _ after: TokenAccount, key: String, node: String, _ limits: TokenLimits
  ) -> BatonError {
    BatonError(
      .resourceExhausted, "token_full",
      "key \(JSONString.quoted(key)) of node \(node) does not fit: the call grows the token by "
        + "\(after.usedBytes - usedBytes) bytes, used \(usedBytes), limit \(limits.maximumBytes)",
      hint: "Put shorter values, or raise token_max_bytes.")
  }
}
