import Testing

/// The rules find what they are for, in made-up sources.
@Suite("The rules of the tidy test")
struct RuleTests {
  private func source(_ path: String, _ text: String) -> (TextFile, String) {
    (TextFile(path: path, text: text), CodeText.of(text))
  }

  @Test(
    "an import that the layer does not allow is found",
    arguments: [
      ("BatonCore/Run/A.swift", "public import Foundation", "Foundation"),
      ("BatonCore/Run/A.swift", "internal import BatonStore", "BatonStore"),
      ("BatonEngine/A.swift", "package import BatonTokenStore", "BatonTokenStore"),
      ("BatonEngine/A.swift", "private import struct GRDB.Row", "GRDB"),
      ("BatonScheduler/A.swift", "@preconcurrency internal import NIOCore", "NIOCore"),
      ("BatonClient/A.swift", "  import BatonEngine", "BatonEngine"),
      ("baton/Commands/A.swift", "internal import NIOPosix", "NIOPosix"),
      ("BatonWire/A.swift", "internal import NIOPosix", "NIOPosix"),
      ("BatonExec/A.swift", "internal import Dispatch", "Dispatch"),
      ("baton-shim/A.swift", "internal import Foundation", "Foundation"),
    ])
  func layerBroken(path: String, text: String, module: String) throws {
    let (file, code) = source("Sources/\(path)", "// head\n\(text)\n")
    let finding = try #require(LayerTable.baton.findings(in: file, code: code).first)
    #expect(finding.line == 2)
    #expect(finding.message.hasSuffix("may not import \(module)"))
  }

  @Test(
    "an import that the layer allows is no finding",
    arguments: [
      ("BatonCore/A.swift", "public import OrderedCollections\ninternal import Synchronization"),
      ("BatonRPC/A.swift", "internal import NIOConcurrencyHelpers\ninternal import Glibc"),
      ("BatonEngine/Runs/A.swift", "package import BatonStore\ninternal import Foundation"),
      ("baton/Bench/A.swift", "internal import NIOPosix\ninternal import BatonClient"),
      ("batond/A.swift", "internal import BatonEngine\ninternal import Anything"),
    ])
  func layerHeld(path: String, text: String) {
    let (file, code) = source("Sources/\(path)", text)
    #expect(LayerTable.baton.findings(in: file, code: code).isEmpty)
  }

  @Test("a folder without a place in the table is found")
  func unknownFolder() {
    let (file, code) = source("Sources/BatonExtras/A.swift", "")
    #expect(LayerTable.baton.findings(in: file, code: code).count == 1)
  }

  @Test(
    "what is banned is found",
    arguments: [
      ("Task", "Task { work() }"),
      ("Task", "let task = Task<Void, Never>(priority: .high) {"),
      ("Task.detached", "Task.detached { work() }"),
      ("DispatchQueue", "DispatchQueue.main.async {}"),
      ("@unchecked Sendable", "final class A: @unchecked Sendable {}"),
      ("nonisolated(unsafe)", "nonisolated(unsafe) var a = 1"),
      ("try!", "let a = try! b()"),
      ("fatalError", "default: fatalError(\"no\")"),
      ("sleep", "try await Task.sleep(for: .seconds(1))"),
      ("sleep", "usleep(100)"),
      ("sleep", "  sleep (1)"),
      ("XCTest", "import XCTest"),
      ("@testable", "@testable import BatonCore"),
    ])
  func banned(name: String, text: String) {
    let (file, code) = source("Sources/BatonCore/A.swift", text)
    let found = Ban.all.filter { !$0.findings(in: file, code: code).isEmpty }
    #expect(found.map(\.name) == [name])
  }

  @Test(
    "what only looks banned is no finding",
    arguments: [
      "// a Task { in a comment, try! it",
      "/* DispatchQueue /* nested */ usleep(1) */ let a = 1",
      #"let a = "Task { \(b("try!")) } fatalError(" + c"#,
      ##"let a = #"a " Task { \"# + "x""##,
      "let a = \"\"\"\n  Task { \"quoted\" }\n  \"\"\"",
      "await withTaskGroup { group in group.addTask { work() } }",
      "try await clock.sleep(until: deadline)",
      "func sleep(for time: Duration) async throws {}",
      "struct MyTask { var a = 1 }",
      "try? b()",
    ])
  func notBanned(text: String) {
    let (file, code) = source("Sources/BatonCore/A.swift", text)
    #expect(Ban.all.flatMap { $0.findings(in: file, code: code) } == [])
  }

  @Test("tests may hold what is banned in Sources only")
  func bannedInTests() {
    let (file, code) = source("Tests/ATests/A.swift", "Task { usleep(1) }")
    let findings = Ban.all.flatMap { $0.findings(in: file, code: code) }
    #expect(findings.map { $0.message.prefix(5) } == ["sleep"])
  }

  @Test("an allowance covers its file and its ban, nothing else")
  func allowance() {
    let allowance = Allowance(path: "Sources/A/B.swift", ban: "Task", reason: "a test")
    let message = "Task is banned: …"
    #expect(allowance.covers(Finding(path: "Sources/A/B.swift", line: 1, message: message)))
    #expect(!allowance.covers(Finding(path: "Sources/A/C.swift", line: 1, message: message)))
    #expect(
      !allowance.covers(
        Finding(path: "Sources/A/B.swift", line: 1, message: "Task.detached is banned: …")))
    let layer = Allowance(path: "Sources/A/B.swift", ban: "Foundation", reason: "a test")
    #expect(
      layer.covers(
        Finding(path: "Sources/A/B.swift", line: 1, message: "A may not import Foundation")))
  }

  @Test("stripped code keeps its lines")
  func strippedLines() {
    let text = "let a = \"\"\"\n  one \\(\"x\\n\")\n  \"\"\"\n/* a\n b */\nimport Foundation\n"
    let code = CodeText.of(text)
    #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count == 7)
    #expect(ImportStatement.all(in: code).map(\.line) == [6])
  }

  @Test("an import without an access level is found")
  func importAccess() {
    let (file, code) = source(
      "Sources/A/B.swift", "public import A\nimport B\n@preconcurrency import C\n")
    #expect(TextRules.importAccess(in: file, code: code).map(\.line) == [2, 3])
  }

  @Test("a long file and a wide line are found")
  func size() {
    let long = String(repeating: "\n", count: 601)
    #expect(TextRules.size(of: TextFile(path: "A", text: long)).map(\.line) == [0])
    let bounds = String(repeating: "x", count: 100) + String(repeating: "\n", count: 600)
    #expect(TextRules.size(of: TextFile(path: "A", text: bounds)) == [])
    let wide = "\n" + String(repeating: "é", count: 101)
    #expect(TextRules.size(of: TextFile(path: "A", text: wide)).map(\.line) == [2])
  }

  @Test("data in a literal of several lines may be wide, comments may not")
  func wideData() {
    let text = String(repeating: "x", count: 101)
    let source =
      "let a = \"\"\"\n  \(text)\n  \"\"\"\n/// \(text)\nlet b = \"\(text)\"\n/* \n\(text) */"
    let file = TextFile(path: "A.swift", text: source)
    #expect(TextRules.size(of: file).map(\.line) == [4, 5, 7])
  }

  @Test("a path of a machine is found, a path that only looks like one is not")
  func machinePaths() {
    let slash = "/"
    let text = """
      \(slash)work/a
      see `\(slash)home/x/y`
      https://example.com/home/page
      Sources/work/A.swift
      """
    let file = TextFile(path: "A", text: text)
    #expect(TextRules.machinePaths(in: file).map(\.line) == [1, 2])
  }

  @Test("a file name that says nothing is found")
  func fileName() {
    #expect(TextRules.name(of: TextFile(path: "Sources/A/RunManager.swift", text: "")).count == 1)
    #expect(TextRules.name(of: TextFile(path: "Sources/A/RunMachine.swift", text: "")) == [])
  }

  @Test("a link to nothing is found")
  func links() {
    let text = "[a](../b.md#part) [b](https://example.com) [c](#part)\n[d](./c/d.md)"
    let file = TextFile(path: "docs/x/a.md", text: text)
    #expect(TextRules.brokenLinks(in: file, exists: { $0 == "docs/b.md" }).map(\.line) == [2])
    #expect(TextRules.brokenLinks(in: file, exists: { $0 == "docs/x/c/d.md" }).map(\.line) == [1])
  }
}
