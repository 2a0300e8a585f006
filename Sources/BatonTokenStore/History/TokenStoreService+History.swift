internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// Answers a page of the puts of a run.
  func history(
    _ request: Wire.GetTokenHistoryRequest, _ context: any ServerContext
  ) async throws -> Wire.GetTokenHistoryResponse {
    try await checkReader(context)
    let locator = RunLocator(request.run ?? Wire.RunRef())
    _ = try locator.baseID()
    let filter = try PutFilter(
      scope: request.scope, key: request.key, node: request.node, attempt: request.attempt)
    var bound = try PageBound(size: request.pageSize, bytes: options.maximumPageBytes)
    let (snapshot, graph) = try await token(of: locator)
    let listing = [
      "GetTokenHistory", snapshot.run.id.description, filter.scope?.word ?? "", request.key,
      request.node, String(request.attempt), request.newestFirst ? "newest" : "",
    ]
    let page = try PageToken.parse(request.pageToken, of: listing)
    if !request.node.isEmpty { try TokenView.checkNode(request.node, graph) }
    let asOf = page?.asOf ?? snapshot.account.lastSeq
    guard asOf <= snapshot.account.lastSeq else { throw PlaceToken.invalid }
    var next = PageToken(asOf: asOf, attempt: 0, usedBytes: 0, seq: page?.seq ?? 0)
    var marks = CurrentMarks(snapshot, graph, asOf: asOf)
    var answer = Wire.GetTokenHistoryResponse(asOfSeq: asOf)
    while true {
      let query = filter.query(after: next, newestFirst: request.newestFirst)
      let puts = try await store.readAsync { try $0.tokenPuts(of: snapshot.run.id, query) }
      for put in puts {
        guard bound.admits(put) else {
          answer.nextPageToken = next.text(of: listing)
          return answer
        }
        next.seq = put.seq
        let entry = TokenEntry(
          put: put, attemptStatus: snapshot.attemptStatus(put.attempt, of: put.node))
        answer.puts.append(
          Wire.TokenHistoryEntry(
            entry: Wire.TokenEntry(entry), current: try await marks.isCurrent(put, store)))
      }
      guard puts.count < query.limit else { continue }
      if request.newestFirst {
        guard query.after > 0 else { return answer }
        next.seq = query.after + 1
      } else {
        guard let end = query.through, end < asOf else { return answer }
        next.seq = end
      }
    }
  }
}

extension PutFilter {
  /// The query that goes on behind a place.
  fileprivate func query(after place: PageToken, newestFirst: Bool) -> TokenPutQuery {
    guard newestFirst else { return query(after: place.seq, through: place.asOf) }
    let through = place.seq == 0 ? place.asOf : place.seq - 1
    return query(after: 0, through: through, newestFirst: true)
  }
}

/// Tells which puts were entries of the run's view when a listing began.
private struct CurrentMarks {
  private var snapshot: TokenSnapshot
  private let graph: TokenGraph
  private let asOf: UInt64

  init(_ snapshot: TokenSnapshot, _ graph: TokenGraph, asOf: UInt64) {
    self.snapshot = snapshot
    self.graph = graph
    self.asOf = asOf
  }

  mutating func isCurrent(_ put: TokenPut, _ store: any Store) async throws -> Bool {
    do {
      return try mark(put)
    } catch is TokenView.HistoryMissing {
      let whole = try await store.tokenAsync(of: snapshot.run.id, history: true)
      guard let whole else { return false }
      snapshot = whole
      return try mark(put)
    }
  }

  private func mark(_ put: TokenPut) throws -> Bool {
    let view = try TokenView(snapshot, graph, at: .run, asOf: asOf)
    return try view.get(put.key, node: put.node, scope: put.scope)?.put.seq == put.seq
  }
}
