import Glibc
import Testing

/// How `batond` ends (C5, FR14, WI-09).
@Suite struct ShutdownTests {
  @Test(
    "C5: SIGTERM and SIGINT drain; programs go on and are found again",
    arguments: Deployment.allCases, [SIGTERM, SIGINT])
  func drain(deployment: Deployment, signal: Int32) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo printed; echo "began $$" > $D/mail
          read x < $D/gate
          echo "ended $$" > $D/mail
          until baton token put k=v; do :; done
          """
        ], nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      let pid = try await mail.line("began")
      let watch = try installation.start("watch", id, "--json")
      _ = try await watch.line(beginning: #"{"event":5,"#)
      let connection = try WireConnection(
        socket: installation.scratch.file("\(installation.front).sock"))
      defer { connection.hangUp() }
      connection.send([Self.watch(1, id), Self.followLog(3, id, "A"), Self.ping(5)])
      #expect(try await connection.code(of: 5) == 0)
      for role in deployment.servers.reversed() {
        let process = try installation.process(role)
        process.signal(signal)
        #expect(try await process.end(within: .seconds(15)) == .exited(0), "\(process.state.value)")
      }
      #expect(try await connection.code(of: 1) == 14, "streams end with 14")
      #expect(try await connection.code(of: 3) == 14)
      #expect(kill(try #require(pid_t(pid)), 0) == 0, "the program goes on")
      try await installation.start()
      #expect(try await installation.run(id).statuses == ["A RUNNING"])
      gate.open()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED"])
      #expect(run.nodes[0].attemptsTotal == 1)
      #expect(try await mail.line("ended") == pid)
      #expect(try await installation.done("token", "get", id, "k").text == "v")
      let watched = try await Baton.answer(of: watch)
      // It goes on by itself, unless the server was away for longer than clients try to connect.
      #expect([0, 5].contains(watched.status), "\(watched)")
      let all = try await installation.done("watch", id, "--json").output
      let events = watched.output.split(separator: "\n").filter { !$0.hasPrefix(#"{"error":"#) }
      let expected = all.split(separator: "\n")
      #expect(events == Array(expected.prefix(events.count)), "each event once, in order")
      #expect(watched.status == 5 || events.count == expected.count)
      try await installation.stop()
    }
  }

  @Test("a program that ends while no server runs has its outcome", arguments: Deployment.allCases)
  func endedMeanwhile(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": """
          echo "began $$" > $D/mail
          read x < $D/gate
          echo k=v > "$BATON_TOKEN_FILE"; echo "ended $$" > $D/mail
          """,
          "B": "baton token get k",
        ], nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
      let id = try await installation.trigger()
      _ = try await mail.line("began")
      try await installation.stop()
      gate.open()
      _ = try await mail.line("ended")
      try await installation.start()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED", "B COMPLETED"])
      #expect(try await installation.done("logs", id, "B").output == "v\n")
      try await installation.stop()
    }
  }

  @Test(
    "WI-09: SIGTERM with 50 calls in flight: all 50 answered, the 51st gets 14",
    .enabled(if: Tracer.isAvailable, "strace may trace processes here"),
    arguments: Deployment.allCases)
  func callsInFlight(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(scripts: ["A": ":"], nodes: "[]")
      let process = try installation.process(installation.front)
      let connection = try WireConnection(
        socket: installation.scratch.file("\(installation.front).sock"))
      defer { connection.hangUp() }
      // Every sync takes so long that no call is over before the server is told to stop.
      let tracer = try await Tracer(process.pid, delay: .seconds(2), in: installation.scratch)
      connection.send((0..<50).map { Self.trigger(2 * $0 + 1) } + [Self.ping(1001)])
      #expect(try await connection.code(of: 1001) == 0)
      #expect(connection.received.value.answers.count < 51, "calls are in flight")
      process.signal(SIGTERM)
      var id: UInt32 = 1003
      while true {
        connection.send([Self.ping(id)])
        let code = try await connection.code(of: id)
        guard code == 0 else {
          #expect(code == 14)
          break
        }
        id += 2
      }
      #expect(try await process.end() == .exited(0), "\(process.state.value)")
      let received = try await connection.received.first("the end") { $0.isClosed ? $0 : nil }
      let triggers = received.answers.filter { $0.id < 1001 }
      #expect(Set(triggers.map(\.id)).count == 50 && triggers.count == 50, "\(received)")
      #expect(triggers.allSatisfy { $0.code == 0 }, "\(received)")
      _ = try await tracer.syncs()
      try await installation.start(installation.front)
      let runs = try await installation.done("runs", "demo/W", "--limit", "100", "--json")
        .json(RunsView.self)
      #expect(runs.runs.count == 50)
      try await installation.stop()
    }
  }

  @Test("C5: a second SIGTERM ends the server at once")
  func second() async throws {
    try await withInstallation(.split) { installation in
      let engine = try installation.process(.engine)
      let tokens = try installation.process(.tokens)
      let connection = try WireConnection(socket: installation.scratch.file("engine.sock"))
      defer { connection.hangUp() }
      tokens.signal(SIGSTOP)
      defer { tokens.signal(SIGCONT) }
      // The engine passes the call on to a token store that does not answer.
      connection.send([
        WireConnection.request(1, "baton.token.v1.TokenStore", "GetToken", [0x1A, 1, 0x6B]),
        Self.ping(3),
      ])
      #expect(try await connection.code(of: 3) == 0)
      engine.signal(SIGTERM)
      var id: UInt32 = 5
      repeat {
        connection.send([Self.ping(id)])
        id += 2
      } while try await connection.code(of: id - 2) == 0
      #expect(engine.state.value.end == nil, "it waits for the call in flight")
      let time = try await ContinuousClock().measure {
        engine.signal(SIGTERM)
        _ = try await engine.end(within: .seconds(20))
      }
      #expect(time < .seconds(5), "\(time)")
      #expect(engine.state.value.end == .exited(0), "\(engine.state.value)")
    }
  }

  private static func ping(_ id: UInt32) -> [UInt8] {
    WireConnection.request(id, "baton.admin.v1.Session", "Ping")
  }

  private static func watch(_ id: UInt32, _ run: String) -> [UInt8] {
    WireConnection.request(id, "baton.engine.v1.Engine", "WatchRun", reference(run))
  }

  /// GetNodeLog with `follow`.
  private static func followLog(_ id: UInt32, _ run: String, _ node: String) -> [UInt8] {
    let payload = reference(run) + WireConnection.field(2, Array(node.utf8)) + [0x40, 1]
    return WireConnection.request(id, "baton.engine.v1.Engine", "GetNodeLog", payload)
  }

  /// The field `run` with the run's id.
  private static func reference(_ run: String) -> [UInt8] {
    WireConnection.field(1, WireConnection.field(4, Array(run.utf8)))
  }

  private static func trigger(_ id: UInt32) -> [UInt8] {
    let payload = WireConnection.field(2, Array("demo".utf8)) + [0x1A, 1, UInt8(ascii: "W")]
    return WireConnection.request(id, "baton.engine.v1.Engine", "TriggerPipeline", payload)
  }
}
