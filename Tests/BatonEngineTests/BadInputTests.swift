import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import NIOCore
import Testing

/// Every row of errors of the engine's RPCs (G62, G64, CT5, CT8, T54).
@Suite("Bad input", .timeLimit(.minutes(1))) struct BadInputTests {
  /// A call that is refused, with its code and reason.
  struct Row: CustomTestStringConvertible, Sendable {
    var testDescription: String
    var reason: BatonError.Reason
    var code: BatonError.Code
    var call: @Sendable (EngineFixture, _ run: Wire.RunRef) async throws -> Void

    init(
      _ name: String, _ reason: BatonError.Reason, _ code: BatonError.Code = .invalidArgument,
      _ call: @escaping @Sendable (EngineFixture, Wire.RunRef) async throws -> Void
    ) {
      testDescription = "\(name): \(reason.rawValue)"
      self.reason = reason
      self.code = code
      self.call = call
    }
  }

  private static let unknown = "019a5e0c-7b1e-7c3a-9f00-1d2e3f405162"
  private static let empty = Array("baton: 1\napplication: e\nworkflows: {}\n".utf8)

  static let applicationsRows: [Row] = [
    Row("DeployApplication", "name_invalid") { house, _ in
      _ = try await house.client.deployApplication(.init(namespace: ".a", content: empty))
    },
    Row("DeployApplication, empty file", "app_invalid") { house, _ in
      _ = try await house.client.deployApplication(.init())
    },
    Row("DeployApplication, JSON with a trailing comma", "app_invalid") { house, _ in
      _ = try await house.client.deployApplication(
        .init(
          content: Array(#"{"baton": 1, "application": "e", "workflows": {},}"#.utf8),
          format: .json))
    },
    Row("DeployApplication, unknown format", "app_invalid") { house, _ in
      _ = try await house.client.deployApplication(
        .init(content: empty, format: .init(rawValue: 9)))
    },
    Row("GetApplication", "name_missing") { house, _ in
      _ = try await house.client.getApplication(.init())
    },
    Row("GetApplication", "name_invalid") { house, _ in
      _ = try await house.client.getApplication(.init(application: "a/b"))
    },
    Row("GetApplication, workflow", "name_invalid") { house, _ in
      _ = try await house.client.getApplication(.init(application: "demo", workflow: "-w"))
    },
    Row("GetApplication", "namespace_not_found", .notFound) { house, _ in
      _ = try await house.client.getApplication(.init(namespace: "nowhere", application: "demo"))
    },
    Row("GetApplication", "app_not_found", .notFound) { house, _ in
      _ = try await house.client.getApplication(.init(application: "other"))
    },
    Row("GetApplication", "version_not_found", .notFound) { house, _ in
      _ = try await house.client.getApplication(.init(application: "demo", version: 2))
    },
    Row("GetApplication", "workflow_not_found", .notFound) { house, _ in
      _ = try await house.client.getApplication(.init(application: "demo", workflow: "X"))
    },
    Row("ListApplications", "name_invalid") { house, _ in
      _ = try await house.client.listApplications(.init(namespace: "a b"))
    },
    Row("ListApplications", "namespace_not_found", .notFound) { house, _ in
      _ = try await house.client.listApplications(.init(namespace: "nowhere"))
    },
    Row("ListApplications", "page_size_invalid") { house, _ in
      _ = try await house.client.listApplications(.init(pageSize: -1))
    },
    Row("ListApplications", "page_token_invalid") { house, _ in
      _ = try await house.client.listApplications(.init(pageToken: "x"))
    },
    Row("DeleteApplication", "name_missing") { house, _ in
      _ = try await house.client.deleteApplication(.init())
    },
    Row("DeleteApplication", "name_invalid") { house, _ in
      _ = try await house.client.deleteApplication(.init(application: "*"))
    },
    Row("DeleteApplication", "namespace_not_found", .notFound) { house, _ in
      _ = try await house.client.deleteApplication(
        .init(namespace: "nowhere", application: "demo"))
    },
    Row("DeleteApplication", "app_not_found", .notFound) { house, _ in
      _ = try await house.client.deleteApplication(.init(application: "other"))
    },
  ]

  static let triggersRows: [Row] = [
    Row("TriggerPipeline, application", "name_missing") { house, _ in
      _ = try await house.client.triggerPipeline(.init(workflow: "W"))
    },
    Row("TriggerPipeline, workflow", "name_missing") { house, _ in
      _ = try await house.client.triggerPipeline(.init(application: "demo"))
    },
    Row("TriggerPipeline", "name_invalid") { house, _ in
      _ = try await house.client.triggerPipeline(.init(application: "demo", workflow: ".W"))
    },
    Row("TriggerPipeline", "namespace_not_found", .notFound) { house, _ in
      _ = try await house.client.triggerPipeline(
        .init(namespace: "nowhere", application: "demo", workflow: "W"))
    },
    Row("TriggerPipeline", "app_not_found", .notFound) { house, _ in
      _ = try await house.client.triggerPipeline(.init(application: "other", workflow: "W"))
    },
    Row("TriggerPipeline", "workflow_not_found", .notFound) { house, _ in
      _ = try await house.client.triggerPipeline(.init(application: "demo", workflow: "X"))
    },
    Row("TriggerPipeline", "version_not_found", .notFound) { house, _ in
      _ = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W", version: .max))
    },
    Row("TriggerPipeline, name of 256 bytes", "argument_limit", .resourceExhausted) { house, _ in
      _ = try await house.trigger([String(repeating: "a", count: 256): ""])
    },
    Row("TriggerPipeline, value of 65,537", "argument_limit", .resourceExhausted) { house, _ in
      _ = try await house.trigger(["a": String(repeating: "a", count: 65_537)])
    },
    Row("TriggerPipeline, 1,001 arguments", "argument_limit", .resourceExhausted) { house, _ in
      _ = try await house.trigger(
        Dictionary(uniqueKeysWithValues: (0...1000).map { ("a\($0)", "") }))
    },
    Row("TriggerPipeline, 1 MiB of env", "env_limit", .resourceExhausted) { house, _ in
      let value = String(repeating: "a", count: 65_536)
      _ = try await house.trigger(
        env: Dictionary(uniqueKeysWithValues: (0..<16).map { ("E\($0)", value) }))
    },
    Row("TriggerPipeline", "env_name_invalid") { house, _ in
      _ = try await house.trigger(env: ["1A": ""])
    },
    Row("TriggerPipeline, brought id", "run_id_invalid") { house, _ in
      _ = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W", externalRunID: " a"))
    },
    Row("TriggerPipeline, brought id", "run_id_taken", .alreadyExists) { house, _ in
      for _ in 0..<2 {
        _ = try await house.client.triggerPipeline(
          .init(application: "demo", workflow: "W", externalRunID: "mine"))
      }
    },
    Row("TriggerPipeline, token", "unknown_method", .unimplemented) { house, _ in
      _ = try await house.client.triggerPipeline(
        .init(application: "demo", workflow: "W", token: "a.b.c"))
    },
  ]

  static let listsRows: [Row] = [
    Row("ListRuns", "name_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(application: "a b"))
    },
    Row("ListRuns", "namespace_not_found", .notFound) { house, _ in
      _ = try await house.client.listRuns(.init(namespace: "nowhere"))
    },
    Row("ListRuns", "app_not_found", .notFound) { house, _ in
      _ = try await house.client.listRuns(.init(application: "other"))
    },
    Row("ListRuns", "workflow_not_found", .notFound) { house, _ in
      _ = try await house.client.listRuns(.init(application: "demo", workflow: "X"))
    },
    Row("ListRuns, workflow alone", "filter_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(workflow: "W"))
    },
    Row("ListRuns, trigger", "filter_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(trigger: .init(rawValue: 77)))
    },
    Row("ListRuns, short prefix", "filter_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(runIDPrefix: "019a5e0"))
    },
    Row("ListRuns, prefix", "filter_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(runIDPrefix: "019a5e0*"))
    },
    Row("ListRuns, parent", "run_id_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(parentRunID: "x"))
    },
    Row("ListRuns, triggering run", "run_id_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(triggeringRunID: "x"))
    },
    Row("ListRuns", "status_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(statuses: ["RUNNING", "DONE"]))
    },
    Row("ListRuns", "time_range_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(since: 2, until: 1))
    },
    Row("ListRuns", "page_size_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(pageSize: 1001))
    },
    Row("ListRuns", "page_token_invalid") { house, _ in
      _ = try await house.client.listRuns(.init(pageToken: "AAAAAAAAAAAAAAAA"))
    },
    Row("ListNodes", "status_invalid") { house, run in
      _ = try await house.client.listNodes(.init(run: run, statuses: ["STARTING"]))
    },
    Row("ListNodes", "page_size_invalid") { house, run in
      _ = try await house.client.listNodes(.init(run: run, pageSize: -5))
    },
    Row("ListNodes", "page_token_invalid") { house, run in
      _ = try await house.client.listNodes(.init(run: run, pageToken: "x"))
    },
    Row("GetAttempt", "node_not_found", .notFound) { house, run in
      _ = try await house.client.getAttempt(.init(run: run, node: "X"))
    },
    Row("GetAttempt", "attempt_not_found", .notFound) { house, run in
      _ = try await house.client.getAttempt(.init(run: run, node: "A", attempt: 2))
    },
    Row("GetAttempt, item", "attempt_not_found", .notFound) { house, run in
      _ = try await house.client.getAttempt(.init(run: run, node: "A", item: 0))
    },
    Row("GetNodeLog", "node_not_found", .notFound) { house, run in
      try await house.client.getNodeLog(.init(run: run, node: "")) { for try await _ in $0 {} }
    },
    Row("GetNodeLog, a hook that did not run", "attempt_not_found", .notFound) { house, run in
      try await house.client.getNodeLog(.init(run: run, node: "W")) { for try await _ in $0 {} }
    },
    Row("GetNodeLog", "attempt_not_found", .notFound) { house, run in
      try await house.client.getNodeLog(.init(run: run, node: "A", attempt: 9)) {
        for try await _ in $0 {}
      }
    },
    Row("GetNodeLog, offset", "limit_invalid") { house, run in
      try await house.client.getNodeLog(.init(run: run, node: "A", offset: -1)) {
        for try await _ in $0 {}
      }
    },
    Row("GetNodeLog, stream", "filter_invalid") { house, run in
      try await house.client.getNodeLog(
        .init(run: run, node: "A", streams: [.init(rawValue: 3)])
      ) { for try await _ in $0 {} }
    },
  ]

  @Test("applications", arguments: applicationsRows) func checkApplications(row: Row) async throws {
    try await check(row)
  }

  @Test("triggers", arguments: triggersRows) func checkTriggers(row: Row) async throws {
    try await check(row)
  }

  @Test("lists and reads", arguments: listsRows) func checkLists(row: Row) async throws {
    try await check(row)
  }

  private func check(_ row: Row) async throws {
    try await EngineFixture.with(.memory) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      let run = Wire.RunRef(runID: try await house.run())
      _ = await refused(row.reason, row.code) { try await row.call(house, run) }
    }
  }

  /// Every call that names a run.
  static let runCalls: [(String, @Sendable (EngineFixture, Wire.RunRef?) async throws -> Void)] = [
    ("GetRun", { _ = try await $0.client.getRun(.init(run: $1)) }),
    ("ListNodes", { _ = try await $0.client.listNodes(.init(run: $1)) }),
    ("GetAttempt", { _ = try await $0.client.getAttempt(.init(run: $1, node: "A")) }),
    (
      "GetNodeLog",
      { try await $0.client.getNodeLog(.init(run: $1, node: "A")) { for try await _ in $0 {} } }
    ),
    (
      "WatchRun",
      { house, run in
        try await house.client.watchRun(.init(run: run)) { for try await _ in $0 {} }
      }
    ),
    ("SuspendRun", { _ = try await $0.client.suspendRun(.init(run: $1)) }),
    ("ResumeRun", { _ = try await $0.client.resumeRun(.init(run: $1)) }),
    ("StopRun", { _ = try await $0.client.stopRun(.init(run: $1)) }),
  ]

  @Test("runs that are named wrongly, or are somebody else's", arguments: Deployment.allCases)
  func runs(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      let run = try await house.run()
      for (_, call) in Self.runCalls {
        for reference in [nil, Wire.RunRef(), .init(runID: "x"), .init(runID: "latest")] {
          _ = await refused("run_id_invalid") { try await call(house, reference) }
        }
        for reference in [
          Wire.RunRef(runID: Self.unknown), .init(namespace: "nowhere", runID: run),
          .init(application: "other", runID: run), .init(workflow: "X", runID: run),
          .init(application: "demo", workflow: "W", runID: "x"),
        ] {
          _ = await refused("run_not_found", .notFound) { try await call(house, reference) }
        }
      }
    }
  }

  // MARK: - Raw bytes

  /// A string of a request, by its number.
  struct TextField: Sendable {
    var method: MethodDescriptor
    var number: UInt8
  }

  /// Application, workflow, external_run_id, conf and request_id of a trigger; namespace and
  /// application of a deletion, statuses of a list, reason of a stop.
  static let textFields =
    [2, 3, 8, 9, 11].map { TextField(method: Wire.Engine.triggerPipeline, number: $0) }
    + [1, 2].map { TextField(method: Wire.Engine.deleteApplication, number: $0) } + [
      TextField(method: Wire.Engine.listRuns, number: 5),
      TextField(method: Wire.Engine.stopRun, number: 6),
    ]

  @Test(
    "ill-formed text in any string is refused by its field",
    arguments: textFields, [[0x61, 0xFF], [0xED, 0xA0, 0x80], [0x61, 0x00]] as [[UInt8]])
  func illFormed(field: TextField, text: [UInt8]) async throws {
    try await EngineFixture.with(.memory) { house in
      let message = RawMessage(bytes: [field.number << 3 | 2, UInt8(text.count)] + text)
      _ = await refused("invalid_text") {
        let _: RawMessage = try await house.client.caller.unary(
          field.method, message, options: .standard)
      }
      let runs = try await house.client.listRuns(.init()).runs
      #expect(runs.isEmpty)
    }
  }
}

/// Bytes in the place of a message.
private struct RawMessage: Message {
  static let messageName = "raw"
  var bytes: [UInt8] = []

  init() {}

  init(bytes: [UInt8]) { self.bytes = bytes }

  init(serialized bytes: UnsafeRawBufferPointer, limits: DecodingLimits) throws(BatonError) {
    self.bytes = Array(bytes)
  }

  func serialize(into buffer: inout ByteBuffer, prefix: (Int, inout ByteBuffer) -> Void) {
    prefix(bytes.count, &buffer)
    buffer.writeBytes(bytes)
  }
}
