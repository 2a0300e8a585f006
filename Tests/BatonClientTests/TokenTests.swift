import BatonClient
import BatonWire
import Testing

@Suite(.timeLimit(.minutes(1))) struct TokenTests {
  private func server(value: String) -> FakeServer {
    FakeServer(
      FakeServer.Script(
        entry: Wire.TokenEntry(
          scope: .user, node: "B", attempt: 2, attemptStatus: .failed, value: value, seq: 7,
          time: 9)))
  }

  @Test func anEntrySaysWhoPutIt() async throws {
    let server = server(value: "x")
    let entry = try await server.serve { client in
      try await client.run("r").token(at: Viewpoint(node: "C", attempt: 3), scope: .system)
        .get("k", node: "B")
    }
    #expect(entry.node == "B")
    #expect(entry.attempt == 2)
    #expect(entry.attemptStatus == .failed)
    #expect(entry.seq == 7)
    let request = try #require(server.asked.tokens.first)
    #expect(request.viewpoint == Wire.Viewpoint(atNode: "C", atAttempt: 3))
    #expect(request.scope == .system)
    #expect(request.node == "B")
    #expect(request.run?.runID == "r")
  }

  @Test(
    "TK-41, TK-42 typed getters fail with key and node",
    arguments: [
      ("1", nil, 1, 1), ("yes", nil, nil, nil), ("TRUE", true, nil, nil), ("", nil, nil, nil),
      ("2147483648", nil, 2_147_483_648, 2_147_483_648), (" 5", nil, nil, nil),
      ("+5", nil, nil, nil), ("1.0", nil, nil, 1), ("9223372036854775808", nil, nil, 0x1p63),
    ] as [(String, Bool?, Int64?, Double?)])
  func typed(text: String, bool: Bool?, int64: Int64?, double: Double?) async throws {
    try await server(value: text).serve { client in
      let token = client.run("r").token()
      try await check(bool) { try await token.bool("k") }
      try await check(int64) { try await token.int64("k") }
      try await check(double) { try await token.double("k") }
    }
  }

  private func check<Value: Equatable>(
    _ expected: Value?, _ read: () async throws -> Value
  ) async throws {
    do {
      let value = try await read()
      #expect(value == expected)
    } catch let error as BatonError {
      #expect(expected == nil)
      #expect(error.reason == "token_value_invalid")
      #expect(error.message.contains("k") && error.message.contains("B"))
    }
  }

  @Test func aKeyThatIsAbsentIsAnErrorOrNil() async throws {
    try await FakeServer().serve { client in
      let token = client.run("r").token()
      let error = await #expect(throws: BatonError.self) { try await token.string("k") }
      #expect(error?.reason == "token_key_not_found")
      let found = try await token.find("k")
      #expect(found == nil)
    }
  }

  @Test("T56 a key that goes on on the next page is one key") func pages() async throws {
    func key(_ name: String, _ nodes: [String]) -> Wire.TokenKey {
      Wire.TokenKey(key: name, entries: nodes.map { Wire.TokenEntry(key: name, node: $0) })
    }
    let server = FakeServer(
      FakeServer.Script(tokenPages: [
        Wire.ListTokensResponse(
          keys: [key("a", ["1"]), key("b", ["1", "2"])], nextPageToken: "t"),
        Wire.ListTokensResponse(keys: [key("b", ["3"]), key("c", ["1"])]),
      ]))
    let keys = try await server.serve { try await $0.run("r").token().all() }
    #expect(keys.map(\.key) == ["a", "b", "c"])
    #expect(keys[1].entries.map(\.node) == ["1", "2", "3"])
  }

  @Test("TK-43 setters write the canonical text") func setters() async throws {
    let server = FakeServer()
    let options = ClientOptions(credential: .task("secret"))
    try await server.serve(options: options) { client in
      let token = TaskToken(client: client)
      try await token.put("b", true)
      try await token.put("i", Int64.min)
      try await token.put("d", 0.1)
      try await token.put([TokenAssignment("x", "1"), TokenAssignment("x", "2")])
      await #expect(throws: BatonError.self) { try await token.put("n", Double.nan) }
      await #expect(throws: BatonError.self) { try await token.put("n", -Double.infinity) }
    }
    let puts = server.asked.puts
    #expect(
      puts.map { $0.entries.map(\.value) } == [
        ["true"], ["-9223372036854775808"], ["0.1"], ["1", "2"],
      ])
    #expect(Set(puts.map(\.requestID)).count == 4)
    #expect(puts.allSatisfy { $0.run == nil && $0.node.isEmpty })
    #expect(server.asked.metadata.allSatisfy { $0["authorization"] == "Task secret" })
    #expect(server.asked.metadata.allSatisfy { $0["baton-client"] == "baton-swift" })
  }

  @Test func aTaskIsReadFromTheEnvironment() throws {
    let environment = [
      "BATON_TASK_TOKEN": "t", "BATON_ADDRESS": "unix:/s", "BATON_RUN_ID": "r",
      "BATON_NODE": "n", "BATON_ATTEMPT": "2", "BATON_VERSION": "3",
    ]
    let task = try BatonTask { environment[$0] }
    #expect(task.node == "n")
    #expect(task.attempt == 2)
    #expect(task.version == 3)
    #expect(task.namespace == "default")
    let error = #expect(throws: BatonError.self) { try BatonTask { _ in nil } }
    #expect(error?.reason == "not_in_node")
    #expect(error?.message.contains("BATON_TASK_TOKEN") == true)
  }

  @Test func credentialsAreNotShown() {
    #expect("\(Credential.bearer("secret"))" == "Bearer ***")
    #expect(String(reflecting: Credential.task("secret")) == "Task ***")
  }

  @Test("SR55 a bearer token does not travel in the clear") func secrecy() async {
    let options = ClientOptions(credential: .bearer("secret"))
    let error = await #expect(throws: BatonError.self) {
      try await withBatonClient(address: "192.0.2.1:7600", options: options) { try await $0.ping() }
    }
    #expect(error?.reason == "address_invalid")
  }

  @Test("addresses are checked", arguments: ["", "host", "host:x", "unix:", "::1:5"])
  func addresses(address: String) async {
    let error = await #expect(throws: BatonError.self) {
      try await withBatonClient(address: address) { try await $0.ping() }
    }
    #expect(error?.reason == "address_invalid")
  }
}
