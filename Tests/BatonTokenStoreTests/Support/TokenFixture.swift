internal import BatonCore
internal import BatonStore
internal import BatonTokenStore
internal import BatonWire
internal import Crypto
internal import Foundation
internal import Logging
internal import Synchronization

/// The stores on which the service is tested.
enum StoreKind: String, CaseIterable, Sendable {
  case memory
  case sqlite
}

/// A token store service on a fresh store with one workflow, `default:app/W`.
///
/// There is no engine: runs, nodes and attempts are recorded directly.
struct TokenFixture: Sendable {
  static let workflow = WorkflowID(namespace: "default", application: "app", workflow: "W")
  static let start = Timestamp(milliseconds: 1_767_225_600_000)

  let store: any Store
  let service: TokenStoreService
  let plan: RunPlan
  let limits: TokenLimits
  private let ids = RunIDSource()

  /// An attempt with the credential that it was given.
  struct Attempt: Sendable {
    let id: AttemptID
    let credential: String
  }

  /// Runs a test on a fresh store.
  ///
  /// The graph lists the nodes in declaration order, each with those that it follows: `"D: B C"`.
  static func with(
    _ kind: StoreKind, _ graph: [String] = ["A", "B: A"],
    options: TokenStoreOptions = .init(), _ body: (TokenFixture) async throws -> Void
  ) async throws {
    let directory = FileManager.default.temporaryDirectory
      .appendingPathComponent("baton-token-\(UUID().uuidString)").path
    let store: any Store
    switch kind {
    case .memory: store = MemoryStore(clock: { start })
    case .sqlite:
      try FileManager.default.createDirectory(
        atPath: directory, withIntermediateDirectories: true)
      store = try SQLiteStore(SQLiteOptions(directory: directory, clock: { start }))
    }
    let result: Result<Void, any Error>
    do {
      result = .success(try await body(TokenFixture(store, graph, options)))
    } catch {
      result = .failure(error)
    }
    await store.close()
    if kind == .sqlite { try FileManager.default.removeItem(atPath: directory) }
    try result.get()
  }

  private init(
    _ store: any Store, _ graph: [String], _ options: TokenStoreOptions
  ) async throws {
    self.store = store
    limits = options.limits
    service = TokenStoreService(
      store: store, catalog: ApplicationCatalog(), options: options,
      logger: Logger(label: "test"))
    let application = Self.application(graph)
    let workflow = application.workflows["W"] ?? Workflow(name: "W")
    plan = RunPlan(application: application, workflow: workflow, version: 1)
    let record = ApplicationRecord(
      id: ApplicationVersionID(namespace: "default", application: "app", version: 1),
      created: Self.start, content: [], model: try ApplicationModel.encode(application))
    let programs = application.references
    try await store.commit { try $0.insertApplication(record, programs: programs) }
  }

  private static func application(_ graph: [String]) -> Application {
    let lines = graph.map { line in
      line.split(whereSeparator: { $0 == ":" || $0 == " " }).map(String.init)
    }
    let names = lines.map { $0[0] }
    let nodes = lines.map { line in
      Node(
        name: line[0], action: .program("p"),
        edges: line.dropFirst().map { upstream in
          Edge(upstream: names.firstIndex(of: upstream) ?? 0, kind: .complete)
        })
    }
    return Application(
      name: "app", programs: ["p": Program(type: .command, argv: [])],
      workflows: ["W": Workflow(name: "W", nodes: nodes)])
  }

  // MARK: - Runs

  /// Records a run.
  func run(_ status: RunStatus = .running, externalID: String? = nil) async throws -> RunID {
    let id = ids.next(at: Self.start)
    let header = RunHeader(
      id: id, workflow: Self.workflow, version: 1, created: Self.start, externalID: externalID)
    let nodes = RunMachine.pendingNodes(plan, id)
    try await store.commit {
      try $0.insertRun(RunRecord(header: header, state: RunState(status: status)), nodes: nodes)
    }
    return id
  }

  /// Records a new status of a run.
  func set(_ run: RunID, _ status: RunStatus) async throws {
    try await store.commit { writer in
      guard let record = try writer.run(run) else { return }
      var state = record.state
      let old = state.status
      state.status = status
      if status == .stopping { state.stopping = Self.start }
      try writer.updateRun(run, state, expecting: old)
    }
  }

  /// Records the start of the next attempt of a node, or of a hook.
  func begin(_ run: RunID, _ node: String, hook: HookKind? = nil) async throws -> Attempt {
    let credential = Data((0..<32).map { _ in UInt8.random(in: 0...255) }).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    let hash = Array(SHA256.hash(data: Array(credential.utf8)))
    let id = try await store.commit { writer in
      var number = try writer.attempts(of: run, node: node).count + 1
      if var record = try writer.nodes(of: run).first(where: { $0.node == node }) {
        number = record.attempts + 1
        record.attempts = number
        record.status = .running
        try writer.updateNode(record)
      }
      let id = AttemptID(run: run, node: node, attempt: number)
      var attempt = AttemptRecord(id: id, cause: .first, chain: 1, started: Self.start)
      attempt.credentialHash = hash
      attempt.hook = hook
      try writer.insertAttempt(attempt)
      return id
    }
    return Attempt(id: id, credential: credential)
  }

  /// Records the end of an attempt and of its node.
  func end(_ attempt: Attempt, _ status: AttemptStatus = .completed) async throws {
    let id = attempt.id
    try await store.commit { writer in
      guard var record = try writer.attempt(id) else { return }
      record.status = status
      record.ended = Self.start
      try writer.updateAttempt(record)
    }
    let node: NodeStatus = status == .completed ? .completed : .failed
    try await set(id.run, id.node, node)
  }

  /// Records a new status of a node.
  func set(_ run: RunID, _ node: String, _ status: NodeStatus) async throws {
    try await store.commit { writer in
      guard var record = try writer.nodes(of: run).first(where: { $0.node == node }) else { return }
      record.status = status
      try writer.updateNode(record)
    }
  }

  /// Puts entries of the platform, as the engine does in its own transactions.
  func platformPut(
    _ source: AttemptID, _ entries: [(String, String)], scope: TokenScope = .system
  ) async throws {
    let batch = TokenPutBatch(
      source: source, entries: entries.map { .init(scope: scope, key: $0.0, value: $0.1) })
    let limits = limits
    _ = try await store.commit { try $0.putToken(batch, limits: limits, exempt: true) }
  }

  // MARK: - Calls

  /// Puts entries with the credential of an attempt.
  @discardableResult
  func put(
    _ attempt: Attempt, _ entries: KeyValuePairs<String, String>, requestID: String = ""
  ) async throws -> Wire.PutTokenResponse {
    try await put(
      Wire.PutTokenRequest(
        entries: entries.map { Wire.TokenPut(key: $0.key, value: $0.value) },
        requestID: requestID),
      as: attempt.credential)
  }

  @discardableResult
  func put(
    _ request: Wire.PutTokenRequest, as credential: String?
  ) async throws -> Wire.PutTokenResponse {
    try await call(as: credential) { service.putToken(request, $0) }
  }

  func get(
    _ request: Wire.GetTokenRequest, as credential: String? = nil
  ) async throws -> Wire.TokenEntry {
    let answer = try await call(as: credential) { service.getToken(request, $0) }
    return answer.entry ?? Wire.TokenEntry()
  }

  func get(
    _ run: RunID, _ key: String, node: String = "", scope: Wire.Scope = .unspecified,
    at viewpoint: Wire.Viewpoint? = nil
  ) async throws -> Wire.TokenEntry {
    try await get(
      Wire.GetTokenRequest(
        run: .init(runID: run.description), viewpoint: viewpoint, key: key, scope: scope,
        node: node))
  }

  func list(
    _ request: Wire.ListTokensRequest, as credential: String? = nil
  ) async throws -> Wire.ListTokensResponse {
    try await call(as: credential) { service.listTokens(request, $0) }
  }

  /// The entries of a key as `A:1`.
  func list(
    _ run: RunID, _ key: String, at viewpoint: Wire.Viewpoint? = nil
  ) async throws -> [String] {
    let answer = try await list(
      Wire.ListTokensRequest(
        run: .init(runID: run.description), viewpoint: viewpoint, key: key))
    return answer.keys.flatMap(\.entries).map { "\($0.node):\($0.value)" }
  }

  func node(
    _ request: Wire.GetNodeTokenRequest, as credential: String? = nil
  ) async throws -> Wire.GetNodeTokenResponse {
    try await call(as: credential) { service.getNodeToken(request, $0) }
  }

  /// The entries of a node as `k=1`.
  func fromNode(
    _ run: RunID, _ node: String, scope: Wire.Scope = .unspecified
  ) async throws -> [String] {
    let answer = try await self.node(
      Wire.GetNodeTokenRequest(run: .init(runID: run.description), node: node, scope: scope))
    return answer.entries.map { "\($0.key)=\($0.value)" }
  }

  func history(
    _ request: Wire.GetTokenHistoryRequest, as credential: String? = nil
  ) async throws -> Wire.GetTokenHistoryResponse {
    try await call(as: credential) { service.getTokenHistory(request, $0) }
  }

  func query(
    _ request: Wire.QueryTokensRequest, as credential: String? = nil
  ) async throws -> Wire.QueryTokensResponse {
    try await call(as: credential) { service.queryTokens(request, $0) }
  }
}
