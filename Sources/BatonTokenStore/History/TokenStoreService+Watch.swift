internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// Sends the puts of a run in order, then new ones as they are committed (T57).
  ///
  /// Nothing is kept for a reader but the `seq` that it has seen: a slow one delays only itself.
  func watch(
    _ request: Wire.WatchTokenRequest, _ context: any ServerContext,
    _ writer: MessageWriter<Wire.TokenEntry>
  ) async throws {
    try await checkReader(context)
    let locator = RunLocator(request.run ?? Wire.RunRef())
    _ = try locator.baseID()
    let filter = try PutFilter(scope: request.scope, key: request.key, node: request.node)
    let (run, graph) = try await run(of: locator)
    if let node = filter.node { try TokenView.checkNode(node, graph) }
    // Subscribed before the first read, so that no change falls between.
    var changes = try store.changes.changes(of: run.id).makeAsyncIterator()
    var place = request.afterSeq
    while true {
      let after = place
      let part = try await store.readAsync { try WatchPart(run.id, filter, after: after, $0) }
      guard let part else { throw locator.notFound }
      for entry in part.entries { try await writer.send(Wire.TokenEntry(entry)) }
      place = part.end
      guard part.isLast else { continue }
      if part.runHasEnded { return }
      guard await changes.next() != nil else {
        try Task.checkCancellation()
        throw BatonError(.unavailable, "unavailable", "the store was closed", hint: "Watch again.")
      }
    }
  }
}

/// What a watch sends next, from one snapshot.
private struct WatchPart: Sendable {
  var entries: [TokenEntry] = []
  /// Up to where the puts have been looked through.
  let end: UInt64
  /// Whether there were no more puts.
  let isLast: Bool
  /// Whether there will be no more; end and last puts of a run are one transaction (T42).
  let runHasEnded: Bool

  /// Nil: there is no such run.
  init?(
    _ run: RunID, _ filter: PutFilter, after: UInt64, _ reader: any StoreReader
  ) throws {
    guard let status = try reader.runStatus(run), let account = try reader.tokenAccount(of: run)
    else { return nil }
    runHasEnded = !status.isActive
    guard after < account.lastSeq else {
      (end, isLast) = (after, true)
      return
    }
    let query = filter.query(after: after, through: account.lastSeq)
    let puts = try reader.tokenPuts(of: run, query)
    var statuses = AttemptStatuses(run, reader)
    entries = try puts.map { try statuses.entry($0) }
    let last = puts.count < query.limit ? query.through : puts.last?.seq
    end = last ?? account.lastSeq
    isLast = end >= account.lastSeq
  }
}
