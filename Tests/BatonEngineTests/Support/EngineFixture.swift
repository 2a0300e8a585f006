import BatonCore
import BatonEngine
import BatonExec
import BatonExpressions
import BatonRPC
import BatonStore
import BatonTokenStore
import BatonWire
import BatonYAML
import Logging
import Testing

/// A running engine and token store, reached as clients reach them.
struct EngineFixture: Sendable {
  let engine: Engine
  let client: Wire.EngineClient
  let tokens: Wire.TokenStoreClient
  let programs: ScriptedPrograms
  /// How the clients reach both services.
  let transport: InProcessTransport
  /// The engine's.
  let clock: MovableClock

  static let features = ApplicationFeatures.all

  /// Runs a test with scripted programs in a fresh house.
  static func with<Result>(
    _ deployment: Deployment, slots: Int = 256, limits: TokenLimits = TokenLimits(),
    _ body: (EngineFixture) async throws -> Result
  ) async throws -> Result {
    try await House.with(deployment) { house in
      try await house.engine(slots: slots, limits: limits, body)
    }
  }

  /// Runs a test with real processes in a fresh house.
  static func withProcesses<Result>(
    _ deployment: Deployment, cgroups: LocalExecutor.Configuration.Cgroups = .automatic,
    _ body: (EngineFixture) async throws -> Result
  ) async throws -> Result {
    try await House.with(deployment) { try await $0.processEngine(cgroups: cgroups, body) }
  }
}

extension House {
  /// An engine with scripted programs; when `body` returns, it ends as if it had been killed.
  func engine<Result>(
    _ programs: ScriptedPrograms = ScriptedPrograms(), slots: Int = 256,
    limits: TokenLimits = TokenLimits(), depth: Int = 8, store: (any Store)? = nil,
    _ body: (EngineFixture) async throws -> Result
  ) async throws -> Result {
    let outcomes = ProcessOutcomes()
    programs.base.connect { outcomes.report($0, $1) }
    return try await serve(
      programs, outcomes, programs, slots, limits, store ?? engineStore, depth, body)
  }

  /// An engine with real processes; they go on when it ends.
  func processEngine<Result>(
    cgroups: LocalExecutor.Configuration.Cgroups = .automatic,
    _ body: (EngineFixture) async throws -> Result
  ) async throws -> Result {
    let outcomes = ProcessOutcomes()
    let executor = try LocalExecutor(
      configuration: .init(
        dataDirectory: directory, shim: try shimPath(), cgroups: cgroups,
        leftoverGrace: .milliseconds(200)),
      logger: Logger(label: "test")
    ) { outcomes.report($0, $1) }
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await executor.run() }
      defer { group.cancelAll() }
      return try await serve(
        executor, outcomes, ScriptedPrograms(), 256, TokenLimits(), engineStore, 8, body)
    }
  }

  private func serve<Result>(
    _ executor: any Executor, _ outcomes: ProcessOutcomes, _ programs: ScriptedPrograms,
    _ slots: Int, _ limits: TokenLimits, _ store: any Store, _ depth: Int,
    _ body: (EngineFixture) async throws -> Result
  ) async throws -> Result {
    let catalog = ApplicationCatalog()
    let clock = MovableClock()
    var options = EngineOptions(
      host: "test-host", baseEnvironment: ["PATH": "/usr/local/bin:/usr/bin:/bin", "LANG": "C"],
      maximumRunningAttempts: slots, tokenLimits: limits)
    options.maximumChildDepth = depth
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let engine = Engine(
      options: options, store: store, catalog: catalog, evaluator: SQLConditionEvaluator(),
      reader: ApplicationFileReader(), executor: executor, outcomes: outcomes, clock: clock,
      logger: logger)
    try engine.recover()
    let transport = InProcessTransport(services: [
      EngineService(engine: engine, features: EngineFixture.features, logs: executor).definition,
      WorkersService(engine: engine).definition,
      TokenStoreService(
        store: tokenStore, catalog: catalog, options: .init(limits: limits), logger: logger
      ).definition,
    ])
    let result = try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { await transport.run() }
      group.addTask { await engine.run(taskAddress: "unix:/tmp/nowhere") }
      defer { group.cancelAll() }
      return try await body(
        EngineFixture(
          engine: engine, client: .init(transport), tokens: .init(transport), programs: programs,
          transport: transport, clock: clock))
    }
    // What the engine had submitted is stored or refused before another takes its place.
    try? await engineStore.commit { _ in }
    return result
  }
}

// MARK: - Calls

extension EngineFixture {
  /// Deploys a file of application `demo` whose workflow W has these nodes, and programs of words.
  ///
  /// Programs: `ok`, `block`, `stubborn`, `missing`, `nothing`, and `exitN` for N of 0 to 3.
  @discardableResult
  func deploy(
    nodes: String, more: String = "", programs: String = "", file: String = ""
  ) async throws -> Wire.DeployApplicationResponse {
    let exits = (0...3).map { "  exit\($0): {type: COMMAND, argv: [exit, \"\($0)\"]}" }
    let text = """
      baton: 1
      application: demo
      \(file)
      programs:
        ok: {type: COMMAND, argv: [ok]}
        block: {type: COMMAND, argv: [block]}
        stubborn: {type: COMMAND, argv: [stubborn]}
        missing: {type: COMMAND, argv: [missing]}
        nothing: {type: NOOP}
      \(exits.joined(separator: "\n"))
      \(programs.split(separator: "\n").map { "  \($0)" }.joined(separator: "\n"))
      workflows:
        W:
      \(more.split(separator: "\n").map { "    \($0)" }.joined(separator: "\n"))
          nodes:
      \(nodes.split(separator: "\n").map { "      \($0)" }.joined(separator: "\n"))
      """
    return try await deploy(text)
  }

  @discardableResult
  func deploy(
    _ text: String, namespace: String = "", dryRun: Bool = false
  ) async throws -> Wire.DeployApplicationResponse {
    try await client.deployApplication(
      .init(namespace: namespace, content: Array(text.utf8), dryRun: dryRun))
  }

  func trigger(
    _ arguments: [String: String] = [:], workflow: String = "W", application: String = "demo",
    env: [String: String] = [:], requestID: String = "", version: UInt32 = 0
  ) async throws -> String {
    try await client.triggerPipeline(
      .init(
        application: application, workflow: workflow, version: version, arguments: arguments,
        env: env, requestID: requestID)
    ).runID
  }

  /// Triggers a run and waits for its end.
  func run(
    _ arguments: [String: String] = [:], workflow: String = "W", application: String = "demo",
    env: [String: String] = [:]
  ) async throws -> String {
    let run = try await trigger(
      arguments, workflow: workflow, application: application, env: env)
    try await end(of: run)
    return run
  }

  /// All events of a run from its creation to its end.
  @discardableResult
  func end(of run: String, after event: UInt64 = 0) async throws -> [Wire.RunEvent] {
    try await client.watchRun(.init(run: .init(runID: run), afterEvent: event)) { events in
      var all: [Wire.RunEvent] = []
      for try await event in events { all.append(event) }
      return all
    }
  }

  /// Waits for an event of a run.
  func event(of run: String, _ matches: (Wire.RunEvent) -> Bool) async throws {
    let found = try await client.watchRun(.init(run: .init(runID: run))) { events in
      for try await event in events where matches(event) { return true }
      return false
    }
    #expect(found, "run \(run) ended without the event")
  }

  /// Waits until a node has a status.
  func node(_ name: String, of run: String, is status: String) async throws {
    try await event(of: run) { $0.kind == .node && $0.node == name && $0.to == status }
  }

  func details(_ run: String) async throws -> Wire.GetRunResponse {
    try await client.getRun(.init(run: .init(runID: run)))
  }

  func status(_ run: String) async throws -> Wire.RunStatus {
    try #require(try await details(run).run).status
  }

  func nodes(_ run: String) async throws -> [String: Wire.NodeRecord] {
    let answer = try await client.listNodes(
      .init(run: .init(runID: run), withAttempts: true, pageSize: 1000))
    return Dictionary(answer.nodes.map { ($0.node, $0) }, uniquingKeysWith: { first, _ in first })
  }

  /// The statuses of the nodes named, as `C F K S U –` of the case tables.
  func letters(_ run: String, _ names: String) async throws -> String {
    let letters: [Wire.NodeStatus: String] = [
      .pending: "–", .waiting: "W", .running: "R", .completed: "C", .failed: "F", .killed: "K",
      .skipped: "S", .upstreamFailed: "U",
    ]
    let nodes = try await nodes(run)
    return names.split(separator: " ").map {
      nodes[String($0)].flatMap { letters[$0.status] } ?? "?"
    }
    .joined(separator: " ")
  }

  // MARK: - Tokens

  func value(
    _ run: String, _ key: String, node: String = "", scope: Wire.Scope = .user
  ) async throws -> String? {
    do {
      let answer = try await tokens.getToken(
        .init(run: .init(runID: run), key: key, scope: scope, node: node))
      return answer.entry?.value
    } catch let error as BatonError where error.reason == "token_key_not_found" {
      return nil
    }
  }

  /// The entries of a key as `A:1`.
  func list(
    _ run: String, _ key: String, scope: Wire.Scope = .user, at node: String = ""
  ) async throws -> [String] {
    let view = node.isEmpty ? nil : Wire.Viewpoint(atNode: node)
    do {
      let answer = try await tokens.listTokens(
        .init(run: .init(runID: run), viewpoint: view, scope: scope, key: key))
      return answer.keys.flatMap(\.entries).map { "\($0.node):\($0.value)" }
    } catch let error as BatonError where error.reason == "token_key_not_found" {
      return []
    }
  }

  /// The entries of a node as `k=1`.
  func entries(
    _ run: String, of node: String, scope: Wire.Scope = .user
  ) async throws -> [String] {
    try await tokens.getNodeToken(.init(run: .init(runID: run), node: node, scope: scope)).entries
      .map { "\($0.key)=\($0.value)" }
  }

  /// Puts as a program does, with its credential.
  func put(_ spec: LaunchSpec, _ entries: KeyValuePairs<String, String>) async throws {
    let credential = try #require(spec.variable("BATON_TASK_TOKEN"))
    _ = try await tokens.putToken(
      .init(entries: entries.map { .init(key: $0.key, value: $0.value) }),
      options: CallOptions(metadata: [.init(key: "authorization", value: "Task \(credential)")]))
  }
}

/// Expects a call to be refused.
func refused(
  _ reason: BatonError.Reason, _ code: BatonError.Code = .invalidArgument,
  sourceLocation: SourceLocation = #_sourceLocation, _ body: () async throws -> Void
) async -> BatonError? {
  do {
    try await body()
    Issue.record("not refused: \(reason.rawValue)", sourceLocation: sourceLocation)
    return nil
  } catch let error as BatonError {
    #expect(error.reason == reason, "\(error)", sourceLocation: sourceLocation)
    #expect(error.code == code, "\(error)", sourceLocation: sourceLocation)
    return error
  } catch {
    Issue.record(error, sourceLocation: sourceLocation)
    return nil
  }
}

extension EngineFixture {
  /// Runs that the engine drives, once it has done what follows all that is committed by now.
  ///
  /// Completions come in commit order: after that of this unit, those of earlier ones are over.
  func runsDriven() async throws -> Int {
    try await engine.store.commit { _ in }
    return engine.activeRuns
  }
}
