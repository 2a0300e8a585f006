internal import BatonCore
internal import BatonStore

/// The token as one attempt sees it at its start or end, before that is stored.
struct NodeTokenReader {
  /// The newest committed put that was looked at.
  let seq: UInt64
  private let view: TokenView?

  /// For templates that read no token.
  static let none = NodeTokenReader(seq: 0, view: nil)

  private init(seq: UInt64, view: TokenView?) {
    self.seq = seq
    self.view = view
  }

  /// What an attempt sees at its start: all that is committed now, and its own start (T10).
  ///
  /// - Parameters:
  ///   - id: The attempt that is to start, of a node or a hook.
  ///   - hook: Which hook; nil: it is of a node.
  ///   - machine: The run, without the start.
  ///   - host: The host that `baton.host` will name; nil where no process runs.
  ///   - now: The time of the start.
  ///   - store: Where committed tokens are read.
  ///   - entries: What it puts, where it ends with its start.
  /// - Throws: what the store throws.
  init(
    startOf id: AttemptID, hook: HookKind?, _ machine: RunMachine, host: String?, now: Timestamp,
    _ store: any Store, with entries: [TokenPutBatch.Entry] = []
  ) throws {
    // Every put that decides is the newest of its node, so no history is needed.
    var snapshot = try Self.snapshot(machine, store, history: false)
    seq = snapshot.account.lastSeq
    guard id.item == nil else {
      view = try TokenView(snapshot, machine.plan.tokenGraph, at: TokenViewpoint(of: id))
      return
    }
    snapshot.apply(
      node: id.node,
      TokenSnapshot.Attempt(
        number: id.attempt, status: .running, viewSeq: seq, withheld: snapshot.withheld,
        hook: hook))
    Self.apply(
      RunMachine.startEntries(of: id, host: host, now: now) + entries, of: id, to: &snapshot,
      now: now)
    view = try TokenView(snapshot, machine.plan.tokenGraph, at: TokenViewpoint(of: id))
  }

  /// What a running attempt sees at its end (G30), with entries that are recorded just before.
  ///
  /// - Throws: what the store throws.
  init(
    endOf id: AttemptID, with entries: [TokenPutBatch.Entry], _ machine: RunMachine,
    now: Timestamp, _ store: any Store
  ) throws {
    var snapshot = try Self.snapshot(machine, store, history: true)
    seq = snapshot.account.lastSeq
    Self.apply(entries, of: id, to: &snapshot, now: now)
    view = try TokenView(snapshot, machine.plan.tokenGraph, at: TokenViewpoint(of: id))
  }

  /// The value of `get(key)`, or of `get(key, node)`; nil when it is absent.
  func value(_ scope: TokenScope, key: String, node: String?) -> String? {
    guard let view else { return nil }
    // What the views above need is in their snapshots, so no read can miss history.
    if let node { return try? view.get(key, node: node, scope: scope)?.put.value }
    return try? view.get(key, scope: scope)?.put.value
  }

  private static func snapshot(
    _ machine: RunMachine, _ store: any Store, history: Bool
  ) throws -> TokenSnapshot {
    guard let snapshot = try store.token(of: machine.header.id, history: history) else {
      throw StoreError.unreadable("run \(machine.header.id) has no token")
    }
    return snapshot
  }

  private static func apply(
    _ entries: [TokenPutBatch.Entry], of id: AttemptID, to snapshot: inout TokenSnapshot,
    now: Timestamp
  ) {
    for entry in TokenPutBatch(source: id, entries: entries).entries {
      snapshot.apply(
        TokenPut(
          seq: snapshot.account.lastSeq + 1, scope: entry.scope, key: entry.key, node: id.node,
          attempt: id.attempt, value: entry.value, time: now))
    }
  }
}

extension TokenViewpoint {
  /// From where an attempt sees the token (T10, RE109).
  init(of id: AttemptID) {
    if let item = id.item {
      self = .item(node: id.node, attempt: id.attempt, index: item.index)
    } else {
      self = .attempt(node: id.node, attempt: id.attempt)
    }
  }
}
