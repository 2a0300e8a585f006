internal import BatonCore

extension TokenAccount.Admission {
  /// The puts of an admitted call.
  func puts(of batch: TokenPutBatch) -> [TokenPut] {
    batch.entries.enumerated().map { index, entry in
      TokenPut(
        seq: firstSeq + UInt64(index), scope: entry.scope, key: entry.key,
        node: batch.source.node, attempt: batch.source.attempt, value: entry.value, time: time)
    }
  }

  /// What the call answers.
  func receipt(_ limits: TokenLimits) -> TokenReceipt {
    TokenReceipt(
      firstSeq: firstSeq, lastSeq: lastSeq, usedBytes: account.usedBytes,
      limitBytes: limits.maximumBytes)
  }
}
