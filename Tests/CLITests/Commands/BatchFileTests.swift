import BatonClient
import Testing
import baton

@Suite struct BatchFileTests {
  private func file(_ text: String) throws -> BatchFile {
    try BatchFile(Array(text.utf8), name: "f")
  }

  private func reason(_ item: BatchFile.Item) -> String? {
    if case .wrong(let refusal) = item { return refusal.reason }
    return nil
  }

  @Test("BR-19 files that ask nothing or are refused as a whole") func wholes() throws {
    #expect(try file("[]").items.isEmpty)
    #expect(try file(#"{"programs":[]}"#).items.isEmpty)
    for text in [
      "{}", "null", "[] x", "5", "\"x\"", "", "[1", #"{"programs":{}}"#,
      #"{"programs":[],"statuses":[1]}"#, #"{"programs":[],"programs":[]}"#,
      #"{"programs":[],"since":"x"}"#, #"{"programs":[],"since":1.5}"#,
    ] {
      let error = #expect(throws: BatonError.self, "\(text)") { try file(text) }
      #expect(error?.code == .invalidArgument)
      #expect(error?.message.contains("line 1, column ") == true)
    }
  }

  @Test func anUnknownMemberOfTheObjectIsNamedWithItsPlace() {
    let error = #expect(throws: BatonError.self) { try file("{\"programs\":[],\n  \"limt\":1}") }
    #expect(error?.reason == "member_unknown")
    #expect(error?.message == "f line 2, column 3: unknown member limt")
  }

  @Test(
    "BR-19, B7.3 what is wrong with one element concerns it alone",
    arguments: [
      ("null", "element_invalid"), ("5", "element_invalid"), ("[]", "element_invalid"),
      (#"{"appId":"a","programType":"WORKFLOW","programId":"p","limt":5}"#, "member_unknown"),
      (#"{"appId":"a","limit":"5"}"#, "limit_invalid"), (#"{"limit":1.5}"#, "limit_invalid"),
      (#"{"limit":3000000000}"#, "limit_invalid"), (#"{"limit":true}"#, "limit_invalid"),
      (#"{"appId":5}"#, "name_invalid"), (#"{"programId":null}"#, "name_invalid"),
      (#"{"namespace":[]}"#, "name_invalid"), (#"{"programType":1}"#, "program_type_invalid"),
      (#"{"version":-1}"#, "element_invalid"), (#"{"cursor":1}"#, "cursor_invalid"),
      (#"{"appId":"a","appId":"b"}"#, "element_invalid"),
      ("{}", nil), (#"{"limit":null}"#, nil), (#"{"limit":0}"#, nil), (#"{"limit":101}"#, nil),
    ] as [(String, String?)])
  func elements(element: String, expected: String?) throws {
    let items = try file("[\(element),{\"appId\":\"good\"}]").items
    #expect(items.count == 2)
    #expect(reason(items[0]) == expected)
    #expect(reason(items[1]) == nil)
  }

  @Test("BR-04 an absent limit, null and 0 are told apart") func limits() throws {
    let items = try file(#"[{"limit":null},{"limit":0},{"limit":100},{}]"#).items
    let limits = items.map { item -> Int32? in
      guard case .program(let program) = item else { return -1 }
      return program.limit
    }
    #expect(limits == [nil, 0, 100, nil])
  }

  @Test func everythingIsRead() throws {
    let file = try file(
      #"""
      {"programs":[{"namespace":"n","appId":"a","programType":"command","programId":"p",
      "limit":7,"version":2,"cursor":"c"}],"namespace":"m","statuses":["FAILED"],"since":1,
      "until":2,"activeFirst":true}
      """#)
    let program = BatchProgram(
      namespace: "n", application: "a", programType: "command", program: "p", limit: 7, version: 2,
      cursor: "c")
    #expect(file.items == [.program(program)])
    #expect(file.namespace == "m")
    #expect(file.statuses == ["FAILED"])
    #expect(file.since?.milliseconds == 1)
    #expect(file.until?.milliseconds == 2)
    #expect(file.activeFirst == true)
  }

  @Test("a refused element answers with what was legible of it") func refusal() throws {
    let item = try file(#"[{"appId":"a","programId":"p","limit":"x"}]"#).items[0]
    guard case .wrong(let refusal) = item else {
      Issue.record("not refused")
      return
    }
    #expect(
      BatchJSON.value(refusal).text
        == #"{"appId":"a","programId":"p","statusCode":400,"reason":"limit_invalid","#
        + #""message":"limit is not an integer"}"#)
  }

  @Test(
    "B7.1 programs on the command line",
    arguments: [
      ("a/p", "a WORKFLOW p"), ("a/COMMAND/p", "a COMMAND p"), ("n:a/p", "n a WORKFLOW p"),
      ("a", nil), ("a/b/c/d", nil),
    ] as [(String, String?)])
  func arguments(text: String, expected: String?) {
    let program = BatchProgramArgument(argument: text)?.program
    let words = program.map {
      [$0.namespace, $0.application, $0.programType, $0.program].compactMap(\.self)
    }
    #expect(words?.joined(separator: " ") == expected)
  }
}
