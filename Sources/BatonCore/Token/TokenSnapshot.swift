internal import HashTreeCollections

/// The committed token of one run: an immutable value that shares its parts with later ones.
///
/// A copy costs a few references; a put after it copies only the path to what it changes.
package struct TokenSnapshot: Sendable {
  private var storage: Storage

  /// The run to which the token belongs.
  package var run: Run { storage.run }
  /// The run's status.
  package var status: RunStatus { storage.status }
  /// The counters after the newest put.
  package var account: TokenAccount { storage.account }
  /// Whether replaced puts are here as well; otherwise reads that need one throw.
  package var holdsHistory: Bool { storage.holdsHistory }
  /// Nodes whose entries do not show now: skipped by the graph although they had attempts (T17).
  package var withheld: [String] { storage.withheld }
  /// About how many bytes of memory the token takes.
  package var footprint: Int { storage.footprint }
  var slots: TreeDictionary<TokenKey, Slot> { storage.slots }

  /// What a snapshot refers to, so that copying one is a single reference.
  ///
  /// `@unchecked Sendable`: it is changed only while it is uniquely referenced (`unique()`);
  /// whoever holds a copy of the snapshot has a storage that nobody changes.
  private final class Storage: @unchecked Sendable {
    let run: Run
    let keepsHistory: Bool
    var status: RunStatus
    var account = TokenAccount()
    var holdsHistory = true
    var withheld: [String] = []
    var footprint = 512
    var slots: TreeDictionary<TokenKey, Slot> = [:]
    var attempts: TreeDictionary<String, [Attempt]> = [:]
    var replacedPuts = 0

    init(run: Run, status: RunStatus, keepsHistory: Bool) {
      self.run = run
      self.status = status
      self.keepsHistory = keepsHistory
    }

    init(copying other: Storage) {
      run = other.run
      keepsHistory = other.keepsHistory
      status = other.status
      account = other.account
      holdsHistory = other.holdsHistory
      withheld = other.withheld
      footprint = other.footprint
      slots = other.slots
      attempts = other.attempts
      replacedPuts = other.replacedPuts
    }
  }

  /// The storage, with no other snapshot on it.
  private mutating func unique() -> Storage {
    if !isKnownUniquelyReferenced(&storage) { storage = Storage(copying: storage) }
    return storage
  }

  /// The facts of a run that a reader of its token needs.
  package final class Run: Sendable {
    package let id: RunID
    package let workflow: WorkflowID
    package let version: Int
    package let externalID: String?
    /// Whether an attempt of another run made it (RE60).
    package let isChild: Bool

    package init(_ header: RunHeader) {
      id = header.id
      isChild = header.root != header.id
      workflow = header.workflow
      version = header.version
      externalID = header.externalID
    }
  }

  /// What a view knows of an attempt.
  package struct Attempt: Hashable, Sendable {
    package var number: Int
    package var status: AttemptStatus
    /// The bound of the attempt's view (T10).
    package var viewSeq: UInt64
    /// The nodes that were withheld when the attempt started (T17).
    package var withheld: [String]
    /// Which hook the attempt executes; nil: it is one of a node (T6).
    package var hook: HookKind?

    package init(
      number: Int, status: AttemptStatus, viewSeq: UInt64, withheld: [String] = [],
      hook: HookKind? = nil
    ) {
      self.number = number
      self.status = status
      self.viewSeq = viewSeq
      self.withheld = withheld
      self.hook = hook
    }
  }

  /// The puts of one key.
  struct Slot: Sendable {
    /// The entries of the run's view, one per node, by the bytes of the node's name.
    var entries: [TokenPut] = []
    /// Puts that are no entries any more, by `seq`.
    var replaced: [TokenPut] = []
    /// Whether some replaced puts are not held.
    var lostHistory = false

    /// The place of a node's entry, or the place where it belongs.
    func place(of node: String) -> (index: Int, found: Bool) {
      var low = 0
      var high = entries.count
      while low < high {
        let middle = (low + high) / 2
        if TokenBytes.precedes(entries[middle].node, node) {
          low = middle + 1
        } else {
          high = middle
        }
      }
      return (low, low < entries.count && entries[low].node == node)
    }
  }

  /// The empty token of a run.
  ///
  /// - Parameters:
  ///   - run: The run to which the token belongs.
  ///   - status: The run's status.
  ///   - keepsHistory: Whether replaced puts are kept however many there are; otherwise they are
  ///     let go when they become many.
  package init(run: Run, status: RunStatus, keepsHistory: Bool = false) {
    storage = Storage(run: run, status: status, keepsHistory: keepsHistory)
  }

  /// Replaced puts beyond which a token that need not keep its history lets it go.
  private static let maximumReplacedPuts = 512
  /// What a put takes in memory beside its texts, in bytes.
  private static let putOverhead = 160
}

// MARK: - Changing

extension TokenSnapshot {
  /// Applies a put; one that is contained already changes nothing.
  package mutating func apply(_ put: TokenPut) {
    guard put.seq > account.lastSeq else { return }
    let storage = unique()
    let bytes = put.key.utf8.count + put.value.utf8.count
    storage.account.lastSeq = put.seq
    storage.account.lastTime = put.time
    storage.account.historyBytes += bytes
    storage.account.usedBytes += Self.store(put, bytes: bytes, storage)
    if storage.replacedPuts > Self.maximumReplacedPuts, storage.holdsHistory,
      !storage.keepsHistory
    {
      Self.dropHistory(storage)
    }
  }

  /// Loads the entries of the run's view instead of all puts.
  ///
  /// - Parameters:
  ///   - entries: The entries, in any order.
  ///   - account: The counters of the token.
  package mutating func load(entries: [TokenPut], account: TokenAccount) {
    let storage = unique()
    for entry in entries {
      let bytes = entry.key.utf8.count + entry.value.utf8.count
      _ = Self.store(entry, bytes: bytes, storage)
      storage.slots[TokenKey(entry.scope, entry.key), default: Slot()].lostHistory = true
    }
    storage.account = account
    storage.holdsHistory = entries.isEmpty && account.lastSeq == 0
  }

  /// Records a start, or the present status of an attempt.
  package mutating func apply(node: String, _ attempt: Attempt) {
    let index = attemptIndex(attempt.number, of: node)
    let storage = unique()
    if let index {
      storage.attempts[node]?[index].status = attempt.status
    } else {
      storage.footprint += Self.putOverhead
      storage.attempts[node, default: []].append(attempt)
    }
  }

  /// Records the run's status.
  package mutating func apply(status: RunStatus) { unique().status = status }

  /// Records whether a node's entries show (T17).
  package mutating func setWithheld(_ node: String, _ isWithheld: Bool) {
    let index = withheld.firstIndex(of: node)
    if isWithheld, index == nil { unique().withheld.append(node) }
    if !isWithheld, let index { unique().withheld.remove(at: index) }
  }

  /// Files a put under its key; returns by how many bytes the view grew.
  private static func store(_ put: TokenPut, bytes: Int, _ storage: Storage) -> Int {
    let keeps = storage.holdsHistory
    let (growth, replaces) = update(
      &storage.slots[TokenKey(put.scope, put.key), default: Slot()]
    ) { slot -> (Int, Bool) in
      let place = slot.place(of: put.node)
      guard place.found else {
        slot.entries.insert(put, at: place.index)
        return (bytes, false)
      }
      let old = slot.entries[place.index]
      let isNewer = old.attempt <= put.attempt
      if isNewer { slot.entries[place.index] = put }
      if keeps { slot.replaced.append(isNewer ? old : put) } else { slot.lostHistory = true }
      return (isNewer ? bytes - old.key.utf8.count - old.value.utf8.count : 0, true)
    }
    if replaces, keeps { storage.replacedPuts += 1 }
    storage.footprint += keeps || !replaces ? bytes + putOverhead : growth
    return growth
  }

  private static func update(
    _ slot: inout Slot, _ body: (inout Slot) -> (Int, Bool)
  ) -> (Int, Bool) {
    body(&slot)
  }

  private static func dropHistory(_ storage: Storage) {
    for key in storage.slots.keys where storage.slots[key]?.replaced.isEmpty == false {
      storage.slots[key]?.replaced = []
      storage.slots[key]?.lostHistory = true
    }
    storage.holdsHistory = false
    storage.footprint = 512 + storage.account.usedBytes + storage.slots.count * putOverhead
  }
}

// MARK: - Reading

extension TokenSnapshot {
  /// An attempt of a node; nil: never started.
  package func attempt(_ number: Int, of node: String) -> Attempt? {
    guard let index = attemptIndex(number, of: node) else { return nil }
    return storage.attempts[node]?[index]
  }

  /// The newest attempt of a node; nil: never started.
  package func newestAttempt(of node: String) -> Attempt? { storage.attempts[node]?.last }

  /// The status of an attempt now; attempt 0, of the trigger, is COMPLETED.
  package func attemptStatus(_ number: Int, of node: String) -> AttemptStatus {
    guard number > 0, let list = storage.attempts[node] else { return .completed }
    if let last = list.last, last.number == number { return last.status }
    return attempt(number, of: node)?.status ?? .completed
  }

  /// Whether a workflow-level put is of the trigger or of the initialize hook (T10, T12).
  package func isOfStart(_ put: TokenPut) -> Bool {
    put.attempt == 0 || attempt(put.attempt, of: put.node)?.hook == .initialize
  }

  /// Where a put stands among those of its key; it rises in the order of T12.
  package func place(of put: TokenPut, _ graph: TokenGraph) -> Int64 {
    if let rank = graph.rank(put.node) { return Int64(rank) }
    guard put.node == graph.workflow else { return .max - 2 }
    return isOfStart(put) ? -1 : .max - 1
  }

  /// The entry of a key and node in the run's view, whatever the node's status.
  package func present(_ key: TokenKey, node: String) -> TokenPut? {
    guard let slot = slots[key] else { return nil }
    let place = slot.place(of: node)
    return place.found ? slot.entries[place.index] : nil
  }

  /// The newest put of each node under a key, whatever the nodes' statuses.
  package func present(_ key: TokenKey) -> [TokenPut] { slots[key]?.entries ?? [] }

  /// The entry of a key in the run's view where one node alone has put it and all nodes show:
  /// neither the graph nor the history decides then; nil: a view must be asked.
  package func soleEntry(_ key: TokenKey) -> TokenEntry? {
    guard withheld.isEmpty, let slot = slots[key], slot.entries.count == 1 else { return nil }
    let put = slot.entries[0]
    return TokenEntry(put: put, attemptStatus: attemptStatus(put.attempt, of: put.node))
  }

  /// Whether a put is an entry of the run's view (history: `current`).
  package func isCurrent(_ put: TokenPut) -> Bool {
    present(TokenKey(put.scope, put.key), node: put.node)?.seq == put.seq
      && !withheld.contains(put.node)
  }

  private func attemptIndex(_ number: Int, of node: String) -> Int? {
    guard let list = storage.attempts[node] else { return nil }
    if number >= 1, number <= list.count, list[number - 1].number == number { return number - 1 }
    return list.firstIndex { $0.number == number }
  }
}
