import BatonClient
import Testing
import baton

@Suite("Changes of the environment on the command line")
struct EnvironmentEditsTests {
  private static let files: [String: [UInt8]] = [
    "env": Array("# comment\nA=1\n\nB=x=y \nQ=\"q\"\n".utf8), "broken": Array("A=1\noops\n".utf8),
    "object": Array(" {\"A\": 2, \"C\": null}\n".utf8), "list": Array("[1]".utf8),
    "secret": Array("canary".utf8),
  ]

  private func edits() -> EnvironmentEdits {
    EnvironmentEdits { path in
      guard let content = Self.files[path] else {
        throw BatonError(.invalidArgument, "file_unreadable", "cannot read \(path)")
      }
      return content
    }
  }

  @Test("RR-10 what is no JSON object is refused", arguments: ["list", "\"x\"", "{\"a\":", "none"])
  func refused(text: String) {
    var edits = edits()
    #expect(throws: UsageError.self) { try edits.add(json: text) }
    #expect(edits.values.isEmpty && edits.unset.isEmpty)
  }

  @Test("RR-10 members of an object become texts, null unsets")
  func object() throws {
    var edits = edits()
    try edits.add(json: #"{"a":1,"b":true,"c":null,"d":{"x":[1, 2]},"e":"s"}"#)
    #expect(edits.values == ["a": "1", "b": "true", "d": #"{"x":[1,2]}"#, "e": "s"])
    #expect(edits.unset == ["c"])
  }

  @Test("RR-10 a wrong object is named with its place")
  func place() {
    var edits = edits()
    let error = #expect(throws: UsageError.self) { try edits.add(json: "{\"a\":1,\n \"b\" 2}") }
    #expect(error?.description.contains("line 2, column 6") == true, "\(error?.description ?? "")")
  }

  @Test("RE136 lines of a file are taken as they are")
  func lines() throws {
    var edits = edits()
    try edits.add(file: "env")
    #expect(edits.values == ["A": "1", "B": "x=y ", "Q": "\"q\""])
    let error = #expect(throws: UsageError.self) { try edits.add(file: "broken") }
    #expect(error?.description == "broken line 2: KEY=VALUE is expected")
  }

  @Test("RE135 file, then object, then options; later ones win")
  func order() throws {
    var edits = edits()
    try edits.add(file: "env")
    try edits.add(json: "object")
    #expect(edits.values["A"] == "2")
    #expect(edits.unset == ["C"])
    try edits.add(pairs: ["A=3", "C=@secret"], option: "--env")
    #expect(edits.values["A"] == "3")
    #expect(edits.values["C"] == "canary")
    #expect(edits.unset.isEmpty)
    try edits.remove(["D"])
    #expect(edits.unset == ["D"])
  }

  @Test("a name that is both set and unset, or no name, is a mistake")
  func mistakes() throws {
    var edits = edits()
    try edits.add(pairs: ["A=1"], option: "--env")
    #expect(throws: UsageError.self) { try edits.remove(["A"]) }
    #expect(throws: UsageError.self) { try edits.remove([""]) }
    #expect(throws: UsageError.self) { try edits.add(pairs: ["oops"], option: "--env") }
  }
}
