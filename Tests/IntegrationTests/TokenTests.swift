import Testing

/// The token as programs and users use it through `baton`.
@Suite struct TokenTests {
  @Test("TK-44: ten processes of one attempt put 100 times each", arguments: Deployment.allCases)
  func manyWriters(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: [
          "A": """
          for p in 0 1 2 3 4 5 6 7 8 9; do
            (
              i=0
              while [ $i -lt 100 ]; do
                baton token put "p$p.$i=$i"
                i=$((i + 1))
              done
              echo done >> $D/done
            ) &
          done
          wait
          """
        ], nodes: "- {name: A, program: A}")
      let answer = try await installation.done("trigger", "demo/W", "--wait")
      #expect(installation.scratch.lines(of: "done").count == 10, "every put succeeded")
      let user = try await tokens(installation, answer.text, "user")
      let system = try await tokens(installation, answer.text, "system")
      #expect(user.tokenValueMap.count == 1000)
      #expect(Set(user.sequence).count == 1000)
      #expect((user.sequence + system.sequence).sorted() == Array(1...user.sequence.count + 6))
      for process in 0..<10 {
        let seqs = (0..<100).compactMap { user.tokenValueMap["p\(process).\($0)"]?.first?.seq }
        #expect(seqs == seqs.sorted(), "the puts of one process are in its order")
      }
      try await installation.stop()
    }
  }

  @Test("TK-45: the bytes of list and get", arguments: Deployment.allCases)
  func bytes(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      try await installation.deploy(
        scripts: ["A": "baton token put k=1", "B": "baton token put k=2"],
        nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
      let id = try await installation.done("trigger", "demo/W", "--wait").text
      #expect(
        try await installation.done("token", "list", id, "--json").output
          == #"{"tokenValueMap":{"k":[{"nodeName":"A","value":"1"},{"nodeName":"B","value":"2"}]}}"#
          + "\n")
      #expect(
        try await installation.done("token", "list", id, "--json", "--node", "A").output
          == #"{"k":"1"}"# + "\n")
      #expect(try await installation.done("token", "get", id, "k").output == "2\n")
      #expect(
        try await installation.done("token", "get", id, "k", "--node", "A").output == "1\n")
      #expect(
        try await installation.done("token", "get", id, "k", "--at", "B:1").output == "2\n")
      let absent = try await installation.baton("token", "get", id, "nothing")
      #expect(absent.output == "")
      #expect(absent.status == 4)
      try await installation.stop()
    }
  }

  @Test("inside a node: what it may read and put", arguments: Deployment.allCases)
  func inside(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      let other = "01a20000-0000-7000-8000-000000000000"
      try await installation.deploy(
        scripts: [
          "A": #"baton token put k=from-A empty= "spaced key=a = b"; echo 'file=in file' >> "#
            + #""$BATON_TOKEN_FILE""#,
          "B": """
          try() { name=$1; shift; set +e; "$@" > $D/$name.out 2> $D/$name.err; echo $? > $D/$name
            set -e; }
          baton token put k=from-B
          try own baton token get k
          try of-a baton token get "$BATON_RUN_ID" k --node A
          try file baton token get file
          try absent baton token get nosuch
          try system baton token get condition --scope system
          try other baton token get \(other) k
          try view baton token get k --at A:1
          try node baton token list --node A --json
          try bad-key baton token put "a	b=1"
          head -c 1048576 /dev/zero | tr '\\0' x > $D/largest
          try largest.put baton token put largest --stdin < $D/largest
          head -c 1048577 /dev/zero | tr '\\0' x > $D/larger
          try larger.put baton token put larger --stdin < $D/larger
          """,
        ], nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}")
      let answer = try await installation.baton("trigger", "demo/W", "--wait")
      #expect(answer.status == 0, "\(answer)")
      let expected: [(String, String, String, String)] = [
        ("own", "0", "from-B\n", ""), ("of-a", "0", "from-A\n", ""), ("file", "0", "in file\n", ""),
        ("absent", "4", "", "token_key_not_found"), ("system", "4", "", "token_key_not_found"),
        ("other", "6", "", "not_permitted"), ("view", "6", "", "not_permitted"),
        (
          "node", "0",
          #"{"k":"from-A","empty":"","spaced key":"a = b","file":"in file"}"# + "\n", ""
        ),
        ("bad-key", "3", "", "token_key_invalid"), ("largest.put", "0", "", ""),
        ("larger.put", "7", "", "token_value_too_large"),
      ]
      for (name, status, output, reason) in expected {
        let scratch = installation.scratch
        let errors = scratch.read(name + ".err")
        #expect(scratch.lines(of: name) == [status], "\(name): \(errors)")
        #expect(scratch.read(name + ".out") == output, "\(name)")
        #expect(errors.hasPrefix(reason.isEmpty ? "" : "error: \(reason): "), "\(name): \(errors)")
        #expect(reason.isEmpty == errors.isEmpty, "\(name): \(errors)")
      }
      let largest = try await installation.done("token", "get", answer.text, "largest")
      #expect(largest.output.utf8.count == 1_048_577)
      let larger = try await installation.baton("token", "get", answer.text, "larger")
      #expect(larger.status == 4)
      try await installation.stop()
    }
  }

  @Test("T25: the settings of the server bound the token", arguments: Deployment.allCases)
  func limits(deployment: Deployment) async throws {
    let settings = ["BATOND_TOKEN_MAX_VALUE_BYTES": "10", "BATOND_TOKEN_MAX_BYTES": "1000"]
    try await withInstallation(deployment, settings: settings) { installation in
      try await installation.deploy(
        scripts: [
          "A": "baton token put k=12345678901 2> $D/call || echo $? >> $D/call",
          "B": #"echo k=12345678901 >> "$BATON_TOKEN_FILE""#,
          "C": #"i=0; while [ $i -lt 200 ]; do echo "k$i=123456789"; i=$((i + 1)); done "#
            + #">> "$BATON_TOKEN_FILE""#,
        ],
        nodes: "- {name: A, program: A}\n- {name: B, program: B, after: [A]}\n"
          + "- {name: C, program: C, after: [B.failure]}")
      let id = try await installation.trigger()
      #expect(try await installation.end(of: id).status == "FAILED")
      let call = installation.scratch.lines(of: "call")
      #expect(call.first?.hasPrefix("error: token_value_too_large: ") == true, "\(call)")
      #expect(call.last == "7", "\(call)")
      let nodes = try await installation.done("nodes", id).output
      #expect(nodes.contains("token_value_too_large") && nodes.contains("token_full"), "\(nodes)")
      #expect(
        try await installation.done("token", "list", id, "--json").text
          == #"{"tokenValueMap":{}}"#)
      try await installation.stop()
    }
  }

  private func tokens(
    _ installation: Installation, _ id: String, _ scope: String
  ) async throws -> TokenView {
    try await installation.done("token", "list", id, "--scope", scope, "--detail", "--json")
      .json(TokenView.self)
  }
}
