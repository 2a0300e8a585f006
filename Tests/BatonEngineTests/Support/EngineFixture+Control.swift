import BatonCore
import BatonExec
import BatonWire
import Testing

// Orders to runs, and runs in every status.

extension EngineFixture {
  func suspendRun(_ run: String) async throws -> Wire.RunStatus {
    try await client.suspendRun(.init(run: .init(runID: run))).status
  }

  func resumeRun(_ run: String) async throws -> Wire.RunStatus {
    try await client.resumeRun(.init(run: .init(runID: run))).status
  }

  func stopRun(
    _ run: String, graceMs: Int64? = nil, timeoutMs: Int64? = nil, force: Bool = false,
    reason: String = "", requestID: String = ""
  ) async throws -> Wire.StopRunResponse {
    try await client.stopRun(
      .init(
        run: .init(runID: run), graceMs: graceMs, timeoutMs: timeoutMs, force: force,
        reason: reason, requestID: requestID))
  }

  /// Stops a run whose stop is under way, and waits until the order is carried out.
  ///
  /// The shorter grace shows: what is being killed is killed anew.
  func join(
    _ run: String, graceMs: Int64, reason: String = "", requestID: String = "",
    then: () async throws -> Void
  ) async throws -> Wire.StopRunResponse {
    let kills = programs.kills.count
    async let answer = stopRun(run, graceMs: graceMs, reason: reason, requestID: requestID)
    _ = await programs.kills(kills + 1)
    try await then()
    return try await answer
  }

  /// Ends what no kill ends: node A of a run.
  func finishStubborn(_ run: String) async {
    programs.base.finish(await programs.launch(of: "A", in: run).key, .signaled(9))
  }

  /// What an operation answers: its word, or the reason of its refusal.
  func answer(_ operation: () async throws -> String?) async throws -> String? {
    do {
      return try await operation()
    } catch let error as BatonError {
      return error.reason.rawValue
    }
  }

  /// A new run of workflow W that is in the status of a row of G46.
  func run(in row: ControlCaseTests.Row) async throws -> String {
    switch row.status {
    case "PENDING", "REJECTED":
      let when = row.status == "PENDING" ? "queue" : "reject"
      try await deploy(
        nodes: "- {name: A, program: block}", more: "max_active_runs: 1\nwhen_full: \(when)")
      _ = try await trigger()
      return try await trigger()
    case "STARTING":
      try await deploy(nodes: "- {name: A, program: ok}", more: "initialize: {argv: [block]}")
      let run = try await trigger()
      try await event(of: run) { $0.kind == .attempt && $0.node == "W" }
      return run
    case "COMPLETED", "FAILED":
      try await deploy(
        nodes: "- {name: A, program: \(row.status == "FAILED" ? "exit1" : "ok")}")
      return try await run()
    default: break
    }
    let program = row.status == "STOPPING" ? "stubborn" : "block"
    try await deploy(
      nodes: "- {name: A, program: p}", programs: "p: {type: COMMAND, argv: [\(program)]}")
    let run = try await trigger()
    _ = await programs.launch(of: "A", in: run)
    switch row.status {
    case "SUSPENDED": _ = try await suspendRun(run)
    case "STOPPING":
      _ = await refused("stop_timeout", .deadlineExceeded) {
        _ = try await stopRun(run, timeoutMs: 0)
      }
    case "KILLED": _ = try await stopRun(run)
    default: break
    }
    return run
  }
}

extension Wire.RunStatus {
  var word: String? { knownName }

  init(word: String) {
    self = Self.allCases.first { $0.knownName == word } ?? .unspecified
  }
}

extension Wire.StopOutcome {
  var word: String? { knownName }
}
