internal import BatonCore
internal import BatonStore
package import BatonWire

/// `baton.admin.v1.Operations`: the state of the server, and pruning.
///
/// Methods of later versions answer UNIMPLEMENTED through the generated defaults.
package struct OperationsService: Wire.OperationsService {
  private let engine: Engine
  private let retention: Retention
  private let facts: ServerFacts

  /// - Parameters:
  ///   - engine: What executes runs.
  ///   - retention: What removes them.
  ///   - facts: What the process knows of itself.
  package init(engine: Engine, retention: Retention, facts: ServerFacts) {
    self.engine = engine
    self.retention = retention
    self.facts = facts
  }

  /// The state of the server and its store; an answer also while nothing can be written (R4).
  package func getStatus(
    _ request: Wire.GetStatusRequest, _ call: UnaryCall<Wire.GetStatusResponse>
  ) {
    call.respond {
      let statistics = try await answering { try engine.store.statistics() }
      let reason = facts.notReadyReason()
      let running = engine.options.maximumRunningAttempts - engine.slots.free
      return Wire.GetStatusResponse(
        serverVersion: facts.version, schemaVersion: facts.schemaVersion,
        started: facts.started.milliseconds, services: facts.services, ready: reason == nil,
        notReadyReason: reason?.rawValue ?? "",
        store: Wire.StoreStatus(
          kind: facts.storeKind, databaseBytes: Int64(statistics.databaseBytes),
          freeBytes: facts.freeBytes(), runs: UInt64(statistics.runs),
          eventNumber: statistics.newestEvent, oldestEvent: statistics.oldestEvent,
          writable: engine.store.health == .serving,
          commits: Wire.CommitStatus(engine.store.counters)),
        activeRuns: UInt64(statistics.activeRuns), runningAttempts: UInt64(max(0, running)),
        connections: UInt32(clamping: facts.connections()))
    }
  }

  /// Removes ended runs beyond the bounds at once (P11).
  package func prune(_ request: Wire.PruneRequest, _ call: UnaryCall<Wire.PruneResponse>) {
    let context = call.context
    call.respond {
      let order = try PruneOrder(request)
      let repeatable = try RepeatableCall(request, in: request.namespace, context)
      return try await answering { try await prune(order, request, repeatable) }
    }
  }

  private func checkBound(_ order: PruneOrder) throws {
    guard !retention.hasBound(order) else { return }
    throw BatonError(
      .invalidArgument, "limit_invalid", "nothing says which runs are to go",
      hint: "give before or keep_runs, or start the server with --retain-runs or --retain-days")
  }

  /// An application that is named must be there, or be known by runs that are left.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`.
  private func checkApplication(_ order: PruneOrder) async throws {
    guard let namespace = order.namespace, let application = order.application else { return }
    try await engine.store.readAsync { reader in
      var query = RunQuery(namespace: namespace, limit: 1)
      query.application = application
      guard try reader.runPage(query).runs.isEmpty else { return }
      _ = try reader.requireVersion(namespace, application, nil)
    }
  }

  private func prune(
    _ order: PruneOrder, _ request: Wire.PruneRequest, _ repeatable: RepeatableCall?
  ) async throws -> Wire.PruneResponse {
    guard !request.dryRun else {
      try checkBound(order)
      try await checkApplication(order)
      let removal = try await retention.count(order)
      return Wire.PruneResponse(
        runs: UInt64(removal.runs), events: UInt64(removal.events), dryRun: true)
    }
    if let repeatable {
      let first = try await engine.store.commit {
        try repeatable.firstAnswer(Wire.PruneResponse.self, $0)
      }
      if let first { return first }
    }
    try checkBound(order)
    try await checkApplication(order)
    let removal = try await retention.prune(order)
    let answer = Wire.PruneResponse(
      runs: UInt64(removal.runs), events: UInt64(removal.events))
    guard let repeatable else { return answer }
    return try await engine.store.commit { writer in
      // A repeat may have come while the first call was at work: both then say the same.
      if let first = try repeatable.firstAnswer(Wire.PruneResponse.self, writer) { return first }
      try repeatable.remember(answer, writer)
      return answer
    }
  }

  /// What an operation gives, its errors as calls answer them.
  private func answering<Value>(_ operation: () async throws -> Value) async throws -> Value {
    do { return try await operation() } catch { throw Self.answer(to: error) }
  }

  private static func answer(to error: any Error) -> any Error {
    if error is CancellationError { return error }
    return (error as? StoreError)?.answer ?? BatonError(anyError: error)
  }
}

extension Wire.CommitStatus {
  /// The counters as the contract has them, times in microseconds (P12).
  fileprivate init(_ counters: CommitCounters) {
    self.init(
      batches: UInt64(counters.batches), units: UInt64(counters.units),
      largestBatch: UInt64(counters.largestBatch), commitUs: Self.us(counters.commitTime),
      longestCommitUs: Self.us(counters.longestCommit), waitingUs: Self.us(counters.waitingTime),
      longestWaitUs: Self.us(counters.longestWait), busyUs: Self.us(counters.busyTime),
      restarts: UInt64(counters.restarts), failures: UInt64(counters.failures),
      depth: UInt64(counters.depth))
  }

  /// Whole microseconds.
  private static func us(_ time: Duration) -> UInt64 {
    let (seconds, attoseconds) = time.components
    return UInt64(seconds * 1_000_000 + attoseconds / 1_000_000_000_000)
  }
}

extension PruneOrder {
  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `limit_invalid`.
  fileprivate init(_ request: Wire.PruneRequest) throws(BatonError) {
    self.init()
    if !request.namespace.isEmpty {
      namespace = try RequestChecks.required(request.namespace, "namespace")
    }
    if !request.application.isEmpty {
      guard namespace != nil else {
        throw BatonError(
          .invalidArgument, "name_missing", "an application is given without its namespace")
      }
      application = try RequestChecks.required(request.application, "application")
    }
    guard request.before >= 0 else {
      throw BatonError(.invalidArgument, "limit_invalid", "before is \(request.before)")
    }
    if request.before > 0 { endedBefore = Timestamp(milliseconds: request.before) }
    if request.keepRuns > 0 { keepNewest = Int(request.keepRuns) }
  }
}
