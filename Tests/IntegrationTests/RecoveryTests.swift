import Glibc
import Testing

/// What `kill -9` leaves undone is done after the next start (WF-32, TK-34, R2).
@Suite struct RecoveryTests {
  /// A deployment, and the process of it that is killed.
  struct Victim: CustomTestStringConvertible {
    var deployment: Deployment
    var role: Installation.Role

    var testDescription: String { "\(role) of \(deployment)" }

    static let all = [
      Victim(deployment: .whole, role: .whole), Victim(deployment: .split, role: .engine),
      Victim(deployment: .split, role: .tokens), Victim(deployment: .split, role: .scheduler),
    ]
    /// Those that take part in runs.
    static let working = all.filter { $0.role != .scheduler }
  }

  @Test("WF-32: a killed server's run goes on in the same process", arguments: Victim.all)
  func runGoesOn(victim: Victim) async throws {
    try await withInstallation(victim.deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: [
          "A": #"echo "began $$" > $D/mail; read x < $D/gate; echo "ended $$" > $D/mail; echo out"#,
          "B": "echo \"B $BATON_ATTEMPT\" > $D/mail",
        ],
        nodes: """
          - {name: A, program: A}
          - {name: B, program: B, after: [A]}
          """)
      let id = try await installation.trigger()
      let began = try await mail.line("began")
      for _ in 1...2 {
        try await installation.kill(victim.role)
        try await installation.start(victim.role)
        #expect(kill(try #require(pid_t(began)), 0) == 0, "the program goes on")
        #expect(try await installation.run(id).statuses == ["A RUNNING", "B PENDING"])
      }
      gate.open()
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["A COMPLETED", "B COMPLETED"])
      #expect(run.status == "COMPLETED")
      #expect(run.nodes.allSatisfy { $0.attemptsTotal == 1 })
      #expect(try await mail.line("ended") == began)
      #expect(mail.lines.value.count == 3, "each program was executed once")
      #expect(try await installation.done("logs", id, "A").output == "out\n")
      try await expectOneOutcomeEach(installation, id)
      try await installation.stop()
    }
  }

  @Test("C10: commands that wait say that the server is lost, and end when it stays away")
  func lostServer() async throws {
    try await withInstallation(.whole) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let gate = try Gate(installation.scratch)
      try await installation.deploy(
        scripts: ["A": #"echo out; baton token put k=v; echo put > $D/mail; read x < $D/gate"#],
        nodes: "- {name: A, program: A}")
      let id = try await installation.trigger()
      try await mail.count(1)
      let commands = [
        ["watch", id], ["logs", id, "A", "--follow"], ["token", "watch", id],
        ["trigger", "demo/W", "--wait"],
      ]
      let waiting = try commands.map {
        try Baton.start(
          $0 + ["--timeout", "700ms"], address: installation.address, in: installation.scratch)
      }
      // Streams that have brought something are open; the last command says nothing.
      for process in waiting.dropLast() { _ = try await process.line(beginning: "") }
      try await mail.count(2)
      try await installation.kill(.whole)
      for (command, process) in zip(commands, waiting) {
        let answer = try await Baton.answer(of: process)
        #expect(answer.status == 5, "\(command): \(answer)")
        #expect(answer.errors.contains("error: unavailable: "), "\(command): \(answer)")
        if command[0] == "trigger" { continue }
        #expect(
          answer.errors.contains("is lost; waiting up to 700 ms"), "\(command): \(answer)")
      }
      gate.open()
    }
  }

  @Test("R1, R2: runs triggered around a kill all end, each once", arguments: Victim.working)
  func manyRuns(victim: Victim) async throws {
    try await withInstallation(victim.deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let script = #"echo "$BATON_RUN_ID $BATON_NODE $BATON_ATTEMPT" > $D/mail"#
      try await installation.deploy(
        scripts: ["P": script],
        nodes: """
          - {name: A, program: P}
          - {name: B, program: P, after: [A]}
          - {name: C, program: P, after: [A]}
          - {name: D, program: P, after: [B, C]}
          """)
      let number = 12
      try await withThrowingTaskGroup(of: Void.self) { triggers in
        for index in 1...number {
          triggers.addTask { try await Self.trigger(installation, "own-\(index)") }
        }
        for count in [3, 15] {
          try await mail.count(count)
          try await installation.kill(victim.role)
          try await installation.start(victim.role)
        }
        try await triggers.waitForAll()
      }
      let runs = try await installation.done("runs", "demo/W", "--limit", "100", "--json")
        .json(RunsView.self)
      let ids = Set(runs.runs.map(\.runId))
      #expect(runs.runs.count == number, "a repeated trigger made no second run")
      for id in ids { try await expectCompleted(installation, id) }
      let mails = mail.lines.value
      #expect(Set(mails).count == mails.count, "no attempt was executed twice")
      try await installation.stop()
    }
  }

  @Test("TK-34: acknowledged puts outlive a kill", arguments: Victim.working)
  func puts(victim: Victim) async throws {
    try await withInstallation(victim.deployment) { installation in
      let mail = try Mailbox(installation.scratch)
      defer { mail.close() }
      let number = 60
      try await installation.deploy(
        scripts: [
          "P": """
          i=0
          while [ $i -lt \(number) ]; do
            i=$((i + 1))
            until baton token put a.$i=$i b.$i=$i c.$i=$i; do echo "again $i" > $D/mail; done
            echo "acknowledged $i" > $D/mail
          done
          """
        ], nodes: "- {name: P, program: P}")
      let id = try await installation.trigger()
      for count in [5, 20, 40] {
        try await mail.count(count)
        let acknowledged = mail.lines.value.filter { $0.hasPrefix("acknowledged ") }.count
        try await installation.kill(victim.role)
        try await installation.start(victim.role)
        let keys = try await tokens(installation, id, "user").tokenValueMap.keys
        for i in 1...max(1, acknowledged) {
          #expect(keys.contains("a.\(i)") && keys.contains("b.\(i)") && keys.contains("c.\(i)"))
        }
      }
      let run = try await installation.end(of: id)
      #expect(run.statuses == ["P COMPLETED"], "\(run.nodes)")
      try await expectWholeCalls(installation, id, calls: number)
      try await installation.stop()
    }
  }

  /// Every call is whole or absent, whatever was repeated, and nothing is lost between.
  private func expectWholeCalls(
    _ installation: Installation, _ id: String, calls: Int
  ) async throws {
    let lines = try await installation.done("token", "history", id, "--json").output
    let puts = try lines.split(separator: "\n").map {
      try Answer(status: 0, output: String($0), errors: "").json(EntryView.self)
    }
    #expect(puts.map(\.seq) == Array(1...puts.count))
    let keys = puts.filter { $0.scope == "USER" }.map(\.key)
    var numbers: Set<Substring> = []
    for start in stride(from: 0, to: keys.count, by: 3) {
      let number = keys[start].dropFirst(2)
      numbers.insert(number)
      let call = ["a.\(number)", "b.\(number)", "c.\(number)"]
      #expect(Array(keys[start..<min(start + 3, keys.count)]) == call)
    }
    #expect(numbers.count == calls)
  }

  /// Triggers until the server has acknowledged it; the id brought makes that safe.
  private static func trigger(_ installation: Installation, _ id: String) async throws {
    while true {
      let answer = try await installation.baton("trigger", "demo/W", "--run-id", id)
      if answer.status == 0 || answer.errors.hasPrefix("error: run_id_taken: ") { return }
      try #require(answer.status == 5, "\(answer)")
    }
  }

  private func tokens(
    _ installation: Installation, _ id: String, _ scope: String
  ) async throws -> TokenView {
    try await installation.done("token", "list", id, "--scope", scope, "--detail", "--json")
      .json(TokenView.self)
  }

  /// Every node has one good attempt; before it there may be one that never began (G60).
  private func expectCompleted(_ installation: Installation, _ id: String) async throws {
    let run = try await installation.end(of: id)
    #expect(run.status == "COMPLETED", "\(run)")
    for node in run.nodes {
      let attempts = node.attempts ?? []
      #expect(attempts.last?.status == "COMPLETED", "\(node)")
      #expect(attempts.dropLast().allSatisfy { $0.reason == "not_started" }, "\(node)")
    }
    try await expectOneOutcomeEach(installation, id)
  }

  private func expectOneOutcomeEach(_ installation: Installation, _ id: String) async throws {
    let text = try await installation.done("watch", id, "--json").output
    let events = try text.split(separator: "\n").map {
      try Answer(status: 0, output: String($0), errors: "").json(EventView.self)
    }
    #expect(events.map(\.event) == Array(1...events.count), "each event once, in order")
    var outcomes: [String: Int] = [:]
    for event in events where event.kind == "ATTEMPT" {
      guard let to = event.to, ["COMPLETED", "FAILED", "KILLED"].contains(to) else { continue }
      outcomes["\(event.node ?? "") \(event.attempt ?? 0)", default: 0] += 1
    }
    #expect(!outcomes.isEmpty, "\(text)")
    #expect(outcomes.values.allSatisfy { $0 == 1 }, "\(outcomes)")
  }
}
