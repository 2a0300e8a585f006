import Testing

/// Limits of attempts from the application file to the record (G65).
@Suite struct LimitTests {
  @Test(
    "WF-43: more output or processor time than allowed fails the attempt, and nothing is left",
    arguments: Deployment.allCases)
  func limits(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: ["Print": "printf %2000s .", "Loop": "while :; do :; done"],
        nodes: """
          - {name: A, program: Print, limits: {output_bytes: 1000}}
          - {name: B, program: Loop, after: [A.failure], limits: {cpu_time: 100ms}}
          """)
      let id = try await installation.trigger()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A FAILED", "B FAILED"])
      for (node, limit) in zip(run.nodes, ["output_bytes", "cpu_time"]) {
        #expect(node.reason == "limit_exceeded", "\(run)")
        let text = try await installation.done("nodes", id, "--json").output
        #expect(text.contains(limit), "\(text)")
      }
      try await installation.stop()
    }
  }
}
