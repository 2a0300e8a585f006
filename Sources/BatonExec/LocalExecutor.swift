package import BatonCore
internal import Glibc
package import Logging
internal import Synchronization

/// Runs attempts as processes of this host, each owned by a `baton-shim` of its own.
///
/// All that matters is in the attempts' directories: another executor on the same data directory,
/// of this or a later process, finds with `attach` what this one has started.
package final class LocalExecutor: Executor {
  /// Takes the outcome of an attempt.
  package typealias OutcomeHandler = @Sendable (AttemptKey, ProcessOutcome) -> Void

  let configuration: Configuration
  let logger: Logger
  let onOutcome: OutcomeHandler
  let state: Mutex<State>
  let launched: LaunchedList
  private let boot: BootFile
  private let killing = Mutex(())
  /// Wakes the thread out of its wait: `[0]` is read, `[1]` written.
  private let wakePipe: [Int32]

  /// - Parameters:
  ///   - configuration: Where and how.
  ///   - logger: Hears of shims and servers that went away.
  ///   - onOutcome: Gets the one outcome of every attempt launched or attached; on the executor's
  ///     thread, while `run()` runs.
  /// - Throws: When the data directory is not an absolute path, or no descriptors are left.
  package init(
    configuration: Configuration, logger: Logger, onOutcome: @escaping OutcomeHandler
  ) throws(ExecError) {
    guard configuration.dataDirectory.hasPrefix("/") else {
      throw ExecError(
        .invalid, "the data directory '\(configuration.dataDirectory)' is not an absolute path")
    }
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Files.failure("open", "a pipe") }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    self.configuration = configuration
    self.logger = logger
    self.onOutcome = onOutcome
    launched = LaunchedList(data: configuration.dataDirectory)
    boot = try BootFile(data: configuration.dataDirectory)
    wakePipe = ends
    state = Mutex(State())
  }

  deinit {
    state.withLock { state in
      state.server?.stop()
      state.server = nil
    }
    for end in wakePipe { close(end) }
  }

  /// Delivers outcomes and log changes until the task is cancelled.
  ///
  /// Attempts can be launched before; what ends meanwhile is delivered then. When it returns, the
  /// attempts go on under their shims.
  package func run() async throws {
    let started = await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let started = DedicatedThread.start { [self] in
          loop()
          continuation.resume(returning: true)
        }
        if !started { continuation.resume(returning: false) }
      }
    } onCancel: {
      state.withLock { $0.isStopping = true }
      wake()
    }
    guard started else { throw ExecError(.shimUnavailable, "no thread for the executor") }
  }

  package func launch(_ spec: LaunchSpec) throws(ExecError) {
    let directory = try directory(of: spec.key)
    if state.withLock({ $0.ids[spec.key] != nil }) { return }
    do throws(ExecError) {
      try prepare(spec, in: directory)
    } catch  where error.code == .storage {
      logger.error("attempt \(spec.key) waits for its directory: \(error)")
      return owe(Watched(key: spec.key, directory: directory, kind: .waiting(spec)))
    }
    try watch(Watched(key: spec.key, directory: directory, kind: .launched))
  }

  /// Writes all a shim needs to start an attempt.
  func prepare(_ spec: LaunchSpec, in directory: AttemptDirectory) throws(ExecError) {
    try launched.add(spec.key)
    try directory.prepare(spec, settings: configuration.launchSettings)
  }

  package func attach(_ key: AttemptKey) throws(ExecError) -> AttemptFinding {
    let directory = try directory(of: key)
    if state.withLock({ $0.ids[key] != nil }) { return .running }
    do throws(ExecError) {
      return try find(key, in: directory)
    } catch  where error.code != .invalid {
      // It may run, and it may have ended: what became of it is told when that can be found out.
      logger.error("attempt \(key) is looked at later: \(error)")
      owe(Watched(key: key, directory: directory, kind: .found))
      return .running
    }
  }

  private func find(
    _ key: AttemptKey, in directory: AttemptDirectory
  ) throws(ExecError) -> AttemptFinding {
    while true {
      switch try directory.standing() {
      case .ended(let outcome): return .ended(outcome)
      case .claimedByEngine: return .unclaimed
      case .running(let shim):
        try watch(Watched(key: key, directory: directory, kind: .attached(shim)))
        return .running
      case .lost:
        try watch(Watched(key: key, directory: directory, kind: .swept(times: 1)))
        return .lost
      case .unclaimed:
        try Files.makeDirectory(directory.path)
        // If that fails a shim was faster, and there is a claim to look at.
        guard try ClaimFile.take(directory: directory.path) else { continue }
        guard boot.hasRebooted else { return .unclaimed }
        // Its claim may be what the machine's crash has lost.
        return .ended(ProcessOutcome(exit: .lost, endedAt: now()))
      }
    }
  }

  package func kill(
    _ key: AttemptKey, grace: Duration?, reason: String, untilGone: Bool
  ) throws(ExecError) {
    let directory = try directory(of: key)
    if giveUpWaiting(key) { return wake() }
    guard Files.exists(directory.path) else { return }
    // Only an attempt whose shim is gone has ended: the program can write an outcome, too.
    if case .ended = try directory.standing() { return }
    let file = KillFile(grace: grace, reason: reason, isUntilGone: untilGone)
    let written = killing.withLock { _ -> Result<Void, ExecError> in
      do throws(ExecError) {
        return .success(try file.write(directory: directory.path))
      } catch {
        return .failure(error)
      }
    }
    try written.get()
    try tellOfKill(key, in: directory)
  }

  package func survivors(of key: AttemptKey) -> [KillReport.Survivor] {
    guard let path = try? directory(of: key).path,
      let outcome = try? OutcomeFile.read(directory: path),
      // None of them has outlived the machine; who has their pids now is somebody else.
      (try? ClaimFile(directory: path))?.isOfEarlierBoot != true
    else { return [] }
    return (outcome.kill?.survivors ?? []).filter { survivor in
      guard let pid = Int32(exactly: survivor.pid) else { return false }
      // One that cannot be looked at now may still live.
      return (try? ProcessIdentity(pid: pid, start: survivor.startTicks).isAlive()) ?? true
    }
  }

  package func processes(of keys: [AttemptKey]) -> [AttemptKey: [KillReport.Survivor]] {
    let places = keys.compactMap { key in (try? directory(of: key)).map { (key, $0.path) } }
    guard !places.isEmpty else { return [:] }
    let found = ProcessList(shim: configuration.shim).read(places.map(\.1))
    let pairs = zip(places.map(\.0), found).filter { !$0.1.isEmpty }
    return Dictionary(pairs, uniquingKeysWith: { first, _ in first })
  }

  package func removeFiles(_ key: AttemptKey) {
    (try? directory(of: key))?.removeFiles()
    launched.remove(key)
    if state.withLock({ $0.postponedRuns.contains(key.run) }) { removeRun(key.run) }
  }

  package func keptAttempts() -> [AttemptKey] { launched.all }

  package func storedRuns() -> [RunID] {
    Files.names(in: "\(configuration.dataDirectory)/attempts").compactMap { RunID($0) }
  }

  /// The absolute path of a file the attempt's program gets, or of the attempt's directory.
  package func path(of key: AttemptKey, file: String? = nil) throws(ExecError) -> String {
    let directory = try directory(of: key)
    return file.map { directory.path + "/" + $0 } ?? directory.path
  }

  func directory(of key: AttemptKey) throws(ExecError) -> AttemptDirectory {
    try AttemptDirectory(data: configuration.dataDirectory, key: key)
  }

  /// Has the thread look again at what it waits for.
  func wake() {
    _ = write(wakePipe[1], [1], 1)
  }

  /// Waits until the server tells something, can take something, or somebody wakes us.
  ///
  /// - Returns: Whether it is the server.
  func waitForWork(socket: Int32?, wantsRoom: Bool, milliseconds: Int32) -> Bool {
    var fds = [
      pollfd(fd: wakePipe[0], events: Int16(POLLIN), revents: 0),
      pollfd(
        fd: socket ?? -1, events: Int16(POLLIN) | (wantsRoom ? Int16(POLLOUT) : 0), revents: 0),
    ]
    guard poll(&fds, 2, milliseconds) > 0 else { return false }
    if fds[0].revents != 0 {
      var bytes = [UInt8](repeating: 0, count: 64)
      while read(wakePipe[0], &bytes, 64) == 64 {}
    }
    return fds[1].revents != 0
  }
}
