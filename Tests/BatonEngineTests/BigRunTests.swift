import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import Testing

/// Values at the limits, through the RPCs.
@Suite("Large and odd applications", .timeLimit(.minutes(3))) struct BigRunTests {
  @Test("a run of 10,000 nodes is deployed, executed and listed", arguments: Deployment.allCases)
  func manyNodes(deployment: Deployment) async throws {
    let nodes = (0..<10_000).map { index in
      // A comb: every tenth node waits for the one ten before it.
      index >= 10 && index % 10 == 0
        ? "      - {name: N\(index), program: n, after: [N\(index - 10)]}"
        : "      - {name: N\(index), program: n}"
    }
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(
        """
        baton: 1
        application: demo
        programs: {n: {type: NOOP}}
        workflows:
          W:
            nodes:
        \(nodes.joined(separator: "\n"))
        """)
      let run = try await house.run()
      #expect(try await house.status(run) == .completed)
      let reference = Wire.RunRef(runID: run)
      var names: [String] = []
      var token = ""
      repeat {
        let page = try await house.client.listNodes(
          .init(run: reference, withAttempts: true, pageSize: 1000, pageToken: token))
        #expect(page.nodes.count <= 1000)
        #expect(page.nodes.allSatisfy { $0.status == .completed && $0.attempts.count == 1 })
        names += page.nodes.map(\.node)
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(names.count == 10_000 && Set(names).count == 10_000)
      let model = try #require(
        try await house.client.getApplication(.init(application: "demo", workflow: "W")).model)
      #expect(model.nodes.count == 10_000 && model.graphOrder.count == 10_000)
      #expect(model.graphOrder.map { model.nodes[Int($0)].name } == names)
      let failed = try await house.client.listNodes(.init(run: reference, statuses: ["FAILED"]))
      #expect(failed.nodes.isEmpty && failed.nextPageToken.isEmpty)
    }
  }

  @Test(
    "legal but odd names", arguments: Deployment.allCases,
    [
      String(repeating: "x", count: 128), "_leading", "true", "null", "007", "1.0", "A.b-c_d",
      "~", "no",
    ])
  func names(deployment: Deployment, name: String) async throws {
    guard name != "~" else { return }
    let node = name.replacing(".", with: "_")
    try await EngineFixture.with(deployment) { house in
      let text = """
        baton: 1
        application: \(name)
        programs: {\(name): {type: COMMAND, argv: [p, "${prop.\(name)}"], properties: {\(name): \(name)}}}
        workflows: {w-\(name.prefix(126)): {nodes: [{name: \(node), program: \(name)}]}}
        """
      let workflow = "w-\(name.prefix(126))"
      try await house.deploy(text, namespace: name)
      let run = try await house.client.triggerPipeline(
        .init(namespace: name, application: name, workflow: workflow, externalRunID: name)
      ).runID
      try await house.end(of: run)
      #expect(try await house.letters(run, node) == "C")
      #expect(house.programs.launches(of: node).map(\.argv) == [["p", name]])
      let brought = try await house.client.getRun(
        .init(
          run: .init(
            namespace: name, application: name, workflow: workflow, runID: name)))
      #expect(brought.run?.runID == run && brought.run?.namespace == name)
      let listed = try await house.client.listApplications(.init(namespace: name))
      #expect(listed.applications.map(\.application) == [name])
    }
  }

  @Test("pages of applications end before a frame does")
  func largeDescriptions() async throws {
    try await EngineFixture.with(.sqlite) { house in
      let text = String(repeating: "d", count: 1_500_000)
      for index in 0..<5 {
        try await house.deploy(
          "baton: 1\napplication: a\(index)\ndescription: \(text)\nworkflows: {W: {nodes: []}}\n")
      }
      var sizes: [Int] = []
      var token = ""
      repeat {
        let page = try await house.client.listApplications(.init(pageToken: token))
        sizes.append(page.applications.count)
        token = page.nextPageToken
      } while !token.isEmpty
      #expect(sizes == [2, 2, 1])
    }
  }

  @Test("an attempt that used more than a frame holds names what is left out")
  func omitted() async throws {
    try await EngineFixture.with(.memory) { house in
      let properties = (0..<60).map { "p\($0): \"${arg.big}\"" }.joined(separator: ", ")
      try await house.deploy(
        nodes: "- {name: A, program: ok, properties: {\(properties)}}")
      let run = try await house.run(["big": String(repeating: "x", count: 65_000)])
      let answer = try await house.client.getAttempt(.init(run: .init(runID: run), node: "A"))
      #expect(answer.argv == ["ok"] && answer.arguments.count == 1)
      #expect(answer.properties.count + answer.omitted.count == 60 && answer.omitted.count > 10)
      #expect(answer.omitted.allSatisfy { $0.field == "properties" && $0.bytes == 65_000 })
    }
  }
}
