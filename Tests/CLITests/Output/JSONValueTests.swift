import Testing
import baton

@Suite struct JSONValueTests {
  @Test(
    "T59 characters are escaped only where JSON requires it",
    arguments: [
      ("", #""""#), ("a/b é 😀 \u{7F} \u{2028}", "\"a/b é 😀 \u{7F} \u{2028}\""),
      ("\"\\", #""\"\\""#), ("\n\r\t\u{8}\u{C}", #""\n\r\t\b\f""#),
      ("\u{0}\u{1F}\u{B}", #""\u0000\u001f\u000b""#), ("e\u{301}", "\"e\u{301}\""),
    ])
  func strings(text: String, expected: String) {
    #expect(JSONValue.string(text).text == expected)
  }

  @Test func objectsKeepTheirOrder() {
    var object = JSONObject()
    object.add("z", 1)
    object.add("a", nil as String?)
    object.add("b", .array([.null, true, "x", .double(1.5), .double(2)]))
    object.add("map", ["b": "2", "a": "1"])
    #expect(object.value.text == #"{"z":1,"b":[null,true,"x",1.5,2],"map":{"a":"1","b":"2"}}"#)
  }

  @Test(
    "what is written reads back equal",
    arguments: [
      "[]", "{}", "null", "true", "-0.5e+3", "123456789012345678901234567890",
      #"{"a":[1,{"b":"\n😀"}],"a":null}"#,
    ])
  func roundTrip(text: String) throws {
    #expect(try JSONParser.parse(Array(text.utf8)).text == text)
  }

  @Test func escapesAreRead() throws {
    let text = #""\u0041\ud83d\ude00\/\b\f\n\r\t\"\\""#
    #expect(try JSONParser.parse(Array(text.utf8)) == .string("A😀/\u{8}\u{C}\n\r\t\"\\"))
  }

  @Test(
    "wrong JSON is refused with line and column",
    arguments: [
      ("", 1, 1), ("[] x", 1, 4), ("[1,]", 1, 4), ("{\"a\" 1}", 1, 6), ("\n\n  nul", 3, 3),
      ("[01]", 1, 3), ("[+1]", 1, 2), ("[.5]", 1, 2), ("[1.]", 1, 4), ("[1e]", 1, 4),
      ("\"é\u{1}\"", 1, 3), ("\"abc", 1, 1), (#""\x""#, 1, 3), (#""\ud800""#, 1, 2),
      ("[1 2]", 1, 4), ("{'a':1}", 1, 2), ("[NaN]", 1, 2), ("{\"a\":1,}", 1, 8),
    ])
  func refused(text: String, line: Int, column: Int) {
    let failure = #expect(throws: JSONParser.Failure.self) {
      try JSONParser.parse(Array(text.utf8))
    }
    #expect(failure?.line == line)
    #expect(failure?.column == column)
  }

  @Test func illFormedTextIsRefused() {
    #expect(throws: JSONParser.Failure.self) { try JSONParser.parse([0x22, 0xFF, 0x22]) }
  }

  @Test func nestingIsBounded() {
    let deep = String(repeating: "[", count: 65) + String(repeating: "]", count: 65)
    let legal = String(repeating: "[", count: 64) + String(repeating: "]", count: 64)
    #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(Array(deep.utf8)) }
    #expect(throws: Never.self) { try JSONParser.parse(Array(legal.utf8)) }
  }

  @Test(
    "surrogates that are no pair are refused",
    arguments: [
      #"["\ud800\u0041"]"#, #"["\ud800"]"#, #"["\udc00\ud800"]"#, #"["\ud800\ud800"]"#,
    ])
  func surrogates(text: String) {
    #expect(throws: JSONParser.Failure.self) { try JSONParser.parse(Array(text.utf8)) }
  }
}
