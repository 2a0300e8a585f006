internal import DequeModule
internal import Synchronization

/// One writer with group commit (architecture, mechanism 2).
///
/// A batch is whatever waits when the writer is free; there is no timer. Completions run on a
/// thread of their own, in commit order, while the writer is busy with the next batch.
final class CommitQueue<Effects: Sendable>: Sendable {
  /// Bounds of a queue.
  struct Limits: Sendable {
    /// Units of one transaction.
    var batch = 1024
    /// Units queued and not completed.
    var outstanding = 65_536
    /// Seconds between the attempts to find room while there is none.
    var probing = 1.0
  }

  private enum Mode {
    case open
    case closing
    case failed(StoreError)
  }

  /// What a submission leaves to be done outside the lock.
  private enum Wake {
    case writer
    case completer
    case nobody
    case refused(StoreError)
  }

  /// A batch whose completions are due.
  private struct Completed: Sendable {
    var effects: Effects?
    var finished: [(CommitUnit.Finish, (any Error)?)]
    var failed: [(CommitUnit, any Error)]
    var isLast = false
  }

  private struct State {
    var mode = Mode.open
    var waiting = Deque<CommitUnit>()
    var completed = Deque<Completed>()
    var writerSleeps = false
    var completerSleeps = false
    var counters = CommitCounters()
    var health = StoreHealth.serving
    var closers: [CheckedContinuation<Void, Never>] = []
    var isClosed = false
  }

  private let state = Mutex(State())
  private let writerSignal = Signal()
  private let completerSignal = Signal()
  private let limits: Limits
  private let settle: @Sendable (Effects) -> Void
  private let announce: @Sendable (Effects) -> Void
  private let failed: @Sendable (StoreError) -> Void

  /// - Parameters:
  ///   - limits: Bounds.
  ///   - settle: Makes a durable batch visible; before its completions.
  ///   - announce: Wakes watchers; after its completions.
  ///   - failed: Told once when the queue stops for good (reliability R4).
  init(
    limits: Limits = Limits(), settle: @escaping @Sendable (Effects) -> Void,
    announce: @escaping @Sendable (Effects) -> Void,
    failed: @escaping @Sendable (StoreError) -> Void
  ) {
    self.limits = limits
    self.settle = settle
    self.announce = announce
    self.failed = failed
  }

  /// What the queue has done, and its depth now.
  var counters: CommitCounters { state.withLock { $0.counters } }

  /// Whether the last batch could be committed.
  var health: StoreHealth { state.withLock { $0.health } }

  /// Queues a unit; refused ones are completed on the completion thread as well.
  func submit(_ unit: CommitUnit) {
    let wake: Wake = state.withLock { state in
      let refusal: StoreError
      switch state.mode {
      case .failed(let error): refusal = error
      case .closing: refusal = .closed
      case .open:
        if state.counters.depth < limits.outstanding {
          state.counters.depth += 1
          state.waiting.append(unit)
          guard state.writerSleeps else { return .nobody }
          state.writerSleeps = false
          return .writer
        }
        refusal = .overloaded
      }
      if state.isClosed { return .refused(refusal) }
      state.counters.depth += 1
      state.completed.append(Completed(effects: nil, finished: [], failed: [(unit, refusal)]))
      guard state.completerSleeps else { return .nobody }
      state.completerSleeps = false
      return .completer
    }
    switch wake {
    case .writer: writerSignal.raise()
    case .completer: completerSignal.raise()
    case .nobody: break
    case .refused(let error): unit.fail(error)
    }
  }

  /// Lets what is queued complete, then ends both threads.
  func close() async {
    await withCheckedContinuation { continuation in
      let isClosed = state.withLock { state in
        if case .open = state.mode { state.mode = .closing }
        state.writerSleeps = false
        if !state.isClosed { state.closers.append(continuation) }
        return state.isClosed
      }
      if isClosed { continuation.resume() } else { writerSignal.raise() }
    }
  }
}

// MARK: - The writer

extension CommitQueue {
  /// Serves a backend on the calling thread until the queue closes.
  func serve<Backend: CommitBackend>(_ backend: Backend) where Backend.Effects == Effects {
    while let units = take(backend) { deliver(perform(units, backend)) }
    deliver(Completed(effects: nil, finished: [], failed: [], isLast: true))
  }

  /// Performs what waits and completes it, all on the calling thread; for tests without threads.
  ///
  /// - Returns: Whether anything was done.
  func serveOnce<Backend: CommitBackend>(_ backend: Backend) -> Bool
  where Backend.Effects == Effects {
    let (units, refused) = state.withLock { state in
      let units = Array(state.waiting.prefix(limits.batch))
      state.waiting.removeFirst(units.count)
      defer { state.completed.removeAll() }
      return (units, Array(state.completed))
    }
    for completed in refused { finish(completed) }
    if !units.isEmpty { finish(perform(units, backend)) }
    return !units.isEmpty || !refused.isEmpty
  }

  /// Ends a queue whose writer could not begin: what is queued fails, and so does what comes.
  func abandon(_ error: StoreError) {
    stop(error)
    deliver(Completed(effects: nil, finished: [], failed: [], isLast: true))
  }

  /// Ends a queue that no thread serves.
  func closeUnserved() {
    state.withLock { state in
      state.mode = .closing
      state.isClosed = true
    }
  }

  /// The next batch; sleeps while there is none; nil: the queue is closed.
  ///
  /// While there is no room it tries from time to time whether there is again, so that the store
  /// is known to serve before somebody's change depends on it (R4).
  private func take<Backend: CommitBackend>(_ backend: Backend) -> [CommitUnit]? {
    while true {
      let (units, isClosing): ([CommitUnit], Bool) = state.withLock { state in
        if state.waiting.isEmpty {
          if case .open = state.mode {
            state.writerSleeps = true
            return ([], false)
          }
          return ([], true)
        }
        let count = min(state.waiting.count, limits.batch)
        let units = Array(state.waiting.prefix(count))
        state.waiting.removeFirst(count)
        return (units, false)
      }
      if !units.isEmpty { return units }
      if isClosing { return nil }
      if health == .serving {
        writerSignal.wait()
      } else {
        writerSignal.wait(atMost: limits.probing)
        probe(backend)
      }
    }
  }

  private func probe<Backend: CommitBackend>(_ backend: Backend) {
    do throws(StoreError) {
      try backend.probe()
      state.withLock { $0.health = .serving }
    } catch {
      note(error)
    }
  }

  /// Keeps what a failure says of the store; one of the device or file stops it for good.
  private func note(_ error: StoreError) {
    if let health = StoreHealth(error) { state.withLock { $0.health = health } }
    if case .failed = error { stop(error) }
  }

  private func perform<Backend: CommitBackend>(
    _ units: [CommitUnit], _ backend: Backend
  ) -> Completed where Backend.Effects == Effects {
    let clock = ContinuousClock()
    let begun = clock.now
    var restarted = false
    var commitBegun = begun
    do throws(StoreError) {
      var outcomes = try run(units, backend, guarded: false)
      if outcomes == nil {
        restarted = true
        outcomes = try run(units, backend, guarded: true)
      }
      commitBegun = clock.now
      let effects = try backend.commit()
      let ended = clock.now
      let waited = CommitUnit.waits(units, until: begun)
      state.withLock { state in
        state.counters.batches += 1
        state.counters.units += units.count
        state.counters.largestBatch = max(state.counters.largestBatch, units.count)
        state.counters.restarts += restarted ? 1 : 0
        state.counters.busyTime += ended - begun
        state.counters.commitTime += ended - commitBegun
        state.counters.longestCommit = max(state.counters.longestCommit, ended - commitBegun)
        state.counters.waitingTime += waited.sum
        state.counters.longestWait = max(state.counters.longestWait, waited.longest)
        state.health = .serving
      }
      return Completed(effects: effects, finished: outcomes ?? [], failed: [])
    } catch {
      backend.rollback()
      state.withLock { $0.counters.failures += 1 }
      note(error)
      return Completed(effects: nil, finished: [], failed: units.map { ($0, error) })
    }
  }

  /// Performs the units in one transaction; nil: it was rolled back and must start again.
  private func run<Backend: CommitBackend>(
    _ units: [CommitUnit], _ backend: Backend, guarded: Bool
  ) throws(StoreError) -> [(CommitUnit.Finish, (any Error)?)]? {
    var outcomes: [(CommitUnit.Finish, (any Error)?)] = []
    outcomes.reserveCapacity(units.count)
    try backend.begin()
    for unit in units {
      try backend.beginUnit(guarded: guarded)
      var failure: (any Error)?
      do {
        outcomes.append((try unit.apply(backend.writer), nil))
      } catch {
        failure = error
        outcomes.append(({ [fail = unit.fail] in fail($0 ?? error) }, error))
      }
      if let trouble = backend.trouble ?? Self.trouble(failure) { throw trouble }
      guard try backend.endUnit(guarded: guarded, failed: failure != nil) else {
        backend.rollback()
        return nil
      }
    }
    return outcomes
  }

  /// The failure of a unit that concerns more than the unit: the store's device or file.
  private static func trouble(_ failure: (any Error)?) -> StoreError? {
    switch failure as? StoreError {
    case .failed, .diskFull, .readOnly: failure as? StoreError
    case .damaged(let message): .failed("damaged database: \(message)")
    case .connectionFailed(let message): .failed(message)
    case nil, .statusChanged, .closed, .overloaded, .newerSchema, .unreadable: nil
    }
  }

  /// Stops for good: what waits fails, and so does what comes.
  private func stop(_ error: StoreError) {
    let waiting = state.withLock { state in
      state.mode = .failed(error)
      defer { state.waiting.removeAll() }
      return state.waiting.map { ($0, error as any Error) }
    }
    deliver(Completed(effects: nil, finished: [], failed: waiting))
    failed(error)
  }
}

// MARK: - Completions

extension CommitQueue {
  /// Runs completions on the calling thread until the queue closes.
  func complete() {
    var isLast = false
    while !isLast {
      let batch: Deque<Completed> = state.withLock { state in
        state.completerSleeps = state.completed.isEmpty
        defer { state.completed = [] }
        return state.completed
      }
      if batch.isEmpty { completerSignal.wait() }
      for completed in batch {
        finish(completed)
        isLast = isLast || completed.isLast
      }
    }
    let (closers, late) = state.withLock { state in
      state.isClosed = true
      defer { (state.closers, state.completed) = ([], []) }
      return (state.closers, state.completed)
    }
    for completed in late { finish(completed) }
    for closer in closers { closer.resume() }
  }

  private func deliver(_ completed: Completed) {
    let wakes = state.withLock { state in
      state.completed.append(completed)
      defer { state.completerSleeps = false }
      return state.completerSleeps
    }
    if wakes { completerSignal.raise() }
  }

  private func finish(_ completed: Completed) {
    if let effects = completed.effects { settle(effects) }
    let count = completed.finished.count + completed.failed.count
    if count > 0 { state.withLock { $0.counters.depth -= count } }
    for (finish, error) in completed.finished { finish(error) }
    for (unit, error) in completed.failed { unit.fail(error) }
    if let effects = completed.effects { announce(effects) }
  }
}
