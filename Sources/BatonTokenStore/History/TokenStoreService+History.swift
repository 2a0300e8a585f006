internal import BatonCore
internal import BatonStore
internal import BatonWire

extension TokenStoreService {
  /// Answers a page of the puts of a run.
  ///
  /// Nothing of the token is loaded but the puts of the page, however long the history is.
  func history(
    _ request: Wire.GetTokenHistoryRequest, _ context: any ServerContext
  ) async throws -> Wire.GetTokenHistoryResponse {
    try await checkReader(context)
    let locator = RunLocator(request.run ?? Wire.RunRef())
    _ = try locator.baseID()
    let filter = try PutFilter(
      scope: request.scope, key: request.key, node: request.node, attempt: request.attempt)
    let bound = try PageBound(size: request.pageSize, bytes: options.maximumPageBytes)
    try PlaceToken.checkForm(request.pageToken)
    let (run, graph) = try await run(of: locator)
    let listing = [
      "GetTokenHistory", run.id.description, filter.scope?.word ?? "", request.key, request.node,
      String(request.attempt), request.newestFirst ? "newest" : "",
    ]
    let place = try PageToken.parse(request.pageToken, of: listing)
    if let node = filter.node { try TokenView.checkNode(node, graph) }
    return try await store.readAsync { reader in
      guard let account = try reader.tokenAccount(of: run.id) else { throw locator.notFound }
      let asOf = place?.asOf ?? account.lastSeq
      guard asOf <= account.lastSeq else { throw PlaceToken.invalid }
      var page = HistoryPage(
        run: run.id, asOf: asOf, filter: filter, newestFirst: request.newestFirst, bound: bound,
        after: place?.seq ?? 0)
      try page.fill(reader, context)
      var answer = Wire.GetTokenHistoryResponse(puts: page.puts, asOfSeq: asOf)
      if page.hasMore {
        answer.nextPageToken = PageToken(asOf: asOf, attempt: 0, usedBytes: 0, seq: page.after)
          .text(of: listing)
      }
      return answer
    }
  }
}

/// A page of puts that is being filled.
private struct HistoryPage {
  let run: RunID
  let asOf: UInt64
  let filter: PutFilter
  let newestFirst: Bool
  var bound: PageBound
  /// The put given last, or the last of a range in which there is none; 0: none yet.
  private(set) var after: UInt64
  private(set) var puts: [Wire.TokenHistoryEntry] = []
  private(set) var hasMore = false

  init(
    run: RunID, asOf: UInt64, filter: PutFilter, newestFirst: Bool, bound: PageBound, after: UInt64
  ) {
    self.run = run
    self.asOf = asOf
    self.filter = filter
    self.newestFirst = newestFirst
    self.bound = bound
    self.after = after
  }

  mutating func fill(_ reader: any StoreReader, _ context: any ServerContext) throws {
    var marks = try CurrentMarks(run, asOf: asOf, reader)
    var statuses = AttemptStatuses(run, reader)
    while let query {
      if context.isCancelled { throw CancellationError() }
      let found = try reader.tokenPuts(of: run, query)
      for put in found {
        guard bound.admits(put) else {
          hasMore = true
          return
        }
        after = put.seq
        puts.append(
          Wire.TokenHistoryEntry(
            entry: Wire.TokenEntry(try statuses.entry(put)), current: try marks.isCurrent(put)))
      }
      guard found.count < query.limit else { continue }
      after = newestFirst ? query.after + 1 : query.through ?? asOf
    }
  }

  /// The query that goes on; nil: nothing is left.
  private var query: TokenPutQuery? {
    if newestFirst {
      guard after != 1, asOf > 0 else { return nil }
      return filter.query(after: 0, through: after == 0 ? asOf : after - 1, newestFirst: true)
    }
    return after < asOf ? filter.query(after: after, through: asOf) : nil
  }
}

/// Tells which puts were entries of the run's view when a listing began.
private struct CurrentMarks {
  private struct EntryID: Hashable {
    var key: TokenKey
    var node: String
  }

  private let run: RunID
  private let asOf: UInt64
  private let reader: any StoreReader
  private let withheld: Set<String>
  private var entries: [EntryID: UInt64] = [:]

  init(_ run: RunID, asOf: UInt64, _ reader: any StoreReader) throws {
    self.run = run
    self.asOf = asOf
    self.reader = reader
    withheld = Set(try reader.withheldNodes(of: run))
  }

  mutating func isCurrent(_ put: TokenPut) throws -> Bool {
    if withheld.contains(put.node) { return false }
    let id = EntryID(key: TokenKey(put.scope, put.key), node: put.node)
    if let known = entries[id] { return known == put.seq }
    let found = try entry(of: put, id.key)
    entries[id] = found
    return found == put.seq
  }

  /// The `seq` of the entry of the put's key and node as it was when the listing began.
  ///
  /// Attempts of a node put one after the other (T22), so the last put is the entry (T11).
  private func entry(of put: TokenPut, _ key: TokenKey) throws -> UInt64 {
    let now = try reader.tokenEntrySeq(of: run, key, node: put.node) ?? put.seq
    guard now > asOf else { return now }
    var query = TokenPutQuery(after: put.seq, through: asOf, limit: 1)
    (query.scope, query.key, query.node) = (key.scope, key.text, put.node)
    query.newestFirst = true
    return try reader.tokenPuts(of: run, query).first?.seq ?? put.seq
  }
}
