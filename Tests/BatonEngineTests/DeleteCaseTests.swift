import BatonCore
import BatonEngine
import BatonExec
import BatonStore
import BatonWire
import Testing

/// Deleting applications through the RPCs (G64).
@Suite("Cases of deletion", .timeLimit(.minutes(2))) struct DeleteCaseTests {
  @Test("WF-40 an application goes with all that is its", arguments: Deployment.allCases)
  func delete(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let run = try await house.trigger()
      let spec = await house.programs.launch(of: "A")
      let error = await refused("run_active", .failedPrecondition) { try await house.delete() }
      #expect(error?.hint != nil)
      try await house.put(spec, ["k": "1"])
      await house.programs.finish("A")
      try await house.end(of: run)
      #expect(try await house.value(run, "k") == "1")

      try await house.delete()
      #expect(house.programs.removedRuns.map { "\($0)" } == [run])
      let reference = Wire.RunRef(runID: run)
      _ = await refused("run_not_found", .notFound) { _ = try await house.details(run) }
      _ = await refused("run_not_found", .notFound) { _ = try await house.nodes(run) }
      _ = await refused("run_not_found", .notFound) { try await house.end(of: run) }
      _ = await refused("run_not_found", .notFound) { _ = try await house.value(run, "k") }
      _ = await refused("run_not_found", .notFound) {
        _ = try await house.client.getNodeLog(.init(run: reference, node: "A")) {
          for try await _ in $0 {}
        }
      }
      _ = await refused("app_not_found", .notFound) { _ = try await house.trigger() }
      _ = await refused("app_not_found", .notFound) { try await house.delete() }
      _ = await refused("app_not_found", .notFound) {
        _ = try await house.client.getApplication(.init(application: "demo"))
      }
      #expect(try await house.client.listApplications(.init()).applications.isEmpty)
      let kinds = try await house.engine.store.readAsync {
        try $0.events(after: 0, limit: 1000).map(\.change)
      }
      #expect(kinds.last == .applicationDeleted)
    }
  }

  @Test(
    "an application of the same name is not taken for the deleted one",
    arguments: Deployment.allCases)
  func again(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: ok}")
      let old = try await house.run()
      #expect(try await house.value(old, "baton.attempt", node: "A", scope: .system) == "1")
      try await house.delete()
      let deployed = try await house.deploy(nodes: "- {name: B, program: ok}")
      #expect(deployed.created && deployed.version == 2)
      let run = try await house.run()
      #expect(try await house.letters(run, "A B") == "? C")
      #expect(try await house.value(run, "baton.attempt", node: "B", scope: .system) == "1")
      _ = await refused("node_not_found", .notFound) {
        _ = try await house.value(run, "baton.attempt", node: "A", scope: .system)
      }
      _ = await refused("version_not_found", .notFound) {
        _ = try await house.trigger(version: 1)
      }
    }
  }

  @Test("others work on while a large application is deleted", arguments: [Deployment.sqlite])
  func large(deployment: Deployment) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "[]")
      var last = ""
      for _ in 0..<1500 { last = try await house.trigger() }
      try await house.end(of: last)
      _ = try await house.runsDriven()
      try await house.deploy(
        """
        baton: 1
        application: other
        workflows: {W: {nodes: []}}
        """)
      async let deleted: Void = house.delete()
      let run = try await house.run(application: "other")
      #expect(try await house.status(run) == .completed)
      try await deleted
      #expect(house.programs.removedRuns.count == 1500)
      let runs = try await house.client.listRuns(.init(pageSize: 1000)).runs
      #expect(runs.map(\.runID) == [run])
    }
  }
}

extension EngineFixture {
  func delete(requestID: String = "") async throws {
    _ = try await client.deleteApplication(
      .init(application: "demo", requestID: requestID))
  }
}
