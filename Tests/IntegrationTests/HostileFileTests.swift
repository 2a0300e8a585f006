import Testing

/// Application files that are wrong, by accident or on purpose (G1, G11, G12).
@Suite struct HostileFileTests {
  /// A file, and the places and reasons of its problems.
  struct Hostile: CustomTestStringConvertible {
    var name: String
    var content: String
    /// `LINE REASON` in the order of the lines; empty: only that there are some is of interest.
    var problems: [String]

    var testDescription: String { name }
  }

  private static let head = """
    baton: 1
    application: hostile
    programs:
      P: {type: COMMAND, argv: ["true"]}
    workflows:
      W:
        nodes:

    """

  private static let files = [
    Hostile(
      name: "cycle, unknown reference, duplicates (WF-03)",
      content: head + """
              - {name: A, program: P, after: [B]}
              - {name: B, program: P, after: [A]}
              - {name: C, program: Q, after: [X, A.done]}
              - {name: W, program: P}
              - {name: A, program: P, join: 2}

        """,
      problems: [
        "8 cycle", "10 unknown_program", "10 unknown_node", "10 bad_edge",
        "11 node_named_as_workflow", "12 duplicate_node", "12 bad_join",
      ]),
    Hostile(
      name: "duplicate keys",
      content: "baton: 1\napplication: a\napplication: b\nbaton: 1\n",
      problems: ["3 duplicate_key", "4 duplicate_key"]),
    Hostile(
      name: "10 MB", content: head + String(repeating: "# filler\n", count: 1_200_000),
      problems: ["1 limit"]),
    Hostile(
      name: "anchor bomb",
      content: "a: &a [x, x, x, x, x, x, x, x, x]\n"
        + (1...8).map { level in
          let names = "abcdefghi".map(String.init)
          let items = Array(repeating: "*" + names[level - 1], count: 9).joined(separator: ", ")
          return "\(names[level]): &\(names[level]) [\(items)]\n"
        }.joined(),
      problems: []),
    Hostile(
      name: "wrong types",
      content: "baton: one\napplication: [a]\nprograms: 3\nworkflows: {W: {nodes: {}}}\n",
      problems: ["1 wrong_type", "2 wrong_type", "3 wrong_type", "4 wrong_type"]),
    Hostile(
      name: "tabs", content: "baton: 1\napplication: a\nprograms:\n\tP: {type: NOOP}\n",
      problems: ["4 yaml_syntax"]),
    Hostile(
      name: "byte order mark", content: "\u{FEFF}baton: 1\napplication: a\n",
      problems: ["1 not_allowed"]),
    Hostile(name: "empty", content: "", problems: ["1 missing_field", "1 missing_field"]),
    Hostile(
      name: "nested without end", content: String(repeating: "[", count: 100_000),
      problems: []),
  ]

  @Test("G11: all problems with their lines, exit 3", arguments: Deployment.allCases)
  func hostile(deployment: Deployment) async throws {
    try await withInstallation(deployment) { installation in
      for file in Self.files {
        let path = try installation.scratch.write(file.content, to: "hostile.yaml")
        let answer = try await installation.baton("deploy", path)
        expect(answer, file)
        let json = try await installation.baton("deploy", path, "--json")
        #expect(json.status == 3, "\(file.name)")
        #expect(try json.json(ErrorView.self).error.reason == "app_invalid", "\(file.name)")
        let dryRun = try await installation.baton("deploy", path, "--dry-run")
        #expect(dryRun.status == 3, "\(file.name): \(dryRun)")
      }
      #expect(try await installation.done("apps", "--json").text == #"{"applications":[]}"#)
      try await installation.stop()
    }
  }

  private func expect(_ answer: Answer, _ file: Hostile) {
    #expect(answer.status == 3, "\(file.name): \(answer.errors.prefix(2000))")
    #expect(answer.output == "", "\(file.name)")
    #expect(answer.errors.hasPrefix("error: app_invalid: "), "\(file.name): \(answer.errors)")
    #expect((2...101).contains(answer.errorLines.count), "\(file.name): at most 100 are listed")
    guard !file.problems.isEmpty else { return }
    // `  [n] LINE:COLUMN path: code: sentence`
    let found = answer.errorLines.dropFirst().map { line in
      let place = line.split(separator: " ")[1].split(separator: ":")[0]
      let reason = line.split(separator: ": ").first {
        $0.allSatisfy { $0 == "_" || ($0.isLetter && $0.isLowercase) }
      }
      return "\(place) \(reason ?? "")"
    }
    #expect(found == file.problems, "\(file.name): \(answer.errors)")
  }

  @Test("what is not text, or no file, is refused")
  func noText() async throws {
    try await withInstallation(.whole) { installation in
      let path = try installation.scratch.write([0x62, 0xFF, 0xFE, 0x00, 0x0A], to: "bytes.yaml")
      let answer = try await installation.baton("deploy", path)
      #expect(answer.status == 3, "\(answer)")
      #expect(answer.output == "")
      let folder = try await installation.baton("deploy", installation.scratch.path)
      #expect(folder.status == 3, "\(folder)")
      #expect(folder.errors.hasPrefix("error: file_unreadable: "), "\(folder)")
    }
  }
}
