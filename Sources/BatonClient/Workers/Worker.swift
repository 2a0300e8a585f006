internal import BatonCore
internal import BatonWire

/// Executes programs of type WORKER: takes attempts from a queue, one handler for each program.
///
/// ```swift
/// var worker = Worker(client, queue: "images", options: .init(name: "gpu-1", capacity: 8))
/// worker.handle("gallery/resize") { task in
///   let width = try task.properties.int64("width")
///   let image = try await resize(task.arguments.string("image"), to: width)
///   return WorkerResult([TokenAssignment("resized", image)])
/// }
/// try await worker.run()
/// ```
///
/// The server pushes attempts over an open stream; leases are kept by heartbeats that nobody has
/// to think of. A handler that returns makes its attempt COMPLETED, one that throws FAILED. When an
/// attempt is to be given up, the handler's task is cancelled.
public struct Worker: Sendable {
  /// Executes one attempt.
  public typealias Handler = @Sendable (WorkerTask) async throws -> WorkerResult

  /// The queue.
  public let queue: String
  /// How it takes work.
  public let options: WorkerOptions
  let client: BatonClient
  let state = WorkerState()
  private(set) var handlers: [String: Handler] = [:]

  /// A worker without handlers.
  ///
  /// - Parameters:
  ///   - client: A client with the role worker for the queue.
  ///   - queue: The queue that programs name.
  ///   - options: Name and capacity.
  public init(_ client: BatonClient, queue: String, options: WorkerOptions = WorkerOptions()) {
    self.client = client
    self.queue = queue
    self.options = options
  }

  /// Registers what executes a program; a later handler of the same program takes its place.
  ///
  /// - Parameters:
  ///   - program: The program, as `APP/PROGRAM`.
  ///   - handler: Executes one attempt of it; called for several at once.
  public mutating func handle(_ program: String, _ handler: @escaping Handler) {
    handlers[program] = handler
  }

  /// Takes no more work; `run` returns when the handlers under way have ended and are reported.
  public func drain() { state.drain() }

  /// Executes attempts until `drain` is called.
  ///
  /// Goes on after lost connections and restarts of the server, while handlers run on. Cancelling
  /// the task gives up at once: handlers are cancelled, nothing is reported, and what they had
  /// leased is lost when its lease runs out.
  ///
  /// - Precondition: At least one handler is registered.
  /// - Throws: INVALID_ARGUMENT `name_missing`, `name_invalid`, `limit_invalid`;
  ///   PERMISSION_DENIED `not_permitted`; `CancellationError`.
  public func run() async throws {
    precondition(!handlers.isEmpty, "the worker of queue \(queue) has no handler")
    let (begun, supply) = AsyncStream.makeStream(of: WorkerExecution.self)
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask { [self] in
        defer { supply.finish() }
        try await takeWork(supply)
        return false
      }
      group.addTask { [self] in
        try await keepLeases()
        return false
      }
      group.addTask { [self] in
        await execute(begun)
        return true
      }
      // The handlers have ended once no more work comes.
      while let isOver = try await group.next() { if isOver { break } }
      group.cancelAll()
    }
    try Task.checkCancellation()
  }

  // MARK: - Supply

  /// Keeps a stream open and passes on what it brings, until the worker drains.
  private func takeWork(_ supply: AsyncStream<WorkerExecution>.Continuation) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { [self] in try await receive(supply) }
      group.addTask { [state] in await state.waitForDrain() }
      try await group.next()
      group.cancelAll()
    }
  }

  private func receive(_ supply: AsyncStream<WorkerExecution>.Continuation) async throws {
    let request = Wire.OpenQueueRequest(
      namespace: options.namespace ?? client.namespace, queue: queue, worker: options.name,
      capacity: UInt32(clamping: options.capacity), programs: handlers.keys.sorted())
    var failures = 0
    while true {
      do {
        // A server without that call leaves the clocks as they are.
        if let time = try? await client.serverInfo().time { state.learn(serverTime: time) }
        try await client.workers.openQueue(request) { items in
          // What was cancelled while no stream was open shows in the heartbeats.
          state.beatNow()
          for try await item in items {
            failures = 0
            switch item.kind {
            case .assignment(let assignment)?: supply.yield(state.begin(assignment))
            case .cancel(let cancel)?: state.cancel(cancel)
            case nil: break
            }
          }
        }
        failures += 1
      } catch let error as BatonError where error.code == .unavailable {
        failures += 1
      }
      try Task.checkCancellation()
      let pause = min(Duration.milliseconds(50) * (1 << min(failures, 7)), .seconds(5))
      try await ContinuousClock().sleep(until: .now + pause, tolerance: nil)
    }
  }

  // MARK: - Execution

  /// Executes what comes, at most `capacity` at once, until no more comes.
  private func execute(_ begun: AsyncStream<WorkerExecution>) async {
    await withDiscardingTaskGroup { group in
      for await execution in begun {
        group.addTask { [self] in
          await execute(execution)
          state.end(execution)
        }
      }
    }
  }

  private func execute(_ execution: WorkerExecution) async {
    let assignment = execution.assignment
    let name = "\(assignment.application)/\(assignment.program)"
    let task = WorkerTask(execution, client)
    let handler = handlers[name]
    let result = await execution.run {
      guard let handler else { throw WorkerFailure("this worker has no handler for \(name)") }
      return try await handler(task)
    }
    await report(result, execution)
  }
}

extension WorkerTask {
  init(_ execution: WorkerExecution, _ client: BatonClient) {
    let assignment = execution.assignment
    namespace = assignment.namespace
    application = assignment.application
    version = Int(assignment.version)
    workflow = assignment.workflow
    runID = assignment.runID
    node = assignment.node
    attempt = Int(assignment.attempt)
    program = assignment.program
    item =
      assignment.itemAttempt == 0
      ? nil
      : Item(
        index: Int(assignment.item), attempt: Int(assignment.itemAttempt),
        json: assignment.itemElement)
    arguments = WorkerValues(assignment.arguments)
    properties = WorkerValues(assignment.properties)
    env = WorkerValues(assignment.env)
    conf = assignment.conf.nonEmpty
    deadline = Timestamp(wire: assignment.deadline)
    token = TaskToken(
      client: BatonClient(
        caller: client.caller,
        options: ClientOptions(
          namespace: assignment.namespace, credential: .task(assignment.taskToken))))
    self.execution = execution
  }
}
