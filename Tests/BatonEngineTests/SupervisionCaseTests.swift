import BatonCore
import BatonEngine
import BatonExec
import BatonRPC
import BatonStore
import BatonWire
import Foundation
import Testing

/// Stops, limits and output of real processes, through the RPCs (G55–G57, G65).
@Suite("Cases of supervision", .timeLimit(.minutes(2))) struct SupervisionCaseTests {
  /// A file whose workflow W has one node A, and its script.
  static func file(_ script: String, node: String = "", more: String = "") -> String {
    """
    baton: 1
    application: demo
    programs:
      a: {type: COMMAND, argv: [/bin/sh, -c, \(JSONString.quoted(script))]}
    workflows:
      W:
        \(more)
        nodes:
          - {name: A, program: a\(node.isEmpty ? "" : ", " + node)}
    """
  }

  @Test("WF-18 a stop leaves no process", arguments: Deployment.allCases)
  func stop(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(Self.file("sleep 1000 & sleep 1000 & echo ready; wait"))
      let run = try await house.trigger()
      try await house.follow(run, until: "ready")
      let answer = try await house.stopRun(run)
      #expect(answer.outcome == .stopped && answer.proven && answer.status == .killed)
      let attempt = try #require(answer.report?.attempts.first)
      #expect(attempt.node == "A" && attempt.attempt == 1 && attempt.endedBy == .term)
      #expect(attempt.processesEnded == 3 && attempt.survivors.isEmpty)
      #expect([.cgroup, .processScan].contains(attempt.proof))
      #expect(ProcessCaseTests.processes(of: run).isEmpty)
    }
  }

  @Test(
    "WF-35, SE-35 50 daemons in own sessions that ignore TERM", arguments: Deployment.allCases,
    [true, false])
  func daemons(deployment: Deployment, cgroups: Bool) async throws {
    let script = """
      i=0; while [ $i -lt 50 ]; do i=$((i+1))
      setsid sh -c 'trap "" TERM; sleep 1000 >/dev/null 2>&1 & exit 0' &
      done; wait; echo ready; exec sleep 1000
      """
    let groups: LocalExecutor.Configuration.Cgroups = cgroups ? .automatic : .disabled
    try await EngineFixture.withProcesses(deployment, cgroups: groups) { house in
      try await house.deploy(Self.file(script))
      let run = try await house.trigger()
      try await house.follow(run, until: "ready")
      #expect(ProcessCaseTests.processes(of: run).count >= 51)
      let answer = try await house.stopRun(run, graceMs: 200)
      #expect(answer.outcome == .stopped && answer.proven)
      let attempt = try #require(answer.report?.attempts.first)
      #expect(attempt.processesEnded == 51 && attempt.survivors.isEmpty)
      #expect(attempt.proof == (cgroups && hasCgroups() ? .cgroup : .processScan))
      #expect(attempt.durationMs >= 200)
      #expect(ProcessCaseTests.processes(of: run).isEmpty)
    }
  }

  @Test("SE-34 ten nodes that ignore TERM take one grace", arguments: [Deployment.sqlite])
  func parallel(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      let script = JSONString.quoted(#"trap "" TERM; while :; do sleep 1000; done"#)
      let nodes = (0..<10).map { "      - {name: N\($0), program: a}" }
      try await house.deploy(
        """
        baton: 1
        application: demo
        programs: {a: {type: COMMAND, argv: [/bin/sh, -c, \(script)]}}
        workflows:
          W:
            nodes:
        \(nodes.joined(separator: "\n"))
        """)
      let run = try await house.trigger()
      for index in 0..<10 { try await house.node("N\(index)", of: run, is: "RUNNING") }
      let answer = try await house.stopRun(run, graceMs: 1000)
      let report = try #require(answer.report)
      #expect(answer.outcome == .stopped && answer.proven && report.attemptsTotal == 10)
      #expect(report.durationMs < 9000)
      #expect(ProcessCaseTests.processes(of: run).isEmpty)
    }
  }

  @Test("WF-36 100 MiB of output are bounded", arguments: Deployment.allCases)
  func output(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(Self.file("head -c 104857600 /dev/zero; echo last >&2"))
      let run = try await house.run()
      #expect(try await house.letters(run, "A") == "C")
      let mebibyte: Int64 = 1 << 20
      let chunks = try await house.chunks(of: run, [.stdout])
      #expect(chunks.allSatisfy { $0.data.count <= 65_536 && $0.stream == .stdout })
      let gaps = chunks.filter { $0.droppedBytes > 0 }
      #expect(gaps.map { $0.offset - $0.droppedBytes } == [8 * mebibyte])
      #expect(gaps.map(\.droppedBytes) == [40 * mebibyte])
      #expect(chunks.reduce(0) { $0 + $1.data.count } == Int(60 * mebibyte))
      #expect(chunks.last.map { $0.offset + Int64($0.data.count) } == 100 * mebibyte)
      let errors = try await house.chunks(of: run, [.stderr])
      #expect(errors.map { String(decoding: $0.data, as: UTF8.self) } == ["last\n"])
      // From an offset, of both streams.
      let rest = try await house.chunks(of: run, [], offset: 100 * mebibyte - 3)
      #expect(rest.map(\.data.count) == [3])
    }
  }

  @Test(
    "WF-36 a follower asked right after the start waits for the output",
    arguments: Deployment.allCases)
  func early(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      try await house.deploy(Self.file("echo one; sleep 0.1; echo two; echo three >&2"))
      for _ in 0..<20 {
        let run = try await house.trigger()
        try await house.event(of: run) { $0.kind == .attempt && $0.to == "RUNNING" }
        let chunks = try await house.chunks(of: run, [.stdout], follow: true)
        let text = chunks.map { String(decoding: $0.data, as: UTF8.self) }.joined()
        #expect(text == "one\ntwo\n")
      }
    }
  }

  @Test("WF-43 limits of output and processor time", arguments: Deployment.allCases)
  func limits(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      let cases = [
        ("output_bytes", "{output_bytes: 1000}", "head -c 2000 /dev/zero; sleep 1000"),
        ("cpu_time", "{cpu_time: 100ms}", "while :; do :; done"),
      ]
      for (name, limit, script) in cases {
        try await house.deploy(Self.file(script, node: "limits: \(limit)"))
        let run = try await house.run()
        let node = try #require(try await house.nodes(run)["A"])
        #expect(node.status == .failed && node.reason == "limit_exceeded")
        #expect(node.attempts.first?.message.contains(name) == true)
        #expect(ProcessCaseTests.processes(of: run).isEmpty)
      }
    }
  }

  @Test("WF-05, WF-22 hooks as processes, with their output", arguments: Deployment.allCases)
  func hooks(deployment: Deployment) async throws {
    try await EngineFixture.withProcesses(deployment) { house in
      let finish = JSONString.quoted("echo $BATON_HOOK $BATON_RUN_STATUS; exit 1")
      try await house.deploy(
        Self.file(
          "exit 0",
          more: """
            initialize: {argv: [/bin/sh, -c, "echo i=1 > $BATON_TOKEN_FILE; echo $BATON_HOOK"]}
                finish: {argv: [/bin/sh, -c, \(finish)]}
            """))
      let run = try await house.run()
      let details = try await house.details(run)
      #expect(details.run?.status == .completed && details.details?.finishError != nil)
      #expect(try await house.value(run, "i") == "1")
      let first = try await house.chunks(of: run, [.stdout], node: "W", attempt: 1)
      #expect(first.map { String(decoding: $0.data, as: UTF8.self) } == ["initialize\n"])
      let newest = try await house.chunks(of: run, [.stdout], node: "W")
      #expect(newest.map { String(decoding: $0.data, as: UTF8.self) } == ["finish COMPLETED\n"])
    }
  }

  /// Whether a cgroup can be made here (cgroup v2, writable).
  private func hasCgroups() -> Bool {
    let own =
      FileManager.default.contents(atPath: "/proc/self/cgroup")
      .map { String(decoding: $0, as: UTF8.self) } ?? ""
    guard let path = own.split(separator: "\n").first(where: { $0.hasPrefix("0::") }) else {
      return false
    }
    return FileManager.default.isWritableFile(atPath: "/sys/fs/cgroup" + path.dropFirst(3))
  }
}

extension EngineFixture {
  /// Follows the output of A until it has a text.
  func follow(_ run: String, until text: String) async throws {
    try await node("A", of: run, is: "RUNNING")
    let found = try await client.getNodeLog(
      .init(run: .init(runID: run), node: "A", follow: true)
    ) { chunks in
      var written = ""
      for try await chunk in chunks {
        written += String(decoding: chunk.data, as: UTF8.self)
        if written.contains(text) { return true }
      }
      return false
    }
    #expect(found)
  }

  func chunks(
    of run: String, _ streams: [Wire.LogStream], node: String = "A", attempt: UInt32 = 0,
    offset: Int64 = 0, follow: Bool = false
  ) async throws -> [Wire.LogChunk] {
    try await client.getNodeLog(
      .init(
        run: .init(runID: run), node: node, attempt: attempt, streams: streams, offset: offset,
        follow: follow)
    ) { try await $0.reduce(into: []) { $0.append($1) } }
  }
}
