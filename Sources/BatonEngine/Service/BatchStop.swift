internal import BatonCore
internal import BatonStore
internal import BatonWire

/// A BatchStop request, checked as a whole; each element stands alone (B6.3).
struct BatchStop: Sendable {
  /// Runs that are read at a time.
  private static let chunk = 1000

  private let request: Wire.BatchStopRequest
  private let namespace: String
  private let order: StopOrder
  private let repeatable: RepeatableCall?

  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `name_invalid`, `request_id_invalid`.
  init(_ request: Wire.BatchStopRequest, _ context: any ServerContext) throws(BatonError) {
    namespace = try BatchCall.namespace(request.namespace, for: request.programs)
    repeatable = try RepeatableCall(request, in: namespace, context)
    self.request = request
    order = StopOrder(principal: context.identity.name)
  }

  /// Gives the orders and answers when they are durable; it does not wait for the ends.
  ///
  /// An id that brought the call is remembered after the orders: whoever repeats a call that was
  /// cut off gives them again, which changes nothing for runs that are being stopped (SR125).
  ///
  /// - Throws: ALREADY_EXISTS `request_id_reused`; what else concerns the whole call.
  func answer(_ engine: Engine) async throws -> Wire.BatchStopResponse {
    guard let repeatable else {
      return Wire.BatchStopResponse(results: try await results(engine))
    }
    let first = try await engine.store.commit {
      try repeatable.firstAnswer(Wire.BatchStopResponse.self, $0)
    }
    if let first { return first }
    let answer = Wire.BatchStopResponse(results: try await results(engine))
    return try await engine.store.commit { writer in
      // Another call with the id may have been quicker; its answer is the first.
      if let first = try repeatable.firstAnswer(Wire.BatchStopResponse.self, writer) {
        return first
      }
      try repeatable.remember(answer, writer)
      return answer
    }
  }

  /// The answers in request order, from one snapshot of what was active; what is wrong with an
  /// element is said in it.
  private func results(_ engine: Engine) async throws -> [Wire.BatchStopResult] {
    let found = try await engine.store.readAsync { reader in
      request.programs.map { asked in
        Result { try activeRuns(asked, reader, engine) }
      }
    }
    let wanted = Set(found.flatMap { (try? $0.get()) ?? [] })
    let stopped = try await stop(wanted, engine)
    return try zip(request.programs, found).map { asked, runs in
      try BatchCall.answer(asked, engine.logger) { (answer: inout Wire.BatchStopResult) in
        answer.runIDs = try runs.get().filter(stopped.contains).map(\.description)
      }
    }
  }

  /// The active runs that an element means, oldest first.
  private func activeRuns(
    _ asked: Wire.BatchStopProgram, _ reader: any StoreReader, _ engine: Engine
  ) throws -> [RunID] {
    let program = try BatchProgram(asked, namespace: namespace)
    try program.checkIsWorkflow()
    try program.checkExists(reader, engine.catalog)
    guard asked.runID.isEmpty else {
      let locator = RunLocator(
        namespace: program.namespace, application: program.application, workflow: program.id,
        runID: asked.runID)
      let run = try reader.run(locator)
      guard program.version == nil || program.version == run.header.version else {
        throw locator.notFound
      }
      return run.state.status.isActive ? [run.header.id] : []
    }
    var query = RunQuery(namespace: program.namespace, limit: Self.chunk)
    query.application = program.application
    query.workflow = program.id
    query.version = program.version
    query.statuses = Set(RunStatus.allCases.filter(\.isActive))
    var runs: [RunID] = []
    while true {
      let found = try reader.runs(query)
      runs += found.map(\.header.id)
      guard found.count == Self.chunk, let last = found.last else { return runs.reversed() }
      query.before = RunCursor(created: last.header.created, id: last.header.id)
    }
  }

  /// Stops runs; one that has ended or gone meanwhile is left as it is.
  ///
  /// - Returns: The runs that are STOPPING or KILLED now.
  private func stop(_ runs: Set<RunID>, _ engine: Engine) async throws -> Set<RunID> {
    try await withThrowingTaskGroup(of: RunID?.self) { group in
      for run in runs {
        group.addTask {
          do {
            let result = try await engine.order(.stop(order), to: run, remembering: nil)
            guard case .done(let answer) = result else { return nil }
            let status = answer.state.status
            return status == .stopping || status == .killed ? run : nil
          } catch let error as BatonError where error.reason == "run_not_found" {
            return nil
          }
        }
      }
      return try await group.reduce(into: []) { if let run = $1 { $0.insert(run) } }
    }
  }
}

extension Wire.BatchStopRequest: RepeatableRequest {}
