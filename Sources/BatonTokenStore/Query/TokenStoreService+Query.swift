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
    var isFull = false
    var tally = NodeTally()
    for run in runs {
      if isFull, page != nil { break }
      if context.isCancelled { throw CancellationError() }
      let entries = try run.entries(query, graphs, reader)
      if page == nil { tally.count(entries, run.id) }
      guard !isFull else { continue }
      guard let shown = place.show(run, entries, &bound) else {
        isFull = true
        continue
      }
      answer.runs.append(shown.run)
      isFull = !shown.isWhole
    }
    if isFull { answer.nextPageToken = place.token.text(of: query.listing) }
    answer.byNode = tally.nodes
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

  var nodes: [Wire.TokenQueryNode] {
    counts.values.sorted {
      $0.runs != $1.runs ? $0.runs > $1.runs : TokenBytes.precedes($0.node, $1.node)
    }
  }
}
