internal import BatonCore
internal import BatonWire

extension Run {
  /// Every put of the run's token that is still known, oldest first.
  ///
  /// - Parameters:
  ///   - filter: Which puts.
  ///   - attempt: Only puts of this attempt of the node; nil for all.
  /// - Returns: The puts by `seq`.
  /// - Throws: NOT_FOUND `run_not_found`, `node_not_found`.
  public func tokenHistory(
    _ filter: TokenPutFilter = TokenPutFilter(), attempt: Int? = nil
  ) async throws -> [TokenPutRecord] {
    try await collectPages(limit: nil) { size, token in
      let page = try await client.tokenStore.getTokenHistory(
        Wire.GetTokenHistoryRequest(
          run: reference.wire, scope: filter.wireScope, key: filter.key ?? "",
          node: filter.node ?? "", attempt: UInt32(clamping: attempt ?? 0), pageSize: size,
          pageToken: token))
      let puts = page.puts.compactMap { put in
        put.entry.map { TokenPutRecord(entry: TokenEntry($0), isCurrent: put.current) }
      }
      return (puts, page.nextPageToken)
    }
  }

  /// Gives every put of the run's token in order, each once, until the run has ended; goes on
  /// after lost connections.
  ///
  /// - Parameters:
  ///   - filter: Which puts.
  ///   - seq: Starts after this number; 0 for the first put.
  ///   - body: Takes one put; the next is not read before it returns.
  /// - Throws: NOT_FOUND `run_not_found`, `node_not_found`; UNAVAILABLE where the server stays
  ///   away; what `body` throws, which ends the watching.
  public func watchToken(
    _ filter: TokenPutFilter = TokenPutFilter(), after seq: UInt64 = 0,
    _ body: (TokenEntry) async throws -> Void
  ) async throws {
    var last = seq
    try await client.streams.run { progress in
      let request = Wire.WatchTokenRequest(
        run: reference.wire, scope: filter.wireScope, key: filter.key ?? "",
        node: filter.node ?? "", afterSeq: last)
      try await client.tokenStore.watchToken(request) { entries in
        progress.began = .now
        for try await entry in entries {
          progress.isMade = true
          try await ResumableStream.protect { try await body(TokenEntry(entry)) }
          last = max(last, entry.seq)
        }
      }
    }
  }
}
