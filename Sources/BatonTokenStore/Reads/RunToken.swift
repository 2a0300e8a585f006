internal import BatonCore
internal import BatonStore
internal import BatonWire

/// The token of a run as one call reads it.
struct RunToken {
  /// The committed token.
  let snapshot: TokenSnapshot
  /// The graph of the run's workflow.
  let graph: TokenGraph
  /// From where the call reads.
  let viewpoint: TokenViewpoint
  let options: TokenStoreOptions

  /// The run, as queries are told apart by it.
  var runText: String { snapshot.run.id.description }

  /// What the viewpoint sees now.
  func view() throws(BatonError) -> TokenView {
    try TokenView(snapshot, graph, at: viewpoint)
  }

  /// What the viewpoint saw when a listing began; of its first page: what it sees now.
  func view(_ page: PageToken?) throws(BatonError) -> TokenView {
    guard let page else { return try view() }
    guard page.asOf <= snapshot.account.lastSeq else { throw PlaceToken.invalid }
    var viewpoint = viewpoint
    if case .node(let node) = viewpoint, page.attempt > 0 {
      viewpoint = .attempt(node: node, attempt: Int(page.attempt))
    }
    return try TokenView(snapshot, graph, at: viewpoint, asOf: page.asOf)
  }

  /// What all page tokens of a listing that begins now have in common.
  func firstPage() -> PageToken {
    var attempt = 0
    if case .node(let node) = viewpoint {
      attempt = snapshot.newestAttempt(of: node)?.number ?? 0
    }
    return PageToken(
      asOf: snapshot.account.lastSeq, attempt: UInt32(clamping: attempt),
      usedBytes: Int64(snapshot.account.usedBytes), seq: 0)
  }

  /// The viewpoint as queries are told apart by it.
  var viewpointParts: [String] {
    switch viewpoint {
    case .run: ["run"]
    case .node(let node): ["node", node]
    case .attempt(let node, let attempt): ["attempt", node, String(attempt)]
    case .item(let node, let attempt, let index):
      ["item", node, String(attempt), String(index)]
    }
  }

  /// The answer when a key was asked for and there is nothing.
  static func keyNotFound(_ key: String, _ scope: TokenScope, node: String) -> BatonError {
    let place = node.isEmpty ? "" : " of node \(node)"
    return BatonError(
      .notFound, "token_key_not_found",
      "no \(scope.word) entry\(place) for key \(JSONString.quoted(key))")
  }
}

extension TokenViewpoint {
  /// The viewpoint that a request names.
  ///
  /// - Throws: NOT_FOUND `node_not_found` for an attempt of no node.
  init(_ viewpoint: Wire.Viewpoint?) throws(BatonError) {
    guard let viewpoint else {
      self = .run
      return
    }
    if viewpoint.atNode.isEmpty {
      guard viewpoint.atAttempt == 0 else {
        throw BatonError(
          .notFound, "node_not_found",
          "the viewpoint has attempt \(viewpoint.atAttempt) but names no node")
      }
      self = .run
    } else if viewpoint.atAttempt == 0 {
      self = .node(viewpoint.atNode)
    } else {
      self = .attempt(node: viewpoint.atNode, attempt: Int(viewpoint.atAttempt))
    }
  }
}

extension TokenScope {
  /// The scope that a request for one scope names; absent: USER.
  ///
  /// - Throws: INVALID_ARGUMENT `token_scope_invalid`.
  init(_ scope: Wire.Scope) throws(BatonError) {
    switch scope {
    case .unspecified, .user: self = .user
    case .system: self = .system
    default:
      throw BatonError(
        .invalidArgument, "token_scope_invalid", "\(scope.name) is no scope",
        hint: "The scopes are USER and SYSTEM.")
    }
  }
}

extension Wire.TokenEntry {
  /// An entry as calls answer it.
  init(_ entry: TokenEntry) {
    self.init(
      scope: Wire.Scope(rawValue: Int32(entry.put.scope.rawValue)),
      key: entry.put.key,
      node: entry.put.node,
      attempt: UInt32(clamping: entry.put.attempt),
      attemptStatus: entry.put.attempt == 0
        ? .unspecified : Wire.AttemptStatus(rawValue: Int32(entry.attemptStatus.rawValue)),
      value: entry.put.value,
      seq: entry.put.seq,
      time: entry.put.time.milliseconds)
  }
}
