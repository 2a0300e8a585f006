internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// Answers a page of runs with their entries of one key (T58).
  func query(
    _ request: Wire.QueryTokensRequest, _ context: any ServerContext
  ) async throws -> Wire.QueryTokensResponse {
    try await checkReader(context)
    let query = try TokenQuery(request)
    let page = try PageToken.parse(request.pageToken, of: query.listing).map(QueryPlace.init)
    let bound = try PageBound(size: request.pageSize, bytes: options.maximumPageBytes)
    return try await store.readAsync { [graphs] reader in
      var filling = bound
      return try Self.answer(query, page, &filling, graphs, reader, context)
    }
  }

  /// A page in one snapshot, the reader's; entries that are not on it are let go run by run.
  private static func answer(
    _ query: TokenQuery, _ page: QueryPlace?, _ bound: inout PageBound, _ graphs: GraphCache,
    _ reader: any StoreReader, _ context: any ServerContext
  ) throws -> Wire.QueryTokensResponse {
    let (runs, examined) = try examine(query, page, graphs, reader)
    var answer = Wire.QueryTokensResponse(runsExamined: UInt32(clamping: examined))
    var place = page ?? QueryPlace(examined: examined, oldest: runs.last?.cursor)
    if page == nil {
      var tally = NodeTally()
      for run in runs {
        if context.isCancelled { throw CancellationError() }
        tally.count(try run.entries(query, values: false, graphs, reader), run.id)
      }
      answer.byNode = try tally.nodes(&bound)
    }
    var isFull = false
    for run in runs where !isFull {
      if context.isCancelled { throw CancellationError() }
      let entries = try run.entries(query, values: true, graphs, reader)
      let shown = place.show(run, entries, &bound)
      if let shown { answer.runs.append(shown.run) }
      isFull = shown?.isWhole != true
    }
    if isFull { answer.nextPageToken = place.token.text(of: query.listing) }
    return answer
  }

  /// The runs from a place on, and how many the query examines in all.
  private static func examine(
    _ query: TokenQuery, _ place: QueryPlace?, _ graphs: GraphCache, _ reader: any StoreReader
  ) throws -> ([Examined], Int) {
    try query.checkWorkflow(reader, graphs.catalog)
    guard let place else {
      let runs = try query.runs(reader, before: nil, limit: query.lastRuns)
      try query.checkNode(runs, graphs, reader)
      return (runs, runs.count)
    }
    guard let cursor = place.cursor, let oldest = place.oldest,
      place.examined <= query.lastRuns
    else { throw PlaceToken.invalid }
    var runs: [Examined] = []
    if place.entry != nil, let begun = try reader.run(cursor.id) { runs.append(Examined(begun)) }
    let limit = place.examined - place.done - runs.count
    if limit > 0 {
      runs += try query.runs(reader, before: cursor, limit: limit)
    }
    // Of runs that the first page did not examine none moves up for one that is gone.
    return (runs.filter { $0.cursor >= oldest }, place.examined)
  }
}

/// An entry with its place in the order of its key.
struct PlacedEntry {
  let entry: TokenEntry
  let place: Int64
}

/// In how many runs each node has an entry, counted over runs from the newest on.
private struct NodeTally {
  private var counts: [String: Wire.TokenQueryNode] = [:]

  mutating func count(_ entries: [PlacedEntry], _ run: RunID) {
    for node in Set(entries.map(\.entry.put.node)) {
      counts[node, default: Wire.TokenQueryNode(node: node, lastRunID: run.description)].runs += 1
    }
  }

  /// The nodes, most runs first, for which a page makes room before any run.
  ///
  /// - Throws: RESOURCE_EXHAUSTED `reply_too_large` when they would leave too little of it.
  func nodes(_ bound: inout PageBound) throws(BatonError) -> [Wire.TokenQueryNode] {
    // A run id of 36 bytes, tags, lengths and a number.
    let bytes = counts.keys.reduce(0) { $0 + $1.utf8.count + 64 }
    guard bound.reserve(bytes: bytes) else {
      throw BatonError(
        .resourceExhausted, "reply_too_large",
        "\(counts.count) nodes have put the key, too many for an answer",
        hint: "name a node, or ask for the last entry of each run instead of all")
    }
    return counts.values.sorted {
      $0.runs != $1.runs ? $0.runs > $1.runs : TokenBytes.precedes($0.node, $1.node)
    }
  }
}
