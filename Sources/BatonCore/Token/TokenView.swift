internal import HashTreeCollections

/// From where a token is seen (T10).
package enum TokenViewpoint: Hashable, Sendable {
  /// All puts of the run.
  case run
  /// The newest attempt of a node, or what it would see if it started now.
  case node(String)
  /// One attempt of a node; the workflow's name stands for its hooks.
  case attempt(node: String, attempt: Int)
  /// An item of a pass of `for_each`: what the pass sees of others, and of its node the entries of
  /// its own index alone (RE109).
  case item(node: String, attempt: Int, index: Int)

  /// That of an attempt, of an item or of a node itself.
  package init(of attempt: AttemptID) {
    if let item = attempt.item {
      self = .item(node: attempt.node, attempt: attempt.attempt, index: item.index)
    } else {
      self = .attempt(node: attempt.node, attempt: attempt.attempt)
    }
  }
}

/// What a view must know of the graph of the run's application version.
package struct TokenGraph: Sendable {
  /// A class, so that a view copies one reference.
  private final class Facts: Sendable {
    let workflow: String
    let rank: @Sendable (_ node: String) -> Int?
    let isAncestor: @Sendable (_ node: String, _ descendant: String) -> Bool

    init(
      _ workflow: String, _ rank: @escaping @Sendable (String) -> Int?,
      _ isAncestor: @escaping @Sendable (String, String) -> Bool
    ) {
      self.workflow = workflow
      self.rank = rank
      self.isAncestor = isAncestor
    }
  }

  private let facts: Facts

  /// - Parameters:
  ///   - workflow: The workflow's own name.
  ///   - rank: The place of a node in graph order, from 0; nil: no such node.
  ///   - isAncestor: Whether `node` is an ancestor of `descendant` (T9).
  package init(
    workflow: String, rank: @escaping @Sendable (_ node: String) -> Int?,
    isAncestor: @escaping @Sendable (_ node: String, _ descendant: String) -> Bool
  ) {
    facts = Facts(workflow, rank, isAncestor)
  }

  /// The workflow's own name, under which its hooks and its trigger put (T6).
  package var workflow: String { facts.workflow }
  /// The place of a node in graph order, from 0; nil: no such node.
  package func rank(_ node: String) -> Int? { facts.rank(node) }
  /// Whether `node` is an ancestor of `descendant` (T9).
  package func isAncestor(_ node: String, _ descendant: String) -> Bool {
    facts.isAncestor(node, descendant)
  }
}

/// An entry of a view with the present status of its attempt (T13, T15).
package struct TokenEntry: Hashable, Sendable {
  package var put: TokenPut
  package var attemptStatus: AttemptStatus

  package init(put: TokenPut, attemptStatus: AttemptStatus) {
    self.put = put
    self.attemptStatus = attemptStatus
  }
}

/// The entries of one key in the order of T12.
package struct TokenKeyEntries: Hashable, Sendable {
  package var key: String
  package var entries: [TokenEntry]

  package init(key: String, entries: [TokenEntry]) {
    self.key = key
    self.entries = entries
  }
}

/// A token as it is seen from one viewpoint (T8–T18).
///
/// Reads throw ``HistoryMissing`` when a replaced put decides and the snapshot does not hold it;
/// they are repeated on a snapshot with history (`Store.token(of:history:)`).
package struct TokenView: Sendable {
  /// A replaced put is needed that the snapshot does not hold.
  package struct HistoryMissing: Error, Hashable, Sendable {}

  /// Of whom the view is.
  private enum Selection: Sendable {
    case run
    /// Ancestors and the trigger up to a `seq`; the node itself up to an attempt.
    case node(String, attempt: Int, viewSeq: UInt64)
    case initializeHook(attempt: Int)
  }

  private let snapshot: TokenSnapshot
  private let graph: TokenGraph
  private let selection: Selection
  private let asOf: UInt64
  private let withheld: [String]
  /// What keys of the node itself must end with; nil: all of them show.
  private let ownSuffix: String?

  /// A view of a token.
  ///
  /// - Parameters:
  ///   - snapshot: The committed token.
  ///   - graph: The graph of the run's application version.
  ///   - viewpoint: From where the token is seen.
  ///   - asOf: Only puts up to this `seq` count (T56); nil: all.
  /// - Throws: NOT_FOUND `node_not_found`, `attempt_not_found`.
  package init(
    _ snapshot: TokenSnapshot, _ graph: TokenGraph, at viewpoint: TokenViewpoint = .run,
    asOf: UInt64? = nil
  ) throws(BatonError) {
    self.snapshot = snapshot
    self.graph = graph
    self.asOf = asOf ?? .max
    if case .item(_, _, let index) = viewpoint {
      ownSuffix = AttemptID.Item.keySuffix(index)
    } else {
      ownSuffix = nil
    }
    switch viewpoint {
    case .run:
      selection = .run
      withheld = snapshot.withheld
    case .node(let node):
      try Self.checkNode(node, graph)
      if let newest = snapshot.newestAttempt(of: node) {
        selection = Self.selection(node, newest, graph)
        withheld = newest.withheld
      } else if node == graph.workflow {
        selection = .initializeHook(attempt: 0)
        withheld = snapshot.withheld
      } else {
        selection = .node(node, attempt: 0, viewSeq: .max)
        withheld = snapshot.withheld
      }
    case .attempt(let node, let number), .item(let node, let number, _):
      try Self.checkNode(node, graph)
      guard let attempt = snapshot.attempt(number, of: node) else {
        throw BatonError(
          .notFound, "attempt_not_found",
          "node \(node) of run \(snapshot.run.id) has no attempt \(number)")
      }
      selection = Self.selection(node, attempt, graph)
      withheld = attempt.withheld
    }
  }

  /// Checks that a text names a node of the workflow, or the workflow (T55).
  ///
  /// - Throws: NOT_FOUND `node_not_found`.
  package static func checkNode(_ node: String, _ graph: TokenGraph) throws(BatonError) {
    // Names are compared by bytes: another text that Unicode holds to be equal names nothing.
    guard Name.isLegal(node), node == graph.workflow || graph.rank(node) != nil else {
      throw BatonError(
        .notFound, "node_not_found",
        "workflow \(graph.workflow) has no node \(JSONString.quoted(String(node.prefix(128))))")
    }
  }

  private static func selection(
    _ node: String, _ attempt: TokenSnapshot.Attempt, _ graph: TokenGraph
  ) -> Selection {
    guard node == graph.workflow else {
      return .node(node, attempt: attempt.number, viewSeq: attempt.viewSeq)
    }
    return attempt.hook == .initialize ? .initializeHook(attempt: attempt.number) : .run
  }
}

// MARK: - Reads

extension TokenView {
  /// The last element of `list(key)`; nil: no entry.
  ///
  /// Costs as much as the key has entries, and allocates nothing in the run's view.
  package func get(_ key: String, scope: TokenScope = .user) throws(HistoryMissing) -> TokenEntry? {
    guard let slot = snapshot.slots[TokenKey(scope, key)] else { return nil }
    var best: (place: Int64, put: TokenPut)?
    for current in slot.entries {
      guard let put = try visible(current, in: slot) else { continue }
      if slot.entries.count == 1 { return entry(put) }
      let place = snapshot.place(of: put, graph)
      if let found = best, found.place > place { continue }
      best = (place, put)
    }
    return best.map { entry($0.put) }
  }

  /// The entry of a key and node; nil: none.
  package func get(
    _ key: String, node: String, scope: TokenScope = .user
  ) throws(HistoryMissing) -> TokenEntry? {
    guard let slot = snapshot.slots[TokenKey(scope, key)] else { return nil }
    let place = slot.place(of: node)
    guard place.found, let put = try visible(slot.entries[place.index], in: slot) else {
      return nil
    }
    return entry(put)
  }

  /// The entries of a key, one per node, in the order of T12.
  package func list(
    _ key: String, scope: TokenScope = .user
  ) throws(HistoryMissing) -> [TokenEntry] {
    guard let slot = snapshot.slots[TokenKey(scope, key)] else { return [] }
    return try entries(of: slot)
  }

  /// Keys of a scope with their entries; keys ascending by bytes.
  ///
  /// Looks at every key, but orders and keeps no more than about twice the limit of them.
  ///
  /// - Parameters:
  ///   - scope: The scope.
  ///   - first: The least key that is wanted; empty: from the first on.
  ///   - limit: How many keys are wanted.
  /// - Returns: The keys with their lists.
  /// - Throws: `HistoryMissing` when a replaced put is needed.
  package func all(
    scope: TokenScope = .user, from first: String = "", limit: Int = .max
  ) throws(HistoryMissing) -> [TokenKeyEntries] {
    var least = Least<TokenKeyEntries>(limit) { TokenBytes.precedes($0.key, $1.key) }
    for (key, slot) in snapshot.slots where key.scope == scope {
      if !first.isEmpty, TokenBytes.precedes(key.text, first) { continue }
      if let bound = least.bound, !TokenBytes.precedes(key.text, bound.key) { continue }
      let entries = try entries(of: slot)
      if !entries.isEmpty { least.add(TokenKeyEntries(key: key.text, entries: entries)) }
    }
    return least.sorted()
  }

  /// The entries of a node, one per key, ascending by `seq`.
  ///
  /// - Parameters:
  ///   - node: The node.
  ///   - scope: The scope.
  ///   - after: Only entries with a greater `seq`.
  ///   - limit: How many entries are wanted.
  /// - Returns: The entries.
  /// - Throws: `HistoryMissing` when a replaced put is needed.
  package func fromNode(
    _ node: String, scope: TokenScope = .user, after: UInt64 = 0, limit: Int = .max
  ) throws(HistoryMissing) -> [TokenEntry] {
    var least = Least<TokenEntry>(limit) { $0.put.seq < $1.put.seq }
    for (key, slot) in snapshot.slots where key.scope == scope {
      let place = slot.place(of: node)
      guard place.found, let put = try visible(slot.entries[place.index], in: slot),
        put.seq > after
      else { continue }
      if let bound = least.bound, bound.put.seq < put.seq { continue }
      least.add(entry(put))
    }
    return least.sorted()
  }

  private func entries(of slot: TokenSnapshot.Slot) throws(HistoryMissing) -> [TokenEntry] {
    if slot.entries.count == 1 {
      return try visible(slot.entries[0], in: slot).map { [entry($0)] } ?? []
    }
    var found: [(place: Int64, put: TokenPut)] = []
    found.reserveCapacity(slot.entries.count)
    for current in slot.entries {
      if let put = try visible(current, in: slot) {
        found.append((snapshot.place(of: put, graph), put))
      }
    }
    found.sort { $0.place < $1.place }
    return found.map { entry($0.put) }
  }

  private func entry(_ put: TokenPut) -> TokenEntry {
    TokenEntry(put: put, attemptStatus: snapshot.attemptStatus(put.attempt, of: put.node))
  }
}

// MARK: - Selecting

extension TokenView {
  /// The put that is the entry of the node of `current` in this view; nil: none (T10, T11).
  ///
  /// `current` has the greatest attempt and `seq` of all: when it is visible, it is the answer.
  private func visible(
    _ current: TokenPut, in slot: TokenSnapshot.Slot
  ) throws(HistoryMissing) -> TokenPut? {
    guard seesNode(current.node) else { return nil }
    if selects(current) { return current }
    if slot.lostHistory { throw HistoryMissing() }
    var best: TokenPut?
    for put in slot.replaced where put.node == current.node && selects(put) {
      if let found = best, (found.attempt, found.seq) > (put.attempt, put.seq) { continue }
      best = put
    }
    return best
  }

  /// Whether any put of the node may be visible.
  private func seesNode(_ node: String) -> Bool {
    switch selection {
    case .run: break
    case .initializeHook: return node == graph.workflow
    case .node(let own, _, _):
      if node == own || node == graph.workflow { return true }
      guard graph.isAncestor(node, own) else { return false }
    }
    return withheld.isEmpty || !withheld.contains(node)
  }

  /// Whether a key of the node itself shows.
  private func isOwn(_ key: String) -> Bool {
    guard let ownSuffix else { return true }
    return key.utf8.suffix(ownSuffix.utf8.count).elementsEqual(ownSuffix.utf8)
  }

  private func selects(_ put: TokenPut) -> Bool {
    guard put.seq <= asOf else { return false }
    switch selection {
    case .run:
      return true
    case .initializeHook(let attempt):
      return put.attempt <= attempt && snapshot.isOfStart(put)
    case .node(let node, let attempt, let viewSeq):
      if put.node == node { return put.attempt <= attempt && isOwn(put.key) }
      guard put.seq <= viewSeq else { return false }
      return put.node != graph.workflow || snapshot.isOfStart(put)
    }
  }
}

/// The least elements of many, without keeping or ordering all of them.
private struct Least<Element> {
  private let limit: Int
  private let precedes: (Element, Element) -> Bool
  private var elements: [Element] = []
  /// Elements from this one on are not among the least; nil: not known yet.
  private(set) var bound: Element?

  init(_ limit: Int, _ precedes: @escaping (Element, Element) -> Bool) {
    self.limit = max(1, limit)
    self.precedes = precedes
  }

  mutating func add(_ element: Element) {
    elements.append(element)
    if elements.count / 2 >= limit { cut() }
  }

  consuming func sorted() -> [Element] {
    cut()
    return elements
  }

  private mutating func cut() {
    elements.sort(by: precedes)
    guard elements.count > limit else { return }
    elements.removeLast(elements.count - limit)
    bound = elements.last
  }
}
