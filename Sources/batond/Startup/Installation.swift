internal import BatonCore
internal import BatonEngine
internal import BatonExec
internal import BatonExpressions
internal import BatonRPC
internal import BatonScheduler
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import BatonYAML
internal import Foundation
internal import Logging
internal import UnixSignals

/// The services of one process, assembled: store, engine, token store, scheduler and their server.
struct Installation {
  /// How long calls in progress get when the server is told to stop (FR14).
  private static let drainGrace = Duration.seconds(30)
  /// The one clock of the process: its times never go back.
  private static let clock: SteadyClock = {
    let start = ContinuousClock.now
    return SteadyClock(
      wall: { SystemClock().now() }, elapsed: { ContinuousClock.now - start })
  }()

  private let configuration: Configuration
  private let logger = Logger(label: "batond")
  private let store: SQLiteStore
  private let catalog = ApplicationCatalog()
  private let engine: EngineParts?
  private let readiness: Readiness
  private let connections = OpenConnections()
  private let started = Self.clock.now()

  /// The engine with what it executes programs by.
  private struct EngineParts {
    var engine: Engine
    var executor: LocalExecutor
    var retention: Retention
  }

  /// - Throws: ``StartupFailure`` when the database or the shim cannot be used.
  init(_ configuration: Configuration, _ directory: DataDirectory) throws {
    self.configuration = configuration
    let readiness = Readiness()
    self.readiness = readiness
    store = try Self.openStore(configuration, directory.path, readiness)
    engine =
      configuration.roles.contains(.engine)
      ? try Self.engine(configuration, directory.path, store, catalog) : nil
  }

  /// Serves until a signal asks to stop and calls in progress have finished.
  func serve() async throws {
    try engine?.engine.recover()
    var options = RPCServerOptions(endpoints: configuration.endpoints)
    options.eventLoops = ProcessInfo.processInfo.activeProcessorCount
    let server = RPCServer(
      options: options, services: try services(), logger: Logger(label: "baton.rpc"))
    connections.count(of: server)
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    try await withThrowingTaskGroup { tasks in
      tasks.addTask { try await server.run() }
      tasks.addTask { [readiness] in
        for await _ in signals {
          readiness.drain()
          server.beginDrain(grace: Self.drainGrace)
        }
      }
      tasks.addTask { [readiness] in
        let failure = try await readiness.failure()
        server.stop()
        throw StartupFailure("the store has stopped: \(failure)")
      }
      let bound = try await server.boundEndpoints()
      if let engine {
        let address = taskAddress(bound)
        tasks.addTask { try await engine.executor.run() }
        tasks.addTask { await engine.engine.run(taskAddress: address) }
        tasks.addTask { await engine.retention.run() }
      }
      for endpoint in bound { StandardOutput.write("listening on \(endpoint)") }
      readiness.begin()
      // The first to end is the server, when it has drained, or a failure.
      try await tasks.next()
      tasks.cancelAll()
    }
    await store.close()
  }

  // MARK: - Parts

  private static func openStore(
    _ configuration: Configuration, _ directory: String, _ readiness: Readiness
  ) throws -> SQLiteStore {
    var options = SQLiteOptions(
      directory: directory, exclusive: configuration.isWhole, clock: { clock.now() })
    options.failed = { readiness.fail("\($0)") }
    options.warned = { Logger(label: "baton.store").warning("\($0)") }
    do {
      return try SQLiteStore(options)
    } catch let error as StoreError {
      throw StartupFailure(
        "the database in \(directory) cannot be used: \(error)",
        hint: "see docs/errors, and keep a copy of the directory before changing anything in it")
    }
  }

  private static func engine(
    _ configuration: Configuration, _ directory: String, _ store: SQLiteStore,
    _ catalog: ApplicationCatalog
  ) throws -> EngineParts {
    let programs = URL(fileURLWithPath: CommandLine.arguments.first ?? "batond")
    let executable =
      (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
      ?? programs.path
    let home = URL(fileURLWithPath: executable).deletingLastPathComponent().path
    let shim = home + "/baton-shim"
    guard FileManager.default.isExecutableFile(atPath: shim) else {
      throw StartupFailure(
        "\(shim) is missing", hint: "install baton-shim beside batond; it owns the programs of runs"
      )
    }
    let outcomes = ProcessOutcomes()
    let executor: LocalExecutor
    do {
      executor = try LocalExecutor(
        configuration: .init(dataDirectory: directory, shim: shim),
        logger: Logger(label: "baton.exec")
      ) { outcomes.report($0, $1) }
    } catch {
      throw StartupFailure("programs cannot be executed: \(error)")
    }
    let environment = ProcessInfo.processInfo.environment
    let path = environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin"
    var options = EngineOptions(
      host: ProcessInfo.processInfo.hostName,
      baseEnvironment: [
        // Programs find `baton` without being told where it is installed.
        "PATH": "\(path):\(home)", "LANG": environment["LANG"] ?? "C.UTF-8",
      ],
      tokenLimits: configuration.tokenLimits)
    options.workerLease = configuration.workerLease
    let engine = Engine(
      options: options, store: store, catalog: catalog, evaluator: SQLConditionEvaluator(),
      reader: ApplicationFileReader(), executor: executor, outcomes: outcomes,
      clock: clock, logger: Logger(label: "baton.engine"))
    let retention = Retention(
      store: store, executor: executor, policy: configuration.retention, clock: Self.clock,
      logger: Logger(label: "baton.retention"))
    return EngineParts(engine: engine, executor: executor, retention: retention)
  }

  private func services() throws -> [ServiceDefinition] {
    var services = [
      SessionService(roles: configuration.roles).definition,
      HealthService(readiness: readiness, store: store).definition,
    ]
    if let engine {
      services.append(
        EngineService(
          engine: engine.engine, features: Features.available, logs: engine.executor
        ).definition)
      services.append(WorkersService(engine: engine.engine).definition)
    }
    if configuration.roles.contains(.tokens) {
      services.append(
        TokenStoreService(
          store: store, catalog: catalog, options: .init(limits: configuration.tokenLimits),
          logger: Logger(label: "baton.tokens")
        ).definition)
    } else if let address = configuration.tokenStore {
      services.append(
        ForwardingService(Wire.TokenStore.descriptor, to: ConnectionPool(to: address)).definition)
    }
    if configuration.roles.contains(.scheduler) {
      services.append(SchedulerService().definition)
    }
    if let engine { services.append(operations(engine, beside: services).definition) }
    return services
  }

  /// The service for operators, which is served with the engine.
  private func operations(
    _ engine: EngineParts, beside others: [ServiceDefinition]
  ) -> OperationsService {
    let directory = configuration.dataDirectory
    return OperationsService(
      engine: engine.engine, retention: engine.retention,
      facts: ServerFacts(
        version: ServerVersion.server, schemaVersion: ServerVersion.schema, started: started,
        services: (others.map(\.name) + [Wire.Operations.name]).sorted(), storeKind: "sqlite",
        notReadyReason: { [readiness, store] in readiness.obstacle(store.health) },
        connections: { [connections] in connections.count },
        freeBytes: { FreeSpace.bytes(at: directory) }))
  }

  /// Where programs of this host reach the token store (G54).
  private func taskAddress(_ bound: [Endpoint]) -> String {
    (configuration.roles.contains(.tokens) ? bound.first : configuration.tokenStore ?? bound.first)
      .map(\.description) ?? ""
  }
}
