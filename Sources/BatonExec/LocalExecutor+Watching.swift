internal import BatonCore
internal import Glibc
internal import Logging
internal import Synchronization

extension LocalExecutor {
  /// An attempt whose outcome is owed.
  struct Watched: Sendable {
    enum Kind: Sendable {
      /// This executor had a shim forked for it.
      case launched
      /// A shim that an earlier server forked.
      case attached(ProcessIdentity)
      /// Its shim was lost; its processes are being ended.
      case swept(times: Int)
    }

    let key: AttemptKey
    let directory: AttemptDirectory
    var kind: Kind

    var request: ShimServer.Request {
      switch kind {
      case .launched: .launch(path: directory.path)
      case .attached(let shim): .watch(shim)
      case .swept: .sweep(path: directory.path)
      }
    }
  }

  struct State {
    var server: ShimServer?
    /// Servers that went away in a row without ever telling anything.
    var serverFailures = 0
    var isStopping = false
    var nextID: UInt64 = 1
    var watched: [UInt64: Watched] = [:]
    var ids: [AttemptKey: UInt64] = [:]
    var signals: [UInt64: FollowSignal] = [:]
    /// Requests the socket had no room for, in order.
    var outbox: [[UInt8]] = []
  }

  /// How often a server or a sweep may fail before the attempts are given up.
  private static let patience = 3

  /// Owes an attempt's outcome from now on.
  func watch(_ attempt: Watched) throws(ExecError) {
    let id = state.withLock { state in
      let id = state.nextID
      state.nextID += 1
      state.watched[id] = attempt
      state.ids[attempt.key] = id
      return id
    }
    do throws(ExecError) {
      try request(attempt.request, id: id)
    } catch {
      forget(id)
      throw error
    }
  }

  func request(_ request: ShimServer.Request, id: UInt64) throws(ExecError) {
    let bytes = ShimServer.encode(request, id: id)
    let result: Result<Bool, ExecError> = state.withLock { state in
      do throws(ExecError) {
        return .success(try send(bytes, in: &state))
      } catch {
        return .failure(error)
      }
    }
    if try result.get() { wake() }
  }

  /// Sends or queues.
  ///
  /// - Returns: Whether the thread has to be told.
  private func send(_ bytes: [UInt8], in state: inout State) throws(ExecError) -> Bool {
    var isNew = false
    let server: ShimServer
    if let running = state.server {
      server = running
    } else {
      server = try ShimServer.start(
        shim: configuration.shim, cgroup: configuration.cgroupArgument)
      state.server = server
      isNew = true
    }
    // A broken socket is for the thread, which starts a new server and repeats what is owed.
    guard state.outbox.isEmpty, server.send(bytes) != .full else {
      state.outbox.append(bytes)
      return true
    }
    return isNew
  }

  /// The thread: takes what the server tells until the executor stops.
  func loop() {
    while true {
      let (server, wantsRoom, isStopping) = state.withLock {
        ($0.server, !$0.outbox.isEmpty, $0.isStopping)
      }
      if isStopping { break }
      guard waitForWork(socket: server?.socket, wantsRoom: wantsRoom), let server else { continue }
      if wantsRoom { flush(to: server) }
      take(from: server)
    }
    let (server, signals) = state.withLock { state in
      (state.server.take(), Array(state.signals.values))
    }
    server?.stop()
    for signal in signals { signal.fire() }
  }

  private func flush(to server: ShimServer) {
    state.withLock { state in
      var sent = 0
      while sent < state.outbox.count, server.send(state.outbox[sent]) == .sent { sent += 1 }
      state.outbox.removeFirst(sent)
    }
  }

  private func take(from server: ShimServer) {
    while true {
      switch server.receive() {
      case .nothing: return
      case .broken: return serverLost(server)
      case .event(let event): take(event)
      }
    }
  }

  private func take(_ event: ShimServer.Event) {
    let (signal, attempt) = state.withLock { state in
      state.serverFailures = 0
      let signal = state.signals[event.id]
      return (signal, state.watched[event.id])
    }
    signal?.take(event)
    guard let attempt else { return }
    let trouble = event.kind == .refused && event.errno != ESRCH ? event.errno : nil
    shimEnded(attempt, id: event.id, trouble: trouble)
  }

  /// Finds out what became of an attempt whose shim is not there any more.
  private func shimEnded(_ attempt: Watched, id: UInt64, trouble: Int32?) {
    do throws(ExecError) {
      if let outcome = attempt.directory.outcome { return deliver(outcome, of: attempt, id: id) }
      guard let claim = ClaimFile(directory: attempt.directory.path) else {
        _ = try ClaimFile.take(directory: attempt.directory.path)
        // Ours, or a shim's that was forked by an earlier server: look again.
        return shimEnded(attempt, id: id, trouble: trouble)
      }
      guard claim.isByShim else {
        let message = trouble.map { Files.message($0) } ?? "its shim ended before it had begun"
        return deliver(notStarted(message), of: attempt, id: id)
      }
      if let shim = claim.shim, shim.isAlive {
        if let trouble {
          logger.error("cannot watch \(attempt.key): \(Files.message(trouble))")
          return
        }
        return try repeatAs(.attached(shim), attempt, id: id)
      }
      if let outcome = attempt.directory.outcome ?? attempt.directory.adoptUnnamedOutcome() {
        return deliver(outcome, of: attempt, id: id)
      }
      try sweep(attempt, id: id)
    } catch {
      logger.error("attempt \(attempt.key): \(error)")
      deliver(notStarted(error.message), of: attempt, id: id)
    }
  }

  private func sweep(_ attempt: Watched, id: UInt64) throws(ExecError) {
    var times = 0
    if case .swept(let before) = attempt.kind { times = before }
    guard times < Self.patience else {
      logger.error("attempt \(attempt.key): its clean-up failed \(times) times")
      let outcome = ProcessOutcome(exit: .lost, endedAt: now())
      return deliver(outcome, of: attempt, id: id)
    }
    try repeatAs(.swept(times: times + 1), attempt, id: id)
  }

  private func repeatAs(
    _ kind: Watched.Kind, _ attempt: Watched, id: UInt64
  ) throws(ExecError) {
    var attempt = attempt
    attempt.kind = kind
    state.withLock { $0.watched[id] = attempt }
    try request(attempt.request, id: id)
  }

  private func deliver(_ outcome: ProcessOutcome, of attempt: Watched, id: UInt64) {
    forget(id)
    onOutcome(attempt.key, outcome)
  }

  private func forget(_ id: UInt64) {
    state.withLock { state in
      guard let attempt = state.watched.removeValue(forKey: id) else { return }
      state.ids[attempt.key] = nil
    }
  }

  private func notStarted(_ message: String) -> ProcessOutcome {
    ProcessOutcome(exit: .notStarted(message: message), endedAt: now())
  }

  private func now() -> Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(milliseconds: Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000)
  }

  /// The server went away: starts another and repeats what is owed.
  ///
  /// The claims keep an attempt from being started twice.
  private func serverLost(_ server: ShimServer) {
    server.stop()
    let (failures, owed, signals) = state.withLock { state in
      state.server = nil
      state.outbox = []
      state.serverFailures += 1
      let signals = Array(state.signals.values)
      return (state.serverFailures, state.watched, signals)
    }
    logger.warning("the server of the shims is gone; \(owed.count) attempts are looked up again")
    for signal in signals { signal.fire() }
    for (id, attempt) in owed {
      do throws(ExecError) {
        guard failures <= Self.patience else {
          throw ExecError(.shimUnavailable, "\(configuration.shim) does not work")
        }
        try request(attempt.request, id: id)
      } catch {
        shimEnded(attempt, id: id, trouble: error.errno == 0 ? EPIPE : error.errno)
      }
    }
  }
}
