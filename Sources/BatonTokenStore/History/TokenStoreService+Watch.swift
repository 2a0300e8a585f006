internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// Sends the puts of a run in order, then new ones as they are committed (T57).
  func watch(
    _ request: Wire.WatchTokenRequest, _ context: any ServerContext,
    _ writer: MessageWriter<Wire.TokenEntry>
  ) async throws {
    try await checkReader(context)
    let locator = RunLocator(request.run ?? Wire.RunRef())
    _ = try locator.baseID()
    let filter = try PutFilter(scope: request.scope, key: request.key, node: request.node)
    let (first, graph) = try await token(of: locator)
    if let node = filter.node { try TokenView.checkNode(node, graph) }
    let run = first.run.id
    var sent = request.afterSeq
    // Subscribed before the first read, so that no change falls between.
    var changes = try store.changes.changes(of: run).makeAsyncIterator()
    while true {
      guard let snapshot = try await store.tokenAsync(of: run, history: false) else {
        throw locator.notFound
      }
      try await send(snapshot, after: &sent, filter, writer)
      guard snapshot.status.isActive else { return }
      guard await changes.next() != nil else {
        try Task.checkCancellation()
        throw BatonError(.unavailable, "unavailable", "the store was closed", hint: "Watch again.")
      }
    }
  }

  /// Sends the matching puts of a committed token that were not sent.
  private func send(
    _ snapshot: TokenSnapshot, after sent: inout UInt64, _ filter: PutFilter,
    _ writer: MessageWriter<Wire.TokenEntry>
  ) async throws {
    while sent < snapshot.account.lastSeq {
      let query = filter.query(after: sent, through: snapshot.account.lastSeq)
      let puts = try await store.readAsync { try $0.tokenPuts(of: snapshot.run.id, query) }
      for put in puts {
        let status = snapshot.attemptStatus(put.attempt, of: put.node)
        try await writer.send(Wire.TokenEntry(TokenEntry(put: put, attemptStatus: status)))
        sent = put.seq
      }
      if puts.count < query.limit { sent = query.through ?? snapshot.account.lastSeq }
    }
  }
}
