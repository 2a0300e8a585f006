import BatonClient
import Testing
import baton

@Suite struct ValueSourceTests {
  private static let files: [String: [UInt8]] = [
    "f": Array("from f\n".utf8), "-": Array("from stdin".utf8), "bad": [0xFF],
    "map.json": Array(#"{"a":"1","n":1.50,"o":{"x": [1, 2]},"t":true}"#.utf8),
    "map.env": Array("# comment\na=1\n\nb=x=y\nc=\n".utf8), "broken.env": Array("a=1\noops\n".utf8),
  ]

  private func read(_ path: String) throws -> [UInt8] {
    guard let content = Self.files[path] else {
      throw BatonError(.invalidArgument, "file_unreadable", path)
    }
    return content
  }

  @Test(
    "C13 @ reads a file, @- standard input, @@ is an @",
    arguments: [
      ("plain", "plain"), ("", ""), ("@f", "from f\n"), ("@-", "from stdin"), ("@@f", "@f"),
      ("@@@", "@@"), ("a@f", "a@f"),
    ])
  func values(text: String, expected: String) throws {
    #expect(try ValueSource.value(of: text, read: read) == expected)
  }

  @Test func filesMustBeThereAndBeText() {
    #expect(throws: BatonError.self) { try ValueSource.value(of: "@none", read: read) }
    let error = #expect(throws: BatonError.self) {
      try ValueSource.value(of: "@bad", read: read)
    }
    #expect(error?.reason == "invalid_text")
  }

  @Test func optionsWinOverTheFile() throws {
    let map = try ValueSource.map(
      ["a=2", "d=@f", "e=x=@f"], file: "map.env", option: "--arg", read: read)
    #expect(map == ["a": "2", "b": "x=y", "c": "", "d": "from f\n", "e": "x=@f"])
  }

  @Test func valuesOfAJSONFileKeepTheirText() throws {
    let map = try ValueSource.map([], file: "map.json", option: "--arg", read: read)
    #expect(map == ["a": "1", "n": "1.50", "o": #"{"x":[1,2]}"#, "t": "true"])
  }

  @Test func linesWithoutAnEqualSignAreNamed() {
    let error = #expect(throws: BatonError.self) {
      try ValueSource.map([], file: "broken.env", option: "--arg", read: read)
    }
    #expect(error?.message.contains("line 2") == true)
    #expect(throws: UsageError.self) {
      try ValueSource.map(["=x"], file: nil, option: "--arg", read: read)
    }
  }

  @Test func putTakesEachArgumentApartAtItsFirstSign() throws {
    #expect(
      try TokenPutArguments.assignments(["a=1", "b=", "c==x", "d=@f"], stdin: false, read: read)
        == [
          TokenAssignment("a", "1"), TokenAssignment("b", ""), TokenAssignment("c", "=x"),
          TokenAssignment("d", "from f\n"),
        ])
    #expect(
      try TokenPutArguments.assignments(["k=v"], stdin: true, read: read)
        == [TokenAssignment("k=v", "from stdin")])
    #expect(throws: UsageError.self) {
      try TokenPutArguments.assignments(["a"], stdin: false, read: read)
    }
    #expect(throws: UsageError.self) {
      try TokenPutArguments.assignments(["a", "b"], stdin: true, read: read)
    }
  }
}
