import BatonCore
import Testing

/// Lists of `for_each` (RE105–RE109).
@Suite("for_each") struct ForEachTests {
  @Test(
    "RE105 elements of a list, as templates insert them",
    arguments: [
      ("[]", []), (" [ ] ", []), ("[1, -0.50,1E3]", ["1", "-0.50", "1E3"]),
      (#"["a b", "é\n\u0041", ""]"#, ["a b", "é\nA", ""]),
      ("[true,null , false]", ["true", "null", "false"]),
      (#"[{"b" : 1, "a": [ 2 ,"x"]}, []]"#, [#"{"b":1,"a":[2,"x"]}"#, "[]"]),
    ] as [(String, [String])])
  func elements(text: String, expected: [String]) throws {
    #expect(try ForEach.elements(of: text).map(\.text) == expected)
  }

  @Test(
    "RR-44 what is no list is for_each_invalid",
    arguments: [
      "", "{}", "1", "\"[]\"", "null", "[1,]", "[1 2]", "[1", "[] x", "[01]", "['a']", "[nul]",
      #"[{"a":1,"a":2}]"#, "[\"\\ud800\"]", "[" + String(repeating: "[", count: 70),
    ])
  func invalid(text: String) {
    #expect(throws: ForEachFailure.self) { try ForEach.elements(of: text) }
  }

  @Test("RR-44 10,000 elements, not 10,001; 100,000 are refused at once")
  func bounds() throws {
    func list(_ count: Int) -> String {
      "[" + Array(repeating: "0", count: count).joined(separator: ",") + "]"
    }
    #expect(try ForEach.elements(of: list(10_000)).count == 10_000)
    for count in [10_001, 100_000] {
      let failure = #expect(throws: ForEachFailure.self) { try ForEach.elements(of: list(count)) }
      #expect(failure?.message == "byte 20001 of `items`: more than 10000 elements")
    }
  }

  @Test(
    "RE108 elements that are equal as JSON",
    arguments: [
      ("1", "1.0"), ("100", "1e2"), ("0.01", "1E-2"), ("-0", "0"), ("0e9", "0"), ("120", "12e1"),
      ("1.50", "15e-1"), (#""\u0041""#, #""A""#), (#"{"a":1,"b":[2]}"#, #"{ "b":[2.0], "a":1e0 }"#),
      ("[ 1 ]", "[1]"), ("12345678901234567890123", "1.2345678901234567890123e22"),
    ])
  func equal(left: String, right: String) throws {
    let values = (try JSONValue(left), try JSONValue(right))
    #expect(values.0 == values.1 && values.0.hashValue == values.1.hashValue)
  }

  @Test(
    "RE108 elements that are not",
    arguments: [
      ("1", "\"1\""), ("1", "-1"), ("10", "1"), ("0.1", "1"), ("[1,2]", "[2,1]"), ("null", "\"\""),
      (#"{"a":1}"#, #"{"a":1,"b":null}"#), ("[]", "{}"), ("true", "1"),
      ("12345678901234567890123", "12345678901234567890124"), ("\"e\u{301}\"", "\"\u{e9}\""),
    ])
  func different(left: String, right: String) throws {
    #expect(try JSONValue(left) != JSONValue(right))
  }

  @Test("RE105 ${item.FIELD}: a member, whatever its name")
  func members() throws {
    let item = try JSONValue(#"{"name": "x y", "n": 1.0, "a.b": {"c": [1, 2]}, "null": null}"#)
    #expect(item.member("name")?.text == "x y")
    #expect(item.member("n")?.text == "1.0")
    #expect(item.member("a.b")?.text == #"{"c":[1,2]}"#)
    #expect(item.member("null")?.text == "null")
    #expect(item.member("a") == nil)
    #expect(try JSONValue("[1]").member("0") == nil)
  }

  @Test("RE109 keys of items, and the array that a pass puts")
  func collecting() {
    #expect(ForEach.key("k", ofItem: 12) == "k[12]")
    #expect(ForEach.collected([]) == "[]")
    #expect(ForEach.collected(["a\"b", nil, "1"]) == #"["a\"b",null,"1"]"#)
  }
}
