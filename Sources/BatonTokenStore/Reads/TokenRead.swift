internal import BatonCore
internal import BatonStore
internal import BatonWire

/// A request that reads the token of one run from one viewpoint.
protocol TokenRead: Sendable {
  associatedtype Answer: Message

  /// The run meant.
  var run: Wire.RunRef? { get }
  /// From where to read; absent: the run, or the attempt of a task credential.
  var viewpoint: Wire.Viewpoint? { get }

  /// The only key that is read; nil: there may be several.
  var soleKey: TokenKey? { get }

  /// Checks the form of the request, its run id apart.
  ///
  /// - Throws: INVALID_ARGUMENT with the reasons of T55.
  func checkForm() throws(BatonError)

  /// Whether the answer costs so little that an event loop may compute it.
  func isQuick(_ snapshot: TokenSnapshot) -> Bool

  /// The answer from the run's viewpoint where the token alone decides it; nil: see ``answer(_:)``.
  func soleAnswer(_ snapshot: TokenSnapshot) throws(BatonError) -> Answer?

  /// Reads the answer.
  ///
  /// - Throws: NOT_FOUND and INVALID_ARGUMENT with the reasons of T55;
  ///   `TokenView.HistoryMissing` when a snapshot with history is needed.
  func answer(_ token: RunToken) throws -> Answer
}

extension TokenRead {
  func soleAnswer(_ snapshot: TokenSnapshot) throws(BatonError) -> Answer? { nil }

  /// The key of a request whose form was checked; nil: it names none.
  fileprivate static func key(_ key: String, _ scope: Wire.Scope) -> TokenKey? {
    guard !key.isEmpty, let scope = try? TokenScope(scope) else { return nil }
    return TokenKey(scope, key)
  }
}

/// Puts up to which a whole token is looked through on an event loop.
private let quickPuts: UInt64 = 512

extension Wire.GetTokenRequest: TokenRead {
  typealias Answer = Wire.GetTokenResponse

  var soleKey: TokenKey? { Self.key(key, scope) }

  func checkForm() throws(BatonError) {
    _ = try TokenScope(scope)
    try TokenText.checkKey(key)
  }

  func isQuick(_ snapshot: TokenSnapshot) -> Bool { true }

  func soleAnswer(_ snapshot: TokenSnapshot) throws(BatonError) -> Wire.GetTokenResponse? {
    guard node.isEmpty else { return nil }
    let entry = snapshot.soleEntry(TokenKey(try TokenScope(scope), key))
    return entry.map { Wire.GetTokenResponse(entry: Wire.TokenEntry($0)) }
  }

  func answer(_ token: RunToken) throws -> Wire.GetTokenResponse {
    let scope = try TokenScope(scope)
    if !node.isEmpty { try TokenView.checkNode(node, token.graph) }
    let view = try token.view()
    let found =
      node.isEmpty
      ? try view.get(key, scope: scope) : try view.get(key, node: node, scope: scope)
    guard let found else { throw RunToken.keyNotFound(key, scope, node: node) }
    return Wire.GetTokenResponse(entry: Wire.TokenEntry(found))
  }
}

extension Wire.ListTokensRequest: TokenRead {
  typealias Answer = Wire.ListTokensResponse

  var soleKey: TokenKey? { Self.key(key, scope) }

  func checkForm() throws(BatonError) {
    _ = try TokenScope(scope)
    _ = try PageSize.checked(pageSize)
    try PlaceToken.checkForm(pageToken)
  }

  func isQuick(_ snapshot: TokenSnapshot) -> Bool {
    !key.isEmpty || snapshot.account.lastSeq <= quickPuts
  }

  func answer(_ token: RunToken) throws -> Wire.ListTokensResponse {
    let scope = try TokenScope(scope)
    let listing = ["ListTokens", token.runText, scope.word, key] + token.viewpointParts
    let page = try PageToken.parse(pageToken, of: listing)
    let view = try token.view(page)
    var listed: [TokenKeyEntries]
    if key.isEmpty {
      // The key of the last entry may have no more; each of the others has one at least.
      let size = try PageSize.checked(pageSize)
      listed = try view.all(scope: scope, from: page?.key ?? "", limit: size + 2)
    } else {
      let entries = try view.list(key, scope: scope)
      guard !entries.isEmpty else { throw RunToken.keyNotFound(key, scope, node: "") }
      listed = [TokenKeyEntries(key: key, entries: entries)]
    }
    return try fill(listed[...], token, page, listing)
  }

  /// The page that follows the last entry of the page before.
  private func fill(
    _ listed: ArraySlice<TokenKeyEntries>, _ token: RunToken, _ page: PageToken?,
    _ listing: [String]
  ) throws(BatonError) -> Wire.ListTokensResponse {
    var next = page ?? token.firstPage()
    var answer = Wire.ListTokensResponse(
      asOfSeq: next.asOf, usedBytes: next.usedBytes,
      limitBytes: Int64(token.options.limits.maximumBytes))
    var bound = try PageBound(size: pageSize, bytes: token.options.maximumPageBytes)
    for group in listed {
      var entries = group.entries[...]
      if let page, TokenBytes.areEqual(group.key, page.key) {
        entries = entries.drop { token.snapshot.place(of: $0.put, token.graph) <= page.place }
      }
      var given: [Wire.TokenEntry] = []
      for entry in entries {
        guard bound.admits(entry.put) else {
          if !given.isEmpty { answer.keys.append(Wire.TokenKey(key: group.key, entries: given)) }
          answer.nextPageToken = next.text(of: listing)
          return answer
        }
        given.append(Wire.TokenEntry(entry))
        next.key = group.key
        next.place = token.snapshot.place(of: entry.put, token.graph)
        next.seq = entry.put.seq
      }
      if !given.isEmpty { answer.keys.append(Wire.TokenKey(key: group.key, entries: given)) }
    }
    return answer
  }
}

extension Wire.GetNodeTokenRequest: TokenRead {
  typealias Answer = Wire.GetNodeTokenResponse

  var soleKey: TokenKey? { Self.key(key, scope) }

  func checkForm() throws(BatonError) {
    _ = try TokenScope(scope)
    _ = try PageSize.checked(pageSize)
    try PlaceToken.checkForm(pageToken)
  }

  func isQuick(_ snapshot: TokenSnapshot) -> Bool {
    !key.isEmpty || snapshot.account.lastSeq <= quickPuts
  }

  func answer(_ token: RunToken) throws -> Wire.GetNodeTokenResponse {
    let scope = try TokenScope(scope)
    let listing = ["GetNodeToken", token.runText, scope.word, node, key] + token.viewpointParts
    let page = try PageToken.parse(pageToken, of: listing)
    try TokenView.checkNode(node, token.graph)
    let view = try token.view(page)
    var next = page ?? token.firstPage()
    let entries: [TokenEntry]
    if key.isEmpty {
      let size = try PageSize.checked(pageSize)
      entries = try view.fromNode(node, scope: scope, after: next.seq, limit: size + 1)
    } else if let entry = try view.get(key, node: node, scope: scope) {
      entries = [entry]
    } else {
      throw RunToken.keyNotFound(key, scope, node: node)
    }
    var answer = Wire.GetNodeTokenResponse(asOfSeq: next.asOf)
    var bound = try PageBound(size: pageSize, bytes: token.options.maximumPageBytes)
    for entry in entries where entry.put.seq > next.seq {
      guard bound.admits(entry.put) else {
        answer.nextPageToken = next.text(of: listing)
        break
      }
      answer.entries.append(Wire.TokenEntry(entry))
      next.seq = entry.put.seq
    }
    return answer
  }
}
