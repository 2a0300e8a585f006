import BatonCore
import BatonWire
import Foundation
import Testing

/// Cases with real processes under their shims.
@Suite("Cases of processes", .timeLimit(.minutes(2))) struct ProcessCaseTests {
  /// A file whose workflow W has these nodes, and programs by name and shell script.
  private static func file(
    _ nodes: [String], _ scripts: KeyValuePairs<String, String>, more: String = ""
  ) -> String {
    let programs = scripts.map { name, script in
      let text = JSONString.quoted(script)
      return "  \(name): {type: COMMAND, argv: [/bin/sh, -c, \(text), sh, \"${arg.x:-}\"]}"
    }
    return """
      baton: 1
      application: demo
      programs:
      \(programs.joined(separator: "\n"))
      workflows:
        W:
          on_failure: \(more.isEmpty ? "stop-siblings" : more)
          nodes:
      \(nodes.map { "      - \($0)" }.joined(separator: "\n"))
      """
  }

  /// Processes that carry a run's id in their environment.
  static func processes(of run: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.filter { name in
      guard Int(name) != nil,
        let environment = FileManager.default.contents(atPath: "/proc/\(name)/environ")
      else { return false }
      return String(decoding: environment, as: UTF8.self).contains("BATON_RUN_ID=\(run)")
    }
  }

  private func output(_ house: EngineFixture, _ run: String, _ node: String) async throws -> String
  {
    try await house.client.getNodeLog(.init(run: .init(runID: run), node: node)) { chunks in
      var bytes: [UInt8] = []
      for try await chunk in chunks { bytes += chunk.data }
      return String(decoding: bytes, as: UTF8.self)
    }
  }

  @Test("WF-01, WF-08 exit codes of processes, with their output", arguments: Deployment.allCases)
  func exits(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(
        Self.file(
          ["{name: A, program: a}", "{name: B, program: b, after: [A]}"],
          ["a": "echo hello $BATON_NODE $1", "b": "exit 3"]))
      let run = try await house.run(["x": "a b"])
      #expect(try await house.letters(run, "A B") == "C F")
      #expect(try await output(house, run, "A") == "hello A a b\n")
      let attempt = try #require(try await house.nodes(run)["B"]?.attempts.first)
      #expect(attempt.exitChoice == .exitCode(3) && attempt.reason == "exit_nonzero")
      #expect(try await house.value(run, "baton.exit_code", node: "A", scope: .system) == "0")
      #expect(try await house.value(run, "baton.exit_code", node: "B", scope: .system) == "3")
      #expect(try await house.value(run, "baton.host", scope: .system) == "test-host")
    }
  }

  @Test("WF-11 a failure ends the sibling's processes", arguments: Deployment.allCases)
  func siblings(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(
        Self.file(
          [
            "{name: A, program: a}", "{name: B, program: b}",
            "{name: D, program: b, after: [A, B]}",
          ],
          ["a": "exit 1", "b": "sleep 1000 & sleep 1000"]))
      let run = try await house.run()
      #expect(try await house.letters(run, "A B D") == "F K U")
      #expect(Self.processes(of: run).isEmpty)
    }
  }

  @Test("WF-14 a timeout leaves no process", arguments: Deployment.allCases)
  func timeout(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(
        Self.file(
          ["{name: A, program: a, timeout: 200ms}"],
          ["a": "sleep 1000 & sleep 1000 & sleep 1000 & wait"]))
      let run = try await house.run()
      let node = try #require(try await house.nodes(run)["A"])
      #expect(node.status == .failed && node.reason == "node_timeout")
      #expect(Self.processes(of: run).isEmpty)
    }
  }

  @Test("WF-30 conditions by processes", arguments: Deployment.allCases)
  func conditions(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(
        Self.file(
          [
            "{name: P0, condition: {argv: [\"true\"]}}",
            "{name: P1, condition: {argv: [\"false\"]}}",
            "{name: P2, condition: {argv: [sh, -c, exit 2]}}",
            "{name: P3, condition: {argv: [/no/such/program]}}",
          ], [:], more: "finish-siblings"
        ).replacing("programs:\n\n", with: ""))
      let run = try await house.run()
      let nodes = try await house.nodes(run)
      #expect(nodes["P0"]?.outcome == .true && nodes["P1"]?.outcome == .false)
      #expect(nodes["P2"]?.reason == "exit_nonzero" && nodes["P3"]?.reason == "exec_failed")
    }
  }

  @Test("TK-29, TK-30 token files", arguments: Deployment.allCases)
  func tokenFiles(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(
        Self.file(
          ["{name: A, program: a}", "{name: B, program: b}"],
          [
            "a": #"printf 'a=1\n\nb=\nc==x\n' > "$BATON_TOKEN_FILE""#,
            "b": #"printf 'r<<E\nl1\n\nl3\nE\ne<<E\nE\n' > "$BATON_TOKEN_FILE""#,
          ]))
      let run = try await house.run()
      #expect(try await house.entries(run, of: "A") == ["a=1", "b=", "c==x"])
      #expect(try await house.entries(run, of: "B") == ["r=l1\n\nl3", "e="])
    }
  }

  @Test("TK-31, TK-32 a broken token file; a failed program's", arguments: Deployment.allCases)
  func brokenFiles(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(
        Self.file(
          ["{name: A, program: a}", "{name: B, program: b}", "{name: C, program: c}"],
          [
            "a": #"printf 'x=1\ny=2\noops\n' > "$BATON_TOKEN_FILE""#,
            "b": #"echo k=1 > "$BATON_TOKEN_FILE"; exit 1"#,
            "c": #"i=0; while [ $i -lt 1500 ]; do echo "k$i=$i"; i=$((i+1)); done "#
              + #"> "$BATON_TOKEN_FILE""#,
          ], more: "finish-siblings"))
      let run = try await house.run()
      let nodes = try await house.nodes(run)
      #expect(nodes["A"]?.reason == "token_file_invalid")
      #expect(nodes["A"]?.attempts.first?.message.contains("line 3") == true)
      #expect(try await house.entries(run, of: "A").isEmpty)
      #expect(nodes["B"]?.reason == "exit_nonzero")
      #expect(try await house.value(run, "k") == "1")
      // T48: a file may have more entries than a call.
      #expect(nodes["C"]?.status == .completed)
      #expect(try await house.value(run, "k1499", node: "C") == "1499")
    }
  }

  @Test("TK-33 BATON_TOKEN_JSON is the view at the start", arguments: Deployment.allCases)
  func tokenJSON(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(
        Self.file(
          ["{name: A, program: a}", "{name: B, program: b, after: [A]}"],
          ["a": #"echo k=1 > "$BATON_TOKEN_FILE""#, "b": #"cat "$BATON_TOKEN_JSON""#]))
      let run = try await house.run()
      let text = try await output(house, run, "B")
      let user =
        #""USER":{"k":[{"nodeName":"A","attempt":1,"attemptStatus":"COMPLETED","value":"1"}]}"#
      #expect(text.contains(user))
      #expect(text.contains(#""baton.exit_code":[{"nodeName":"A","attempt":1,"#))
      #expect(text.hasPrefix("{\"runId\":\"\(run)\",\"nodeName\":\"B\",\"attempt\":1,"))
    }
  }

  @Test("WF-32 an engine returns while a program runs", arguments: Deployment.allCases)
  func engineReturns(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      let fifo = house.directory + "/go"
      let run = try await house.processEngine { engine in
        try await engine.deploy(
          Self.file(
            ["{name: A, program: a}", "{name: B, program: b, after: [A]}"],
            ["a": "echo pid $$; mkfifo \(fifo); echo ready; read line < \(fifo)", "b": "exit 0"]))
        let run = try await engine.trigger()
        _ = try await waitForLog(engine, run, "ready")
        return run
      }
      let before = Set(Self.processes(of: run))
      #expect(!before.isEmpty)
      try await house.processEngine { engine in
        #expect(try await engine.letters(run, "A B") == "R –")
        #expect(Set(Self.processes(of: run)) == before)
        let file = try #require(FileHandle(forWritingAtPath: fifo))
        try file.write(contentsOf: Array("go\n".utf8))
        try file.close()
        let events = try await engine.end(of: run)
        #expect(try await engine.letters(run, "A B") == "C C")
        let ends = events.filter { $0.kind == .attempt && $0.node == "A" && !$0.from.isEmpty }
        #expect(ends.count == 1)
        #expect(try await engine.nodes(run)["A"]?.attemptsTotal == 1)
      }
    }
  }

  /// Waits until the program of A has written a text; gives all that it has written.
  private func waitForLog(
    _ engine: EngineFixture, _ run: String, _ text: String
  ) async throws -> String {
    try await engine.node("A", of: run, is: "RUNNING")
    while true {
      let written = try await engine.client.getNodeLog(
        .init(run: .init(runID: run), node: "A")
      ) { chunks in
        var written = ""
        for try await chunk in chunks {
          written += String(decoding: chunk.data, as: UTF8.self)
          if written.contains(text) { return written }
        }
        return written
      }
      // Asked again rather than followed: hosts have few watches to give to tests.
      if written.contains(text) { return written }
      try #require(try await engine.status(run) == .running)
      await Task.yield()
    }
  }

  @Test("WF-34 a lost shim", arguments: Deployment.allCases)
  func lostShim(deployment: Deployment) async throws {
    try await House.with(deployment) { house in
      try await house.processEngine { engine in
        try await engine.deploy(
          Self.file(["{name: A, program: a}"], ["a": "echo shim $PPID; exec sleep 1000"]))
        let run = try await engine.trigger()
        let line = try await waitForLog(engine, run, "\n")
        let shim = Int32(line.dropFirst("shim ".count).prefix { $0 != "\n" })
        kill(try #require(shim), SIGKILL)
        try await engine.end(of: run)
        let node = try #require(try await engine.nodes(run)["A"])
        #expect(node.status == .failed && node.reason == "shim_lost")
        #expect(Self.processes(of: run).isEmpty)
      }
    }
  }
}
