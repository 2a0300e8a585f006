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
    let page = try PageToken.parse(request.pageToken, query.fingerprint).map(QueryPlace.init)
    let (runs, examined) = try await examine(query, page)
    var bound = try PageBound(size: request.pageSize, bytes: options.maximumPageBytes)
    var answer = Wire.QueryTokensResponse(runsExamined: UInt32(clamping: examined))
    var place = page ?? QueryPlace(examined: examined)
    var isFull = false
    var tally = NodeTally()
    for run in runs {
      if isFull, page != nil { break }
      let entries = try await entries(of: run, query)
      if page == nil { tally.count(entries, run.id) }
      guard !isFull else { continue }
      guard
        let shown = place.show(run, entries, &bound)
      else {
        isFull = true
        continue
      }
      answer.runs.append(shown.run)
      isFull = !shown.isWhole
    }
    if isFull { answer.nextPageToken = place.token.text(query.fingerprint) }
    answer.byNode = tally.nodes
    return answer
  }

  /// The runs from a place on, in one snapshot, and how many the query examines in all.
  private func examine(_ query: TokenQuery, _ place: QueryPlace?) async throws -> ([Examined], Int)
  {
    try await store.readAsync { [graphs] reader in
      guard let place else {
        let runs = try query.runs(reader, graphs.catalog, before: nil, limit: query.lastRuns)
        return (runs, runs.count)
      }
      guard let cursor = place.cursor, place.examined <= query.lastRuns else {
        throw PageToken.invalid
      }
      var runs: [Examined] = []
      if place.entry != nil, let begun = try reader.run(cursor.id) {
        runs.append(try Examined(begun, reader))
      }
      let limit = place.examined - place.done - runs.count
      if limit > 0 {
        runs += try query.runs(reader, graphs.catalog, before: cursor, limit: limit)
      }
      return (runs, place.examined)
    }
  }

  /// The entries of the key in a run's view, as the query's snapshot has it.
  private func entries(of run: Examined, _ query: TokenQuery) async throws -> [PlacedEntry] {
    guard run.asOf > 0, let snapshot = try store.token(of: run.id, history: false) else {
      return []
    }
    let graph = try await graph(of: snapshot)
    do {
      return try Self.entries(snapshot, graph, run, query)
    } catch is TokenView.HistoryMissing {
      guard let whole = try store.token(of: run.id, history: true) else { return [] }
      return try Self.entries(whole, graph, run, query)
    }
  }

  private static func entries(
    _ snapshot: TokenSnapshot, _ graph: TokenGraph, _ run: Examined, _ query: TokenQuery
  ) throws -> [PlacedEntry] {
    let view = try TokenView(snapshot, graph, at: .run, asOf: run.asOf)
    let found: [TokenEntry]
    if !query.node.isEmpty {
      found = try view.get(query.key, node: query.node, scope: query.scope).map { [$0] } ?? []
    } else if query.picksAll {
      found = try view.list(query.key, scope: query.scope)
    } else {
      found = try view.get(query.key, scope: query.scope).map { [$0] } ?? []
    }
    return found.map { PlacedEntry(entry: $0, place: graph.place(of: $0.put)) }
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
