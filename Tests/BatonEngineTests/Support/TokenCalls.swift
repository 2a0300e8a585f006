import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Calls of the token store in every form, as users make them and as programs do.
extension EngineFixture {
  /// What a program shows of itself.
  func options(_ program: LaunchSpec?) throws -> CallOptions {
    guard let program else { return CallOptions() }
    let credential = try #require(program.variable("BATON_TASK_TOKEN"))
    return CallOptions(metadata: [.init(key: "authorization", value: "Task \(credential)")])
  }

  @discardableResult
  func put(
    _ request: Wire.PutTokenRequest, as program: LaunchSpec?
  ) async throws -> Wire.PutTokenResponse {
    try await tokens.putToken(request, options: options(program))
  }

  /// Puts one entry; the answer says where it was recorded.
  @discardableResult
  func put(
    _ key: String, _ value: String, requestID: String = "", as program: LaunchSpec
  ) async throws -> Wire.PutTokenResponse {
    try await put(
      .init(entries: [.init(key: key, value: value)], requestID: requestID), as: program)
  }

  func get(_ key: String, node: String = "", as program: LaunchSpec) async throws -> String? {
    do {
      let answer = try await tokens.getToken(.init(key: key, node: node), options: options(program))
      return answer.entry?.value
    } catch let error as BatonError where error.reason == "token_key_not_found" {
      return nil
    }
  }

  /// The entries of a key as a program sees them.
  func list(_ key: String, as program: LaunchSpec) async throws -> [String] {
    try await tokens.listTokens(.init(key: key), options: options(program)).keys
      .flatMap(\.entries).map { "\($0.node):\($0.value)" }
  }

  /// Bytes that the token of a run uses.
  func used(_ run: String) async throws -> Int {
    Int(try await tokens.listTokens(.init(run: .init(runID: run))).usedBytes)
  }

  /// The history of a run, or of a key in it.
  func history(_ run: String, _ key: String = "") async throws -> [Wire.TokenHistoryEntry] {
    var request = Wire.GetTokenHistoryRequest(run: .init(runID: run), key: key, pageSize: 1000)
    var puts: [Wire.TokenHistoryEntry] = []
    repeat {
      let page = try await tokens.getTokenHistory(request)
      puts += page.puts
      request.pageToken = page.nextPageToken
    } while !request.pageToken.isEmpty
    return puts
  }

  /// Records a run that has not begun, as one that waits for its turn.
  func pendingRun() async throws -> String {
    let id = RunIDSource().next(at: TestClock().now())
    let workflow = WorkflowID(namespace: "default", application: "demo", workflow: "W")
    let catalog = engine.catalog
    try await engine.store.commit { writer in
      let plan = try catalog.plan(workflow, version: 1, writer)
      let header = RunHeader(id: id, workflow: workflow, version: 1, created: writer.now)
      try writer.insertRun(
        RunRecord(header: header, state: RunState(status: .pending)),
        nodes: plan.map { RunMachine.pendingNodes($0, id) } ?? [])
    }
    return id.description
  }
}
