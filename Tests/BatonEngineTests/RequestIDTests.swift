import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import Testing

/// Calls that are safe to repeat (CT7, SR44).
@Suite("Request ids", .timeLimit(.minutes(1))) struct RequestIDTests {
  /// A mutating method of the engine: makes what it needs, then calls with an id.
  ///
  /// `changed` calls with another body. What it answers is comparable as text.
  struct Method: CustomTestStringConvertible, Sendable {
    var name: String
    /// What is to be there before each call; gives the run that calls are about.
    var prepare: @Sendable (EngineFixture) async throws -> String
    var call:
      @Sendable (EngineFixture, _ run: String, CallOptions, RequestForm) async throws -> String
    /// The reason of a second call without an id; nil: it is accepted.
    var secondReason: BatonError.Reason?
    var testDescription: String { name }
  }

  /// How a request differs from the first one.
  struct RequestForm: Sendable {
    var id = "r"
    var isChanged = false
  }

  private static let file = """
    baton: 1
    application: other
    workflows: {W: {nodes: []}}
    """

  private static func blocked(_ house: EngineFixture) async throws -> String {
    try await house.deploy(nodes: "- {name: A, program: block}")
    let run = try await house.trigger()
    _ = await house.programs.launch(of: "A", in: run)
    return run
  }

  static let methods = [
    Method(
      name: "DeployApplication", prepare: { _ in "" },
      call: { house, _, options, form in
        let text = file + (form.isChanged ? "\n# other\n" : "")
        let answer = try await house.client.deployApplication(
          .init(content: Array(text.utf8), requestID: form.id), options: options)
        return "\(answer)"
      }),
    Method(
      name: "DeleteApplication",
      prepare: { house in
        try await house.deploy(file)
        return ""
      },
      call: { house, _, options, form in
        let answer = try await house.client.deleteApplication(
          .init(
            application: "other", listeners: form.isChanged ? .keep : .unspecified,
            requestID: form.id), options: options)
        return "\(answer)"
      }, secondReason: "app_not_found"),
    Method(
      name: "TriggerPipeline",
      prepare: { house in
        try await house.deploy(file)
        return ""
      },
      call: { house, _, options, form in
        let answer = try await house.client.triggerPipeline(
          .init(
            application: "other", workflow: "W", env: form.isChanged ? ["E": "1"] : [:],
            requestID: form.id), options: options)
        return "\(answer.runID) \(answer.version) \(answer.status)"
      }),
    Method(
      name: "SuspendRun", prepare: blocked,
      call: { house, run, options, form in
        let answer = try await house.client.suspendRun(
          .init(run: .init(runID: run), note: form.isChanged ? "n" : "", requestID: form.id),
          options: options)
        return "\(answer)"
      }, secondReason: "run_already_suspended"),
    Method(
      name: "ResumeRun",
      prepare: { house in
        let run = try await blocked(house)
        _ = try await house.suspendRun(run)
        return run
      },
      call: { house, run, options, form in
        let answer = try await house.client.resumeRun(
          .init(run: .init(runID: run), note: form.isChanged ? "n" : "", requestID: form.id),
          options: options)
        return "\(answer)"
      }, secondReason: "run_not_suspended"),
    Method(name: "StopRun", prepare: blocked) { house, run, options, form in
      let answer = try await house.client.stopRun(
        .init(
          run: .init(runID: run), reason: form.isChanged ? "other" : "", requestID: form.id),
        options: options)
      return "\(answer)"
    },
  ]

  @Test("the table has every mutating method of the engine that this version serves")
  func complete() {
    let served = Wire.Engine.descriptor.methods.filter(\.isMutating).map(\.method)
    let later: Set = ["RerunTask", "SkipNode", "UpdateEnv", "BatchStart", "BatchStop"]
    #expect(Set(served).subtracting(later) == Set(Self.methods.map(\.name)))
  }

  @Test("a repeat gets the first answer", arguments: Deployment.allCases, methods)
  func repeats(deployment: Deployment, method: Method) async throws {
    try await EngineFixture.with(deployment) { house in
      let run = try await method.prepare(house)
      let first = try await method.call(house, run, .standard, .init())
      #expect(try await method.call(house, run, .standard, .init()) == first)
      // The id may come as metadata instead; a different one beside it is refused.
      let metadata = CallOptions(metadata: [.init(key: "baton-request-id", value: "r")])
      #expect(try await method.call(house, run, metadata, .init(id: "")) == first)
      #expect(try await method.call(house, run, metadata, .init()) == first)
      _ = await refused("request_id_invalid") {
        _ = try await method.call(house, run, metadata, .init(id: "other"))
      }
      _ = await refused("request_id_reused", .alreadyExists) {
        _ = try await method.call(house, run, .standard, .init(isChanged: true))
      }
      let second = try await house.answer {
        _ = try await method.call(house, run, .standard, .init(id: ""))
        return nil
      }
      #expect(second == method.secondReason?.rawValue)
    }
  }

  @Test(
    "ill-formed ids are refused before anything is done", arguments: methods,
    ["a\nb", "ü", String(repeating: "x", count: 129)])
  func illFormed(method: Method, id: String) async throws {
    try await EngineFixture.with(.memory) { house in
      let run = try await method.prepare(house)
      _ = await refused("request_id_invalid") {
        _ = try await method.call(house, run, .standard, .init(id: id))
      }
      let longest = String(repeating: "~", count: 128)
      _ = try await method.call(house, run, .standard, .init(id: longest))
    }
  }

  @Test("only accepted calls are remembered", arguments: Deployment.allCases)
  func refusedCalls(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      let run = try await Self.blocked(house)
      _ = await refused("run_not_suspended", .failedPrecondition) {
        _ = try await house.client.resumeRun(.init(run: .init(runID: run), requestID: "r"))
      }
      _ = try await house.suspendRun(run)
      let answer = try await house.client.resumeRun(
        .init(run: .init(runID: run), note: "another body", requestID: "r"))
      #expect(answer.status == .resuming)
      _ = await refused("app_invalid") {
        _ = try await house.client.deployApplication(
          .init(content: Array("baton: 2".utf8), requestID: "r"))
      }
      let deployed = try await house.client.deployApplication(
        .init(content: Array(Self.file.utf8), requestID: "r"))
      #expect(deployed.created)
      // The id is looked up before the file is judged.
      _ = await refused("request_id_reused", .alreadyExists) {
        _ = try await house.client.deployApplication(
          .init(content: Array("baton: 2".utf8), requestID: "r"))
      }
    }
  }

  @Test("dry runs neither look an id up nor keep it")
  func dryRuns() async throws {
    try await EngineFixture.with(.memory) { house in
      func deploy(_ text: String, dryRun: Bool) async throws -> Wire.DeployApplicationResponse {
        try await house.client.deployApplication(
          .init(content: Array(text.utf8), dryRun: dryRun, requestID: "r"))
      }
      let first = try await deploy(Self.file, dryRun: true)
      #expect(first.created)
      let stored = try await deploy(Self.file + "\n", dryRun: false)
      #expect(stored.created && stored.version == 1)
      let second = try await deploy(Self.file, dryRun: true)
      #expect(!second.created && second.version == 1)
      let bad = try await deploy("baton: 2", dryRun: true)
      #expect(bad.problemsTotal > 0)
    }
  }

  @Test("an id is used up per method, namespace and caller")
  func scopes() async throws {
    try await EngineFixture.with(.memory) { house in
      func deploy(_ namespace: String) async throws -> Wire.DeployApplicationResponse {
        try await house.client.deployApplication(
          .init(namespace: namespace, content: Array(Self.file.utf8), requestID: "r"))
      }
      #expect(try await deploy("one").created)
      #expect(try await deploy("two").created)
      let run = try await house.client.triggerPipeline(
        .init(namespace: "one", application: "other", workflow: "W", requestID: "r"))
      #expect(!run.replayed)
    }
  }

  @Test("SE-15, SE-16, SE-17 20 concurrent triggers", arguments: Deployment.allCases)
  func concurrent(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(Self.file)
      func trigger(
        external: String, id: String
      ) async -> [(answer: Wire.TriggerPipelineResponse?, reason: String?)] {
        await withTaskGroup(of: (Wire.TriggerPipelineResponse?, String?).self) { group in
          for _ in 0..<20 {
            group.addTask {
              do {
                let answer = try await house.client.triggerPipeline(
                  .init(
                    application: "other", workflow: "W", externalRunID: external, requestID: id))
                return (answer, nil)
              } catch {
                return (nil, (error as? BatonError)?.reason.rawValue)
              }
            }
          }
          return await group.reduce(into: []) { $0.append(($1.0, $1.1)) }
        }
      }
      let taken = await trigger(external: "one", id: "")
      #expect(taken.count { $0.answer != nil } == 1)
      #expect(taken.count { $0.reason == "run_id_taken" } == 19)
      let same = await trigger(external: "two", id: "r").compactMap(\.answer)
      #expect(same.count == 20 && Set(same.map(\.runID)).count == 1)
      #expect(same.count { $0.replayed } == 19)
      let free = await trigger(external: "", id: "").compactMap(\.answer)
      #expect(Set(free.map(\.runID)).count == 20)
      #expect(try await house.client.listRuns(.init()).runs.count == 22)
    }
  }
}
