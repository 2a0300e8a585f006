import BatonCore
import BatonYAML
import Testing

@Suite struct ReaderTests {
  private let reader = ApplicationFileReader()

  /// The document, or the codes with their lines and columns.
  private func read(_ text: String, _ format: DocumentFormat = .auto) -> String {
    read(Array(text.utf8), format)
  }

  private func read(_ bytes: [UInt8], _ format: DocumentFormat = .auto) -> String {
    switch reader.read(bytes, format: format) {
    case .success(let document):
      let problems = codes(document.problems)
      return problems.isEmpty ? outline(document.root) : "\(outline(document.root)) \(problems)"
    case .failure(let problems):
      return codes(problems)
    }
  }

  private func codes(_ problems: ProblemList) -> String {
    problems.listed.map { "\($0.code.rawValue)@\($0.line):\($0.column)" }.joined(separator: " ")
  }

  private func outline(_ item: Document.Item) -> String {
    switch item.content {
    case .text(let text, let quoted): quoted ? "'\(text)'" : text
    case .empty: "~"
    case .refused: "!"
    case .sequence(let items): "[\(items.map(outline).joined(separator: " "))]"
    case .mapping(let pairs):
      "{\(pairs.map { "\($0.key):\(outline($0.value))" }.joined(separator: " "))}"
    }
  }

  @Test(
    "G3 scalars are the text as written",
    arguments: [
      ("a: true", "{a:true}"), ("a: null", "{a:null}"), ("a: 007", "{a:007}"),
      ("a: 1.0", "{a:1.0}"), ("a: ~", "{a:~}"), ("a:", "{a:~}"), ("a: \"\"", "{a:''}"),
      ("a: '1'", "{a:'1'}"), ("a: |\n  x\n  y\n", "{a:'x\ny\n'}"), ("a: [b, 'c', ]", "{a:[b 'c']}"),
      ("{a: 1, b: {}}", "{a:1 b:{}}"), ("a: b # c", "{a:b}"), ("---\na: 1\n...\n", "{a:1}"),
      ("%YAML 1.2\n---\na: 1", "{a:1}"), ("1: 2", "{1:2}"), ("- 1\n- 2", "[1 2]"),
      ("a: \"\\u00e9\\x41\"", "{a:'éA'}"),
    ])
  func yaml(text: String, outline: String) {
    #expect(read(text) == outline)
  }

  @Test(
    "JSON is read exactly, with tabs and surrogate pairs",
    arguments: [
      ("{\t\"a\":\t1,\r\n\t\"b\": [true, false, null, -1.5e+3]}", "{a:1 b:[true false ~ -1.5e+3]}"),
      (#"{"a": "\ud83d\ude00\/\u0041\n"}"#, "{a:'😀/A\n'}"), ("  {}  ", "{}"),
      ("{\"a\":[]}", "{a:[]}"),
      (#"{"a": {"b": "c"}}"#, "{a:{b:'c'}}"), (#"{"a":1,"a":2}"#, "{a:1 a:2}"),
    ])
  func json(text: String, outline: String) {
    #expect(read(text, .json) == outline)
    #expect(read(text, .auto) == outline)
  }

  @Test(
    "JSON that is none",
    arguments: [
      (#"{"a": 1,}"#, "yaml_syntax@1:9"), ("{\"a\": 01}", "yaml_syntax@1:8"),
      (#"{"a": "\ud800"}"#, "yaml_syntax@1:8"), ("{\"a\": tru}", "yaml_syntax@1:7"),
      ("{\"a\": 1} x", "yaml_syntax@1:10"), ("{'a': 1}", "yaml_syntax@1:2"),
      ("{\"a\"\n: \"é\", \"b\" 1}", "yaml_syntax@2:12"), ("{\"a\": \"x\ny\"}", "yaml_syntax@1:9"),
      ("{\"a\": 1", "yaml_syntax@1:8"), ("[1, .5]", "yaml_syntax@1:5"),
      ("{\"a\":-}", "yaml_syntax@1:7"),
    ])
  func badJSON(text: String, codes: String) {
    #expect(read(text, .json) == codes)
  }

  @Test("a YAML flow mapping is read although it begins with a brace")
  func flow() {
    #expect(read("{a: 1, b: [c]}") == "{a:1 b:[c]}")
    #expect(read("{\"a\": 1,}") == "{a:1}")
    #expect(read("{\"a\":\t1,\n\t\"b\" 2}") == "yaml_syntax@2:6")
  }

  @Test(
    "WF-03 files that cannot be read",
    arguments: [
      ("a:\n\tb: 1", "yaml_syntax@2:1"), ("a: [1", "yaml_syntax@2:1"), ("a: 'x", "yaml_syntax@1:7"),
      ("a: b: c", "yaml_syntax@1:5"), ("a: 1\n b: 2", "yaml_syntax@2:3"), ("@", "yaml_syntax@1:1"),
      ("a: \u{1}", "yaml_syntax@1:4"),
    ])
  func syntax(text: String, codes: String) {
    #expect(read(text).split(separator: ":").first == codes.split(separator: ":").first)
    #expect(read(text).hasPrefix("yaml_syntax@"))
  }

  @Test(
    "G1 what YAML has and files may not",
    arguments: [
      ("a: &x 1", "{a:1} not_allowed@1:4"),
      ("a: &x 1\nb: *x", "{a:1 b:!} not_allowed@1:4 not_allowed@2:4"),
      ("a: !!str 1", "{a:1} not_allowed@1:4"), ("a: ! 1", "{a:1} not_allowed@1:4"),
      ("a: &x [1]\nb: !t {c: d}", "{a:[1] b:{c:d}} not_allowed@1:4 not_allowed@2:4"),
      ("a:\n  <<: {b: 1}\n  c: 1", "{a:{c:1}} not_allowed@2:3"),
      ("a: 1\n---\nb: 2", "{a:1} not_allowed@2:1"),
      ("? [a]\n: 1\nb: 2", "{b:2} wrong_type@1:3"), ("*a : 1\nb: 1", "{b:1} not_allowed@1:1"),
      ("\u{FEFF}a: 1", "{a:1} not_allowed@1:1"), ("\u{FEFF}{\"a\":\t1}", "{a:1} not_allowed@1:1"),
      ("'<<': 1", "{<<:1}"),
    ])
  func notAllowed(text: String, expected: String) {
    #expect(read(text) == expected)
  }

  @Test("an empty file is an empty mapping", arguments: ["", " \n\t\n", "# c\n", "---\n", "~"])
  func empty(text: String) {
    #expect(read(text) == (text == "~" ? "~" : "{}"))
  }

  @Test("ill-formed UTF-8 is a problem at its place")
  func encoding() {
    #expect(read([0x61, 0x0A, 0xC3, 0xA9, 0xFF, 0x61]) == "yaml_syntax@2:2")
    #expect(read([0xFF, 0xFE, 0x61, 0x00]) == "yaml_syntax@1:1")
    #expect(read([0x61, 0xED, 0xA0, 0x80]) == "yaml_syntax@1:2")
  }

  @Test("10 MB are refused before they are parsed")
  func size() {
    #expect(read([UInt8](repeating: 0x5B, count: 10_000_000)) == "limit@1:1")
    #expect(read([UInt8](repeating: 0x20, count: 2 * 1024 * 1024)) == "{}")
  }

  @Test(
    "hostile nesting neither blows the stack nor takes long",
    arguments: [
      "[", "{a: ", "- ", "? ", "{\"a\":", "[[[[[[[[[[\n", "{a: [", "- - - -  ", "{? ",
    ])
  func depth(piece: String) {
    let count = 2_000_000 / piece.utf8.count
    let text = String(repeating: piece, count: count)
    let time = ContinuousClock().measure {
      let codes = read(text)
      #expect(codes.hasPrefix("limit@") || codes.hasPrefix("yaml_syntax@"), "\(codes)")
    }
    #expect(time < .seconds(5), "\(time)")
  }

  @Test("an anchor bomb is refused item by item, not followed")
  func bomb() {
    var text = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n"
    for level in 1...40 {
      let aliases = Array(repeating: "*a\(level - 1)", count: 9).joined(separator: ", ")
      text += "a\(level): &a\(level) [\(aliases)]\n"
    }
    guard case .success(let document) = reader.read(Array(text.utf8)) else {
      Issue.record("not read")
      return
    }
    #expect(document.problems.total == 41 + 360)
    #expect(document.problems.listed.count == 100)
    #expect(document.problems.listed.allSatisfy { $0.code == .notAllowed })
  }

  @Test("a file of 2 MB is read in reasonable time", arguments: [0, 1, 2, 3])
  func speed(kind: Int) {
    let text: String
    switch kind {
    case 0: text = String(repeating: "- a\n", count: 500_000)
    case 1: text = "[" + String(repeating: "a,", count: 1_000_000) + "]"
    case 2: text = String(repeating: "[", count: 390) + String(repeating: "a,", count: 100_000)
    default: text = "[" + String(repeating: "*a ,", count: 500_000) + "]"
    }
    let time = ContinuousClock().measure { _ = read(text) }
    #expect(time < .seconds(20), "\(time)")
  }

  @Test("positions are those of keys and values")
  func positions() throws {
    let text = "a: 1\nbb:\n  - é: x\n    c: [1, 2]\n"
    let document = try reader.read(Array(text.utf8)).get()
    guard case .mapping(let pairs) = document.root.content,
      case .sequence(let items) = pairs[1].value.content,
      case .mapping(let inner) = items[0].content,
      case .sequence(let numbers) = inner[1].value.content
    else {
      Issue.record("another shape")
      return
    }
    #expect(pairs[1].keyPosition == Document.Position(line: 2, column: 1))
    #expect(items[0].position == Document.Position(line: 3, column: 5))
    #expect(inner[0].value.position == Document.Position(line: 3, column: 8))
    #expect(numbers[1].position == Document.Position(line: 4, column: 12))
  }
}
