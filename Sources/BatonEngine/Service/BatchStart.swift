internal import BatonCore
internal import BatonStore
internal import BatonWire

/// A BatchStart request, checked as a whole; each element stands alone (B6.2).
struct BatchStart: Sendable {
  private let request: Wire.BatchStartRequest
  private let namespace: String
  private let principal: String
  private let repeatable: RepeatableCall?

  /// - Throws: INVALID_ARGUMENT `batch_too_large`, `name_invalid`, `request_id_invalid`.
  init(_ request: Wire.BatchStartRequest, _ context: any ServerContext) throws(BatonError) {
    namespace = try BatchCall.namespace(request.namespace, for: request.programs)
    repeatable = try RepeatableCall(request, in: namespace, context)
    self.request = request
    principal = context.identity.name
  }

  /// Starts the workflows in request order, and answers when all are durable or refused.
  ///
  /// - Returns: The answers in request order; what is wrong with an element is said in it.
  /// - Throws: What concerns the whole call.
  func answers(_ engine: Engine) async throws -> [Wire.BatchStartResult] {
    let (ends, output) = AsyncStream<End>.makeStream()
    var elements: [Int: BatchStartElement] = [:]
    for (index, asked) in request.programs.enumerated() {
      do throws(BatonError) {
        let element = try BatchStartElement(
          asked, index, under: repeatable, namespace: namespace, principal: principal, engine)
        elements[index] = element
        // Read now, so that the order of the request stays the order of the units.
        let plan = await element.plan(engine)
        element.submit(engine, plan) { output.yield(End(index: index, result: $0)) }
      } catch {
        output.yield(End(index: index, result: .failure(error)))
      }
    }
    var answers = request.programs.map(Wire.BatchStartResult.init)
    var open = answers.count
    var retried: Set<Int> = []
    if open == 0 { return [] }
    for await end in ends {
      switch end.result {
      case .success(let receipt):
        answers[end.index].runID = receipt.runID
        answers[end.index].status = receipt.status
      case .failure(RunTrigger.Unresolved.plan) where retried.insert(end.index).inserted:
        // A version was deployed between the look and the unit.
        guard let element = elements[end.index] else { break }
        let index = end.index
        element.submit(engine, await element.plan(engine)) {
          output.yield(End(index: index, result: $0))
        }
        continue
      case .failure(let error):
        answers[end.index] = try Wire.BatchStartResult(
          request.programs[end.index], BatchCall.error(error, engine.logger))
      }
      open -= 1
      if open == 0 { break }
    }
    if open > 0 { throw CancellationError() }
    return answers
  }

  /// What became of an element.
  private struct End: Sendable {
    var index: Int
    var result: Result<BatchStartElement.Receipt, any Error>
  }
}

/// One workflow to start.
private struct BatchStartElement: Sendable {
  /// What the element and its repeats are answered: PENDING or REJECTED, whatever comes later.
  struct Receipt: Sendable {
    let runID: String
    let status: Wire.RunStatus

    init(_ response: Wire.TriggerPipelineResponse) {
      runID = response.runID
      status = response.status
    }

    /// The receipt that was remembered; nil: the bytes are none.
    init?(_ bytes: [UInt8]) {
      guard let text = String(validating: bytes, as: UTF8.self) else { return nil }
      let words = text.split(separator: " ")
      guard words.count == 2, let status = Int32(words[1]) else { return nil }
      runID = String(words[0])
      self.status = Wire.RunStatus(rawValue: status)
    }

    var bytes: [UInt8] { Array("\(runID) \(status.rawValue)".utf8) }
  }

  /// What became of the element.
  private struct Made: Sendable {
    var receipt: Receipt
    /// Nil when the answer is an earlier one.
    var run: RunCreation?
  }

  private let program: BatchProgram
  private let trigger: RunTrigger
  private let key: RequestKey?
  private let bodyHash: [UInt8]

  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `program_type_invalid`,
  ///   `not_a_workflow`, `env_name_invalid`; RESOURCE_EXHAUSTED `argument_limit`, `env_limit`.
  init(
    _ asked: Wire.BatchStartProgram, _ index: Int, under repeatable: RepeatableCall?,
    namespace: String,
    principal: String, _ engine: Engine
  ) throws(BatonError) {
    program = try BatchProgram(asked, namespace: namespace)
    try program.checkIsWorkflow()
    trigger = try RunTrigger(
      Wire.TriggerPipelineRequest(
        namespace: program.namespace, application: program.application, workflow: program.id,
        version: asked.version, arguments: asked.arguments, env: asked.env),
      principal: principal, repeatable: nil, engine)
    guard let call = repeatable?.key else {
      (key, bodyHash) = (nil, [])
      return
    }
    // Under the namespace of the call: the same element may not start elsewhere under one id.
    key = RequestKey(scope: call.scope, id: "\(call.id)#\(index)")
    bodyHash = RepeatableCall.hash(asked)
  }

  /// The plan to run, read outside of units; nil: there is none.
  func plan(_ engine: Engine) async -> RunPlan? {
    // What is wrong with the program is said by the unit.
    try? await trigger.plan(engine)
  }

  /// Queues the creation of the run, which begins right after it.
  func submit(
    _ engine: Engine, _ plan: RunPlan?,
    _ completion: @escaping @Sendable (Result<Receipt, any Error>) -> Void
  ) {
    engine.store.submit {
      try create($0, engine, plan)
    } completion: { result in
      if case .success(let made) = result, let run = made.run { engine.drive(run) }
      completion(result.map(\.receipt))
    }
  }

  /// Creates the run within a unit of work, or finds the answer of an earlier call.
  ///
  /// - Throws: NOT_FOUND `namespace_not_found`, `app_not_found`, `version_not_found`,
  ///   `program_not_found`, `program_retired`; INVALID_ARGUMENT `argument_missing`;
  ///   ALREADY_EXISTS `request_id_reused`.
  private func create(
    _ writer: any StoreWriter, _ engine: Engine, _ plan: RunPlan?
  ) throws -> Made {
    if let key, let known = try writer.answer(of: key, bodyHash: bodyHash) {
      guard let receipt = Receipt(known) else {
        throw StoreError.unreadable("the answer remembered for request \(key.id)")
      }
      return Made(receipt: receipt, run: nil)
    }
    try program.checkExists(writer, engine.catalog)
    let created = try trigger.create(writer, engine, plan)
    let receipt = Receipt(created.response)
    if let key { try writer.remember(key, bodyHash: bodyHash, answer: receipt.bytes) }
    return Made(receipt: receipt, run: created.run)
  }
}
