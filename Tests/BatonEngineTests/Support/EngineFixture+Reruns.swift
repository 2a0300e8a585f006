import BatonCore
import BatonEngine
import BatonStore
import BatonWire
import Testing

// Calls that repair runs, as the case tables write them.

extension EngineFixture {
  /// RerunTask naming nodes; what more is asked is set by `body`.
  @discardableResult
  func rerun(
    _ run: String, _ nodes: String..., env: [String: String] = [:],
    _ body: (inout Wire.RerunTaskRequest) -> Void = { _ in }
  ) async throws -> Wire.Plan {
    var request = Wire.RerunTaskRequest(
      run: .init(runID: run), nodes: nodes.map { .init(node: $0) })
    if !env.isEmpty { request.change = .init(env: env) }
    body(&request)
    return try #require(try await client.rerunTask(request).plan)
  }

  @discardableResult
  func skip(
    _ run: String, _ node: String, outputs: KeyValuePairs<String, String> = [:],
    _ body: (inout Wire.SkipNodeRequest) -> Void = { _ in }
  ) async throws -> Wire.Plan {
    var request = Wire.SkipNodeRequest(run: .init(runID: run), node: node)
    request.outputs = outputs.map { .init(key: $0.key, value: $0.value) }
    body(&request)
    return try #require(try await client.skipNode(request).plan)
  }

  @discardableResult
  func updateEnv(
    _ run: String, _ env: [String: String], unset: [String] = []
  ) async throws -> Wire.UpdateEnvResponse {
    try await client.updateEnv(
      .init(run: .init(runID: run), change: .init(env: env, unsetEnv: unset)))
  }

  /// Waits for the next end of a run, after a number of ends.
  func end(_ number: Int, of run: String) async throws {
    var seen = 0
    _ = try await client.watchRun(.init(run: .init(runID: run))) { events in
      for try await event in events
      where event.kind == .run && ["COMPLETED", "FAILED", "KILLED"].contains(event.to) {
        seen += 1
        if seen == number { return true }
      }
      return false
    }
    if seen < number { try await end(number, of: run) }
  }

  /// The attempts of a node as `1 F FIRST 1` (number, status, cause, env revision).
  func attempts(_ run: String, _ node: String) async throws -> [String] {
    let letters: [Wire.AttemptStatus: String] = [
      .running: "R", .completed: "C", .failed: "F", .killed: "K",
    ]
    return try #require(try await nodes(run)[node]).attempts.map {
      "\($0.attempt) \(letters[$0.status] ?? "?") \($0.cause.knownName ?? "?") \($0.envRevision)"
    }
  }

  func environment(_ run: String, revision: UInt32 = 0) async throws -> Wire.GetEnvResponse {
    try await client.getEnv(.init(run: .init(runID: run), revision: revision))
  }

  /// All that a call that is refused must leave as it was.
  func shown(_ run: String) async throws -> String {
    let details = try await details(run)
    let nodes = try await client.listNodes(.init(run: .init(runID: run), withAttempts: true))
    let events = try engine.store.read { reader in
      try reader.events(of: #require(RunID(run)), after: 0, limit: 10_000).count
    }
    return "\(details) \(nodes) \(events)"
  }
}

extension Wire.Plan {
  /// The attempts to come as `B 2 RERUN NOW`.
  var toCome: [String] {
    attempts.map {
      "\($0.node) \($0.number) \($0.cause.knownName ?? "?") \($0.starts.knownName ?? "?")"
    }
  }

  /// Each run's status before and after, as `FAILED RUNNING`.
  var moves: [String] { runs.map { "\($0.from.knownName ?? "?") \($0.to.knownName ?? "?")" } }
}
