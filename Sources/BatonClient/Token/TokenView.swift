public import BatonCore
internal import BatonWire

/// The token of a run, read from one viewpoint within one scope (T13).
///
/// Every read throws INVALID_ARGUMENT `run_id_invalid`, NOT_FOUND `run_not_found`, and
/// `node_not_found` or `attempt_not_found` where a node is named.
public struct TokenView: Sendable {
  let client: BatonClient
  /// The run; nil inside a node, where the credential says it.
  let run: RunReference?
  /// From where the token is read; nil for the run as a whole.
  public let viewpoint: Viewpoint?
  /// The scope read.
  public let scope: TokenScope

  /// The same view of another scope.
  public func scope(_ scope: TokenScope) -> TokenView {
    TokenView(client: client, run: run, viewpoint: viewpoint, scope: scope)
  }

  /// The most recent entry of a key, or the entry of one node.
  ///
  /// - Parameters:
  ///   - key: The key.
  ///   - node: Only the entry of this node.
  /// - Returns: The entry, with who put it.
  /// - Throws: NOT_FOUND `token_key_not_found` when there is none; INVALID_ARGUMENT
  ///   `token_key_invalid`.
  public func get(_ key: String, node: String? = nil) async throws -> TokenEntry {
    let response = try await client.tokenStore.getToken(
      Wire.GetTokenRequest(
        run: run?.wire, viewpoint: viewpoint?.wire, key: key, scope: scope.wire, node: node ?? ""))
    guard let entry = response.entry else {
      throw BatonError(.internal, "internal", "the server answered without the entry")
    }
    return TokenEntry(entry)
  }

  /// The most recent entry of a key, or the entry of one node; nil when there is none.
  public func find(_ key: String, node: String? = nil) async throws -> TokenEntry? {
    do {
      return try await get(key, node: node)
    } catch let error as BatonError where error.reason == "token_key_not_found" {
      return nil
    }
  }

  /// The entries of a key, one per node, in graph order.
  ///
  /// - Throws: NOT_FOUND `token_key_not_found` when there is none.
  public func list(_ key: String) async throws -> [TokenEntry] {
    try await pages(key: key).flatMap(\.entries)
  }

  /// Every key with its entries, keys ascending by bytes.
  public func all() async throws -> [TokenKey] {
    try await pages(key: nil)
  }

  /// The entries of one node, one per key, in the order in which they were put.
  ///
  /// - Parameters:
  ///   - node: The node, or the workflow's name for hooks and triggers.
  ///   - key: Only this key.
  /// - Returns: The entries; none for a node that put nothing.
  /// - Throws: NOT_FOUND `node_not_found`; with a key also `token_key_not_found`.
  public func fromNode(_ node: String, key: String? = nil) async throws -> [TokenEntry] {
    try await collectPages(limit: nil) { size, token in
      let page = try await client.tokenStore.getNodeToken(
        Wire.GetNodeTokenRequest(
          run: run?.wire, viewpoint: viewpoint?.wire, node: node, scope: scope.wire,
          key: key ?? "", pageSize: size, pageToken: token))
      return (page.entries.map(TokenEntry.init), page.nextPageToken)
    }
  }

  private func pages(key: String?) async throws -> [TokenKey] {
    let pages = try await collectPages(limit: nil) { size, token in
      let page = try await client.tokenStore.listTokens(
        Wire.ListTokensRequest(
          run: run?.wire, viewpoint: viewpoint?.wire, scope: scope.wire, key: key ?? "",
          pageSize: size, pageToken: token))
      return (page.keys, page.nextPageToken)
    }
    // The entries of one key may go on, under the same key, on the next page (T56).
    var keys: [TokenKey] = []
    for page in pages {
      let entries = page.entries.map(TokenEntry.init)
      if let last = keys.last, last.key.utf8.elementsEqual(page.key.utf8) {
        keys[keys.count - 1].entries += entries
      } else {
        keys.append(TokenKey(key: page.key, entries: entries))
      }
    }
    return keys
  }
}
