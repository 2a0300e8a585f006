import Foundation
import Testing

/// What holds for every file of the repository.
@Suite("The repository is tidy")
struct RepositoryTests {
  private static let files = Result { try Repository.current.textFiles() }

  private func files(where condition: (TextFile) -> Bool) throws -> [TextFile] {
    let found = try Self.files.get().filter(condition)
    try #require(!found.isEmpty, "no such file below \(Repository.current.root.path)")
    return found
  }

  @Test("layers and bans hold, but for the places that are allowed")
  func layersAndBans() throws {
    var findings: [Finding] = []
    for file in try files(where: { $0.path.hasSuffix(".swift") }) {
      let isSource = file.path.hasPrefix("Sources/")
      guard isSource || file.path.hasPrefix("Tests/") else { continue }
      let code = CodeText.of(file.text)
      if isSource { findings += LayerTable.baton.findings(in: file, code: code) }
      if file.isGenerated { continue }
      findings += Ban.all.flatMap { $0.findings(in: file, code: code) }
    }
    let remaining = findings.filter { finding in
      !Allowance.all.contains { $0.covers(finding) }
    }
    #expect(remaining.isEmpty, Comment(rawValue: remaining.report))

    let unused = Allowance.all.filter { allowance in
      !findings.contains { allowance.covers($0) }
    }
    #expect(unused.isEmpty, "no longer needed: \(unused.map { "\($0.path) \($0.ban)" })")
  }

  @Test("every import in Sources has an access level")
  func importAccess() throws {
    let sources = try files { $0.path.hasPrefix("Sources/") && $0.path.hasSuffix(".swift") }
    expectNone(sources.flatMap { TextRules.importAccess(in: $0, code: CodeText.of($0.text)) })
  }

  @Test("files written by hand are short and narrow")
  func sizes() throws {
    expectNone(try files(where: \.isHandwrittenCode).flatMap(TextRules.size))
  }

  @Test("file names say what is inside")
  func names() throws {
    expectNone(try files(where: \.isHandwrittenCode).flatMap(TextRules.name))
  }

  @Test("no file names a path of a machine")
  func machinePaths() throws {
    expectNone(try files { _ in true }.flatMap(TextRules.machinePaths))
  }

  @Test("links between pages lead somewhere")
  func links() throws {
    let pages = try files { $0.path.hasSuffix(".md") }
    expectNone(
      pages.flatMap { TextRules.brokenLinks(in: $0, exists: Repository.current.contains) })
  }

  @Test("what begins as a script can be executed")
  func scripts() throws {
    let scripts = try files { $0.text.hasPrefix("#!") }
    expectNone(
      scripts.filter { !Repository.current.isExecutable($0.path) }
        .map { Finding(path: $0.path, line: 0, message: "is not executable") })
  }

  private func expectNone(
    _ findings: [Finding], sourceLocation: SourceLocation = #_sourceLocation
  ) {
    #expect(
      findings.isEmpty, Comment(rawValue: findings.report), sourceLocation: sourceLocation)
  }
}
