internal import BatonCore
internal import Glibc
internal import Logging
internal import Synchronization

extension LocalExecutor {
  /// Why an attempt is looked at.
  enum Occasion {
    /// Its shim ended, or another process that stood for it.
    case ended(ShimEnd)
    /// What it needs could not be had, for this error number.
    case refused(Int32)
    /// The time has come to try again.
    case retry
  }

  /// How often a server, a launch or a sweep may fail before it is given up.
  private static let patience = 3
  /// How often a launch is repeated for want of descriptors, memory or processes.
  private static let launchPatience = 8
  private static let firstPause: Duration = .milliseconds(50)
  private static let longestPause: Duration = .seconds(5)

  /// Finds out what became of an attempt whose shim is not there any more, or cannot be watched.
  ///
  /// What cannot be found out now says nothing: the attempt stays owed and is looked at later.
  func lookUp(_ attempt: Watched, id: UInt64, after occasion: Occasion) {
    if case .waiting(let spec) = attempt.kind { return begin(spec, attempt, id: id) }
    do throws(ExecError) {
      if case (.launched, .ended(.done)) = (attempt.kind, occasion),
        let outcome = try OutcomeFile.read(directory: attempt.directory.path)
      {
        // Its own shim says so, whatever the program has made of the claim.
        return deliver(outcome, of: attempt, id: id)
      }
      switch try attempt.directory.standing() {
      case .ended where attempt.wasKilled(occasion),
        .claimedByEngine where attempt.wasKilled(occasion):
        // A program that ends its shim can write what it likes: nothing is believed before it is
        // known that no process of it is left.
        try sweep(attempt, id: id, after: occasion)
      case .ended(let outcome): deliver(outcome, of: attempt, id: id)
      case .running(let shim): try watchOn(shim, attempt, id: id, after: occasion)
      case .lost: try sweep(attempt, id: id, after: occasion)
      case .claimedByEngine: deliver(notStarted(after: occasion), of: attempt, id: id)
      case .unclaimed: try unclaimed(attempt, id: id, after: occasion)
      }
    } catch {
      logger.error("attempt \(attempt.key) is tried again: \(error)")
      retryLater(attempt, id: id)
    }
  }

  /// Launches an attempt that has waited for its directory.
  private func begin(_ spec: LaunchSpec, _ waiting: Watched, id: UInt64) {
    do throws(ExecError) {
      try prepare(spec, in: waiting.directory)
      var attempt = waiting
      attempt.kind = .launched
      attempt.failures = 0
      // From here on a kill is told to the shim.
      let isWanted = state.withLock { state in
        guard !state.unwanted.contains(id) else { return false }
        state.watched[id] = attempt
        return true
      }
      guard isWanted else { return deliver(neverLaunched(), of: waiting, id: id) }
      try request(attempt.request, id: id)
      logger.notice("attempt \(spec.key) is launched; its directory can be written again")
    } catch {
      if state.withLock({ $0.unwanted.contains(id) }) {
        return deliver(neverLaunched(), of: waiting, id: id)
      }
      guard error.code == .storage else {
        return deliver(
          ProcessOutcome(exit: .notStarted(message: error.message), endedAt: now()), of: waiting,
          id: id)
      }
      retryLater(waiting, id: id)
    }
  }

  private func neverLaunched() -> ProcessOutcome {
    ProcessOutcome(
      exit: .notStarted(message: "it was ended before its directory could be written"),
      endedAt: now())
  }

  private func watchOn(
    _ shim: ProcessIdentity, _ attempt: Watched, id: UInt64, after occasion: Occasion
  ) throws(ExecError) {
    var attempt = attempt
    attempt.kind = .attached(shim)
    if case .refused(let number) = occasion {
      logger.error("cannot watch \(attempt.key) now: \(Files.message(number))")
      return retryLater(attempt, id: id)
    }
    try ask(attempt, id: id)
    try repeatKill(of: attempt)
  }

  private func unclaimed(
    _ attempt: Watched, id: UInt64, after occasion: Occasion
  ) throws(ExecError) {
    if case .launched = attempt.kind, attempt.failures < Self.launchPatience,
      !KillFile.isThere(directory: attempt.directory.path)
    {
      switch occasion {
      case .retry: return try ask(attempt, id: id)
      case .refused(let number) where Self.isShortage(number):
        return retryLater(attempt, id: id)
      case .refused, .ended: break
      }
    }
    // A shim that could not begin leaves what it was to begin with.
    let isRemoved = !Files.exists(attempt.directory.path + "/launch")
    try Files.makeDirectory(attempt.directory.path)
    guard try ClaimFile.take(directory: attempt.directory.path) else {
      // A shim's, that was forked by an earlier server.
      return retryLater(attempt, id: id)
    }
    switch attempt.kind {
    case .launched where isRemoved:
      // Somebody has taken its directory away; it may have run.
      deliver(ProcessOutcome(exit: .lost, endedAt: now()), of: attempt, id: id)
    case .waiting, .launched, .found: deliver(notStarted(after: occasion), of: attempt, id: id)
    case .attached, .swept:
      // It had a claim before, and somebody took that away.
      deliver(ProcessOutcome(exit: .lost, endedAt: now()), of: attempt, id: id)
    }
  }

  private static func isShortage(_ number: Int32) -> Bool {
    [EMFILE, ENFILE, EAGAIN, ENOMEM, ENOBUFS].contains(number)
  }

  private func sweep(
    _ attempt: Watched, id: UInt64, after occasion: Occasion
  ) throws(ExecError) {
    var attempt = attempt
    switch (attempt.kind, occasion) {
    case (_, .refused(let number)) where Self.isShortage(number):
      return retryLater(attempt, id: id)
    case (.swept, .retry):
      return try ask(attempt, id: id)
    case (.swept(let times), _) where times >= Self.patience:
      logger.error("attempt \(attempt.key): its clean-up failed \(times) times")
      return deliver(ProcessOutcome(exit: .lost, endedAt: now()), of: attempt, id: id)
    case (.swept(let times), _):
      attempt.kind = .swept(times: times + 1)
      retryLater(attempt, id: id)
    default:
      attempt.kind = .swept(times: 1)
      try ask(attempt, id: id)
    }
  }

  /// Asks the server for what the attempt needs now.
  private func ask(_ attempt: Watched, id: UInt64) throws(ExecError) {
    state.withLock { $0.watched[id] = attempt }
    try request(attempt.request, id: id)
  }

  /// Tells the shim of a kill request again: a server that went away may not have done so.
  private func repeatKill(of attempt: Watched) throws(ExecError) {
    let path = attempt.directory.path
    if KillFile.isThere(directory: path) { try tellOfKill(attempt.key, in: attempt.directory) }
  }

  /// Has the shim look at its kill request.
  ///
  /// It is known by its watch, so that a program cannot hide it by writing over the claim. Before
  /// the claim there may be nobody to tell: a shim looks for a request after claiming, and a sweep
  /// again and again.
  func tellOfKill(_ key: AttemptKey, in directory: AttemptDirectory) throws(ExecError) {
    let id = state.withLock { $0.ids[key] }
    let shim = try ClaimFile(directory: directory.path)?.shim
    guard id != nil || shim != nil else { return }
    try request(.kill(shim), id: id ?? 0)
  }

  /// Has the thread look at an attempt again after a pause that grows.
  func retryLater(_ attempt: Watched, id: UInt64) {
    var attempt = attempt
    let pause = min(Self.firstPause * (1 << min(attempt.failures, 10)), Self.longestPause)
    attempt.failures += 1
    state.withLock { state in
      guard state.watched[id] != nil else { return }
      state.watched[id] = attempt
      state.retries[id] = .now + (state.unwanted.contains(id) ? .zero : pause)
    }
  }

  /// Looks at the attempts whose time has come.
  func retryDue() {
    let now = ContinuousClock.now
    let due = state.withLock { state in
      let ids = state.retries.filter { $0.value <= now }.keys
      return ids.compactMap { id in
        state.retries[id] = nil
        return state.watched[id].map { (id, $0) }
      }
    }
    for (id, attempt) in due { lookUp(attempt, id: id, after: .retry) }
  }

  private func deliver(_ outcome: ProcessOutcome, of attempt: Watched, id: UInt64) {
    forget(id)
    onOutcome(attempt.key, outcome)
  }

  func forget(_ id: UInt64) {
    state.withLock { state in
      state.retries[id] = nil
      state.unwanted.remove(id)
      guard let attempt = state.watched.removeValue(forKey: id) else { return }
      state.ids[attempt.key] = nil
    }
  }

  private func notStarted(after occasion: Occasion) -> ProcessOutcome {
    let message =
      switch occasion {
      case .ended: "its shim ended before it had begun"
      case .refused(let number): Files.message(number)
      case .retry: "no shim could be started for it"
      }
    return ProcessOutcome(exit: .notStarted(message: message), endedAt: now())
  }

  func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// The server went away: starts another and repeats what is owed, kill requests too.
  ///
  /// The claims keep an attempt from being started twice.
  func serverLost(_ server: ShimServer) {
    let (failures, owed, signals) = state.withLock { state in
      // First of all nobody may send to it any more: its descriptor soon means something else.
      state.server = nil
      state.outbox = []
      state.serverFailures += 1
      let owed = state.watched.filter { state.retries[$0.key] == nil }
      return (state.serverFailures, owed, Array(state.signals.values))
    }
    server.stop()
    logger.warning("the server of the shims is gone; \(owed.count) attempts are looked up again")
    for signal in signals { signal.fire() }
    for (id, attempt) in owed {
      do throws(ExecError) {
        guard failures <= Self.patience else {
          throw ExecError(.shimUnavailable, "\(configuration.shim) does not work")
        }
        try request(attempt.request, id: id)
      } catch {
        lookUp(attempt, id: id, after: .refused(error.errno == 0 ? EPIPE : error.errno))
        continue
      }
      // A kill that cannot be told now is told when the attempt is looked up.
      do throws(ExecError) { try repeatKill(of: attempt) } catch { retryLater(attempt, id: id) }
    }
  }
}

extension LocalExecutor.Watched {
  /// Whether the shim that was forked for it was ended by a signal.
  fileprivate func wasKilled(_ occasion: LocalExecutor.Occasion) -> Bool {
    if case (.launched, .ended(.killed)) = (kind, occasion) { true } else { false }
  }
}
