package import BatonCore
internal import Synchronization

/// Committed tokens of runs in use, bounded by bytes.
///
/// Valid only while this process alone writes the database. Tokens are updated where they are
/// after each durable batch; those read longest ago are let go (second chance).
package final class TokenCache: Sendable {
  private struct Slot {
    var run: RunID
    var snapshot: TokenSnapshot
    /// Whether it was read since the hand passed.
    var isUsed: Bool
  }

  /// Changes that arrive while a token is being read from the tables.
  private struct Loading {
    var readers = 0
    var changes: [TokenChange] = []
    var isSpoilt = false
  }

  private struct Shard {
    var places: [RunID: Int] = [:]
    var slots: [Slot] = []
    var hand = 0
    var bytes = 0
    var loading: [RunID: Loading] = [:]
  }

  /// A class, so that the shards can be an array.
  private final class Guarded: Sendable {
    let shard = Mutex(Shard())
  }

  private let shards: [Guarded]
  private let shardBytes: Int
  private static let maximumPendingChanges = 4096

  /// - Parameters:
  ///   - bytes: About how much memory the tokens take at most.
  ///   - shards: Independent parts; a power of two. A token larger than a part is not kept.
  package init(bytes: Int, shards: Int = 8) {
    precondition(shards > 0 && shards & (shards - 1) == 0, "shards: a power of two")
    self.shards = (0..<shards).map { _ in Guarded() }
    shardBytes = bytes / shards
  }

  /// About how many bytes a token may take to be kept.
  var largestToken: Int { shardBytes }

  private func guarded(_ run: RunID) -> Guarded {
    shards[Int(truncatingIfNeeded: run.low) & (shards.count - 1)]
  }

  /// The token of a run, from memory or else by `load`; nil: there is no such run.
  package func token(
    of run: RunID, load: () throws -> TokenSnapshot?
  ) throws -> TokenSnapshot? {
    if let cached = cachedOrLoading(run) { return cached }
    do {
      return keep(try load(), of: run)
    } catch {
      giveUpLoading(run)
      throw error
    }
  }

  /// The same, with a `load` that waits without holding a thread.
  package func token(
    of run: RunID, load: @Sendable () async throws -> TokenSnapshot?
  ) async throws -> TokenSnapshot? {
    if let cached = cachedOrLoading(run) { return cached }
    do {
      return keep(try await load(), of: run)
    } catch {
      giveUpLoading(run)
      throw error
    }
  }

  /// The token that is held; nil: the caller loads it, and says so when it has.
  private func cachedOrLoading(_ run: RunID) -> TokenSnapshot? {
    guarded(run).shard.withLock { shard in
      if let place = shard.places[run] {
        shard.slots[place].isUsed = true
        return shard.slots[place].snapshot
      }
      shard.loading[run, default: Loading()].readers += 1
      return nil
    }
  }

  private func giveUpLoading(_ run: RunID) {
    guarded(run).shard.withLock { _ = Self.endLoading(run, &$0) }
  }

  /// Brings a loaded token up to date and keeps it.
  private func keep(_ loaded: TokenSnapshot?, of run: RunID) -> TokenSnapshot? {
    guarded(run).shard.withLock { shard in
      let pending = Self.endLoading(run, &shard)
      if let place = shard.places[run] { return shard.slots[place].snapshot }
      guard var snapshot = loaded else { return nil }
      guard !pending.isSpoilt else { return snapshot }
      for change in pending.changes { change.apply(to: &snapshot) }
      insert(snapshot, &shard)
      return snapshot
    }
  }

  /// The token of a run that is held; nil: it is not.
  package func resident(_ run: RunID) -> TokenSnapshot? {
    guarded(run).shard.withLock { shard in
      guard let place = shard.places[run] else { return nil }
      shard.slots[place].isUsed = true
      return shard.slots[place].snapshot
    }
  }

  /// Applies what a durable batch did, in order.
  package func apply(_ changes: [TokenChange]) {
    var index = 0
    while index < changes.count {
      let run = changes[index].run
      guarded(run).shard.withLock { shard in
        while index < changes.count, changes[index].run == run {
          apply(changes[index], run, &shard)
          index += 1
        }
        trim(&shard)
      }
    }
  }

  /// How many tokens are held, and about how many bytes they take.
  var usage: (tokens: Int, bytes: Int) {
    var total = (tokens: 0, bytes: 0)
    for guarded in shards {
      guarded.shard.withLock {
        total.tokens += $0.slots.count
        total.bytes += $0.bytes
      }
    }
    return total
  }

  private func apply(_ change: TokenChange, _ run: RunID, _ shard: inout Shard) {
    switch change {
    case .created(let facts, let status):
      insert(TokenSnapshot(run: facts, status: status), &shard)
      return
    case .deleted:
      remove(run, &shard)
      shard.loading[run]?.isSpoilt = true
      return
    case .status, .put, .attempt, .withheld:
      break
    }
    if let place = shard.places[run] {
      shard.bytes -= shard.slots[place].snapshot.footprint
      change.apply(to: &shard.slots[place].snapshot)
      shard.bytes += shard.slots[place].snapshot.footprint
    }
    // Noted even so: the token may be let go before a slow reader brings an older one.
    if let loading = shard.loading[run] {
      if loading.changes.count < Self.maximumPendingChanges {
        shard.loading[run]?.changes.append(change)
      } else {
        shard.loading[run]?.isSpoilt = true
      }
    }
  }

  /// Ends one reader's loading; what changed meanwhile stays until the last reader has ended.
  private static func endLoading(_ run: RunID, _ shard: inout Shard) -> Loading {
    guard let loading = shard.loading[run] else { return Loading() }
    if loading.readers <= 1 {
      shard.loading[run] = nil
    } else {
      shard.loading[run]?.readers -= 1
    }
    return loading
  }

  private func insert(_ snapshot: TokenSnapshot, _ shard: inout Shard) {
    let run = snapshot.run.id
    guard shard.places[run] == nil, snapshot.footprint <= shardBytes else { return }
    shard.places[run] = shard.slots.count
    shard.slots.append(Slot(run: run, snapshot: snapshot, isUsed: true))
    shard.bytes += snapshot.footprint
    trim(&shard)
  }

  private func remove(_ run: RunID, _ shard: inout Shard) {
    guard let place = shard.places.removeValue(forKey: run) else { return }
    shard.bytes -= shard.slots[place].snapshot.footprint
    let last = shard.slots.count - 1
    if place != last {
      shard.slots.swapAt(place, last)
      shard.places[shard.slots[place].run] = place
    }
    shard.slots.removeLast()
  }

  /// Lets go of tokens until the shard fits; what was read since the hand passed gets a second
  /// chance.
  private func trim(_ shard: inout Shard) {
    while shard.bytes > shardBytes, !shard.slots.isEmpty {
      if shard.hand >= shard.slots.count { shard.hand = 0 }
      if shard.slots[shard.hand].isUsed {
        shard.slots[shard.hand].isUsed = false
        shard.hand += 1
      } else {
        remove(shard.slots[shard.hand].run, &shard)
      }
    }
  }
}
