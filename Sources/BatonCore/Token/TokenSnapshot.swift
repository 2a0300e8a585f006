internal import HashTreeCollections

/// The committed token of one run: an immutable value that shares its parts with later ones.
///
/// A copy costs a few references; a put after it copies only the path to what it changes.
package struct TokenSnapshot: Sendable {
  /// The run to which the token belongs.
  package let run: Run
  /// The run's status.
  package private(set) var status: RunStatus
  /// The counters after the newest put.
  package private(set) var account: TokenAccount
  /// Whether replaced puts are here as well; otherwise reads that need one throw.
  package private(set) var holdsHistory: Bool
  /// Nodes whose entries do not show now: skipped by the graph although they had attempts (T17).
  package var withheld: [String]
  /// About how many bytes of memory the token takes.
  package private(set) var footprint: Int

  private(set) var slots: TreeDictionary<TokenKey, Slot>
  private var attempts: TreeDictionary<String, [Attempt]>
  private var replacedPuts: Int
  private let keepsHistory: Bool

  /// The facts of a run that a reader of its token needs.
  package final class Run: Sendable {
    package let id: RunID
    package let workflow: WorkflowID
    package let version: Int
    package let externalID: String?

    package init(_ header: RunHeader) {
      id = header.id
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

    package init(number: Int, status: AttemptStatus, viewSeq: UInt64, withheld: [String] = []) {
      self.number = number
      self.status = status
      self.viewSeq = viewSeq
      self.withheld = withheld
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
        if TokenBytes.precedes(entries[middle].node, node) { low = middle + 1 } else { high = middle }
      }
      return (low, low < entries.count && entries[low].node == node)
    }
  }

  /// The empty token of a run.
  ///
  /// - Parameter keepsHistory: Whether replaced puts are kept however many there are; otherwise
  ///   they are let go when they become many.
  package init(run: Run, status: RunStatus, keepsHistory: Bool = false) {
    self.run = run
    self.status = status
    self.keepsHistory = keepsHistory
    account = TokenAccount()
    holdsHistory = true
    withheld = []
    slots = [:]
    attempts = [:]
    replacedPuts = 0
    footprint = 512
  }

  /// Replaced puts beyond which a token that need not keep its history lets it go.
  private static let maximumReplacedPuts = 512
  /// What a put takes in memory beside its texts, in bytes.
  private static let putOverhead = 160
}

extension TokenSnapshot {
  /// Applies a put; one that is contained already changes nothing.
  package mutating func apply(_ put: TokenPut) {
    guard put.seq > account.lastSeq else { return }
    let bytes = put.key.utf8.count + put.value.utf8.count
    account.lastSeq = put.seq
    account.lastTime = put.time
    account.historyBytes += bytes
    account.usedBytes += store(put, bytes: bytes)
    if replacedPuts > Self.maximumReplacedPuts, holdsHistory, !keepsHistory { dropHistory() }
  }

  /// Loads the entries of the run's view instead of all puts.
  ///
  /// - Parameters:
  ///   - entries: The entries, in any order.
  ///   - account: The counters of the token.
  package mutating func load(entries: [TokenPut], account: TokenAccount) {
    for entry in entries {
      let bytes = entry.key.utf8.count + entry.value.utf8.count
      _ = store(entry, bytes: bytes)
      slots[TokenKey(entry.scope, entry.key), default: Slot()].lostHistory = true
    }
    self.account = account
    holdsHistory = entries.isEmpty && account.lastSeq == 0
  }

  /// Records a start, or the present status of an attempt.
  package mutating func apply(node: String, _ attempt: Attempt) {
    let count = attempts[node]?.count ?? 0
    if count == 0 { footprint += Self.putOverhead }
    let index = attemptIndex(attempt.number, of: node)
    let update: (inout [Attempt]) -> Void = { list in
      if let index {
        list[index].status = attempt.status
      } else {
        list.append(attempt)
      }
    }
    update(&attempts[node, default: []])
  }

  /// Records the run's status.
  package mutating func apply(status: RunStatus) { self.status = status }

  /// Records whether a node's entries show (T17).
  package mutating func setWithheld(_ node: String, _ isWithheld: Bool) {
    let index = withheld.firstIndex(of: node)
    if isWithheld, index == nil { withheld.append(node) }
    if !isWithheld, let index { withheld.remove(at: index) }
  }

  /// An attempt of a node; nil: never started.
  package func attempt(_ number: Int, of node: String) -> Attempt? {
    guard let index = attemptIndex(number, of: node) else { return nil }
    return attempts[node]?[index]
  }

  /// The newest attempt of a node; nil: never started.
  package func newestAttempt(of node: String) -> Attempt? { attempts[node]?.last }

  /// The status of an attempt now; attempt 0, of the trigger, is COMPLETED.
  package func attemptStatus(_ number: Int, of node: String) -> AttemptStatus {
    number == 0 ? .completed : attempt(number, of: node)?.status ?? .completed
  }

  /// The entry of a key and node in the run's view, whatever the node's status.
  package func present(_ key: TokenKey, node: String) -> TokenPut? {
    guard let slot = slots[key] else { return nil }
    let place = slot.place(of: node)
    return place.found ? slot.entries[place.index] : nil
  }

  /// Whether a put is an entry of the run's view (history: `current`).
  package func isCurrent(_ put: TokenPut) -> Bool {
    present(TokenKey(put.scope, put.key), node: put.node)?.seq == put.seq
      && !withheld.contains(put.node)
  }

  private func attemptIndex(_ number: Int, of node: String) -> Int? {
    guard let list = attempts[node] else { return nil }
    if number >= 1, number <= list.count, list[number - 1].number == number { return number - 1 }
    return list.firstIndex { $0.number == number }
  }

  /// Files a put under its key; returns by how many bytes the view grew.
  private mutating func store(_ put: TokenPut, bytes: Int) -> Int {
    var growth = 0
    let keeps = holdsHistory
    let replaced = Self.update(&slots[TokenKey(put.scope, put.key), default: Slot()]) { slot in
      let place = slot.place(of: put.node)
      guard place.found else {
        slot.entries.insert(put, at: place.index)
        growth = bytes
        return false
      }
      let old = slot.entries[place.index]
      let loser: TokenPut
      if old.attempt > put.attempt {
        loser = put
      } else {
        slot.entries[place.index] = put
        growth = bytes - old.key.utf8.count - old.value.utf8.count
        loser = old
      }
      if keeps { slot.replaced.append(loser) } else { slot.lostHistory = true }
      return true
    }
    if replaced, keeps { replacedPuts += 1 }
    footprint += keeps || !replaced ? bytes + Self.putOverhead : growth
    return growth
  }

  private static func update(_ slot: inout Slot, _ body: (inout Slot) -> Bool) -> Bool {
    body(&slot)
  }

  private mutating func dropHistory() {
    for key in slots.keys where slots[key]?.replaced.isEmpty == false {
      slots[key]?.replaced = []
      slots[key]?.lostHistory = true
    }
    holdsHistory = false
    footprint = 512 + account.usedBytes + slots.count * Self.putOverhead
  }
}
