import BatonClient
import BatonWire
import Testing

/// Typed values of tokens between client and service.
@Suite("Typed token values", .timeLimit(.minutes(1))) struct TypedTokenTests {
  /// A run whose node A is under way, with the client of a user and that of the program.
  private func with(
    _ deployment: Deployment,
    _ body: (_ run: Run, _ task: TaskToken) async throws -> Void
  ) async throws {
    try await EngineFixture.with(deployment) { house in
      try await house.deploy(nodes: "- {name: A, program: block}")
      let id = try await house.trigger()
      let launch = await house.programs.launch(of: "A")
      let credential = try #require(launch.variable("BATON_TASK_TOKEN"))
      let task = BatonClient(
        caller: house.transport, options: ClientOptions(credential: .task(credential)))
      let client = BatonClient(caller: house.transport)
      try await body(client.run(id), TaskToken(client: task))
      await house.programs.finish("A")
      try await house.end(of: id)
    }
  }

  private func expect<Value: Equatable>(
    _ expected: Value?, of text: String, _ read: () async throws -> Value
  ) async throws {
    do {
      let value = try await read()
      #expect(value == expected, "\(text)")
    } catch let error as BatonError {
      #expect(expected == nil && error.reason == "token_value_invalid", "\(text): \(error)")
    }
  }

  @Test("TK-41 the bool getter", arguments: Deployment.allCases)
  func bools(deployment: Deployment) async throws {
    let cases: [(String, Bool?)] = [("1", nil), ("yes", nil), ("TRUE", true), ("", nil)]
    try await with(deployment) { run, task in
      for (text, value) in cases {
        try await task.put("k", text)
        try await expect(value, of: text) { try await run.token().bool("k") }
      }
    }
  }

  @Test("TK-42 the int64 getter", arguments: Deployment.allCases)
  func integers(deployment: Deployment) async throws {
    let cases: [(String, Int64?)] = [
      ("2147483648", 2_147_483_648), (" 5", nil), ("+5", nil), ("1.0", nil),
      ("9223372036854775808", nil),
    ]
    try await with(deployment) { run, task in
      for (text, value) in cases {
        try await task.put("k", text)
        try await expect(value, of: text) { try await run.token().int64("k") }
      }
    }
  }

  @Test("TK-43 the double setter", arguments: Deployment.allCases)
  func doubles(deployment: Deployment) async throws {
    try await with(deployment) { run, task in
      await #expect(throws: BatonError.self) { try await task.put("k", Double.nan) }
      let absent = try await run.token().find("k")
      #expect(absent == nil)
      try await task.put("k", 0.1)
      #expect(try await run.token().string("k") == "0.1")
      try await task.put("k", 1e21)
      #expect(try await run.token().double("k") == 1e21)
    }
  }
}
