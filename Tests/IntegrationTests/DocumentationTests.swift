import Foundation
import Testing

/// The examples of the documentation, typed as a reader would type them.
@Suite struct DocumentationTests {
  private static let folder =
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("docs")

  /// Pages with examples; the others have none.
  static let pages = ["application-files", "conditions", "repairing-runs", "runs", "tokens"]

  @Test("examples of a page do what the page shows", arguments: pages)
  func examples(page name: String) async throws {
    let page = try Self.page(name)
    let commands = page.examples.count { if case .command = $0 { true } else { false } }
    #expect(commands > 2, "docs/\(name).md shows too little")
    try await withInstallation(.whole) { installation in
      for example in page.examples {
        switch example {
        case .file(let name, let text, let isProgram):
          try write(text, to: name, isProgram, installation.scratch)
        case .command(let line, let text, let output):
          try await type(text, output, at: "docs/\(page.name).md:\(line)", installation)
        }
      }
      try await installation.stop()
    }
  }

  @Test("pages with examples are those that the suite types")
  func pagesAreListed() throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: Self.folder.path)
      .filter { $0.hasSuffix(".md") }.map { String($0.dropLast(3)) }
    let found = try names.filter { try !Self.page($0).examples.isEmpty }
    #expect(found.sorted() == Self.pages)
  }

  @Test("a transcript is compared line by line, apart from ids, times and durations")
  func comparison() {
    let shown = ["run 01a20030-2271-7000-a185-dcdafb9a9084 COMPLETED in 152 ms", "a  b", "c"]
    let page = "run 01a1ffff-0000-7fff-b185-000000000000 COMPLETED in 3.5 s"
    #expect(DocumentPage.matches(shown, [page, "a b", "c"]))
    #expect(DocumentPage.matches(shown, ["…", "c"]))
    #expect(DocumentPage.matches(shown, [page, "…"]))
    #expect(!DocumentPage.matches(shown, [page, "a b"]))
    #expect(!DocumentPage.matches(shown, [page, "a b", "d"]))
    #expect(!DocumentPage.matches(shown, [page, "a b", "c", "d"]))
    #expect(!DocumentPage.matches(shown, ["…", "d"]))
  }

  private static func page(_ name: String) throws -> DocumentPage {
    let file = folder.appendingPathComponent(name + ".md")
    return DocumentPage(name: name, text: try String(contentsOf: file, encoding: .utf8))
  }

  private func write(
    _ text: String, to name: String, _ isProgram: Bool, _ scratch: Scratch
  ) throws {
    let path = scratch.file(name)
    let parent = URL(fileURLWithPath: path).deletingLastPathComponent().path
    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
    try scratch.write(text, to: name)
    if isProgram { try #require(chmod(path, 0o755) == 0) }
  }

  private func type(
    _ text: String, _ expected: [String], at place: String, _ installation: Installation
  ) async throws {
    let baton = try Executables.path(of: "baton")
    let folder = URL(fileURLWithPath: baton).deletingLastPathComponent().path
    var environment = Executables.environment
    environment["PATH"] = "\(folder):\(installation.scratch.path)/bin:/usr/bin:/bin"
    environment["BATON_ADDRESS"] = installation.address
    environment["TZ"] = "UTC"
    let process = try ChildProcess(
      "/bin/sh", ["-c", "(\(text)\n) 2>&1"], environment: environment,
      directory: installation.scratch.path)
    let answer = try await Baton.answer(of: process)
    let lines = answer.text.isEmpty ? [] : answer.text.components(separatedBy: "\n")
    #expect(
      DocumentPage.matches(lines, expected),
      "\(place): `\(text)` shows\n\(answer.text)\nand not\n\(expected.joined(separator: "\n"))")
    // A page shows what fails by these lines; everything else must succeed.
    let isRefusal = expected.contains {
      $0.hasPrefix("error: ") || $0.contains(" FAILED (") || $0 == "the run was rejected"
    }
    #expect(isRefusal == (answer.status != 0), "\(place): `\(text)` exits with \(answer.status)")
  }
}
