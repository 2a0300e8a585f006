internal import BatonCore
internal import Glibc
internal import Logging
internal import Synchronization

extension LocalExecutor {
  /// An attempt whose outcome is owed.
  struct Watched: Sendable {
    enum Kind: Sendable {
      /// To be launched once its directory can be written; nothing was begun.
      case waiting(LaunchSpec)
      /// This executor had a shim forked for it.
      case launched
      /// A shim that an earlier server forked.
      case attached(ProcessIdentity)
      /// Recorded as running, but it could not be looked at yet.
      case found
      /// Its shim was lost; its processes are being ended.
      case swept(times: Int)
    }

    let key: AttemptKey
    let directory: AttemptDirectory
    var kind: Kind
    /// How often in a row it could not be looked at or asked for.
    var failures = 0

    var request: ShimServer.Request {
      switch kind {
      case .waiting, .launched: .launch(path: directory.path)
      case .attached(let shim): .watch(shim)
      case .swept, .found: .sweep(path: directory.path)
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
    /// Attempts to look at again, and when.
    var retries: [UInt64: ContinuousClock.Instant] = [:]
    /// Runs to remove once no process of them is left.
    var postponedRuns: Set<RunID> = []
    /// Those that wait for their directory and shall not be launched any more.
    var unwanted: Set<UInt64> = []
    var signals: [UInt64: FollowSignal] = [:]
    /// Requests the socket had no room for, in order.
    var outbox: [[UInt8]] = []
  }

  /// Owes an attempt's outcome from now on.
  func watch(_ attempt: Watched) throws(ExecError) {
    let id = enroll(attempt)
    do throws(ExecError) {
      try request(attempt.request, id: id)
    } catch {
      forget(id)
      throw error
    }
  }

  /// Owes an attempt's outcome that cannot be asked for now.
  func owe(_ attempt: Watched) {
    retryLater(attempt, id: enroll(attempt))
    wake()
  }

  /// Has an attempt never launched that waits for its directory, and its outcome told soon.
  ///
  /// - Returns: False when it does not wait.
  func giveUpWaiting(_ key: AttemptKey) -> Bool {
    state.withLock { state in
      guard let id = state.ids[key], case .waiting? = state.watched[id]?.kind else { return false }
      state.unwanted.insert(id)
      state.retries[id] = .now
      return true
    }
  }

  private func enroll(_ attempt: Watched) -> UInt64 {
    state.withLock { state in
      let id = state.nextID
      state.nextID += 1
      state.watched[id] = attempt
      state.ids[attempt.key] = id
      return id
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
      let (server, wantsRoom, isStopping, retry) = state.withLock {
        ($0.server, !$0.outbox.isEmpty, $0.isStopping, $0.retries.values.min())
      }
      if isStopping { break }
      let hasWork = waitForWork(
        socket: server?.socket, wantsRoom: wantsRoom, milliseconds: Self.timeout(until: retry))
      if retry != nil { retryDue() }
      guard hasWork, let server else { continue }
      if wantsRoom { flush(to: server) }
      take(from: server)
    }
    let (server, signals) = state.withLock { state in
      (state.server.take(), Array(state.signals.values))
    }
    server?.stop()
    for signal in signals { signal.fire() }
  }

  private static func timeout(until retry: ContinuousClock.Instant?) -> Int32 {
    guard let retry else { return -1 }
    let left = (retry - .now) / .milliseconds(1)
    return Int32(min(max(left, 0), 60_000).rounded(.up))
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
    switch event.kind {
    case .refused where event.number != ESRCH:
      lookUp(attempt, id: event.id, after: .refused(event.number))
    case .refused, .armed, .changed: lookUp(attempt, id: event.id, after: .ended(.unknown))
    case .ended: lookUp(attempt, id: event.id, after: .ended(ShimEnd(event.number)))
    }
  }
}
