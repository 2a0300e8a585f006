import BatonCore
import Testing

@Suite("Token file")
struct TokenFileTests {
  private func parse(_ text: String, signal: Bool = false) throws -> [String] {
    try TokenFile.parse(Array(text.utf8), exitedBySignal: signal).map { "\($0.key)|\($0.value)" }
  }

  private func fault(_ bytes: [UInt8], signal: Bool = false) throws -> Int? {
    try #require(throws: TokenFile.Invalid.self) {
      try TokenFile.parse(bytes, exitedBySignal: signal)
    }.line
  }

  @Test("TK-29: lines, empty lines and values with =")
  func lines() throws {
    #expect(try parse("a=1\n\nb=\nc==x\n") == ["a|1", "b|", "c|=x"])
    #expect(try parse("") == [])
    #expect(try parse(" a = 1 \r\n") == [" a | 1 \r"])
    #expect(try parse("a=x<<y\n") == ["a|x<<y"])
  }

  @Test("TK-30: values of several lines")
  func blocks() throws {
    #expect(try parse("r<<E\nl1\n\nl3\nE\ne<<E\nE\n") == ["r|l1\n\nl3", "e|"])
    #expect(try parse("r<<a=b\n\na=b\n") == ["r|"])
    #expect(try parse("r<<E\n\n\nE\nx=1") == ["r|\n", "x|1"])
    #expect(try parse("r<<E\n E\nE") == ["r| E"])
  }

  @Test("TK-31: the line that begins the entry at fault is named")
  func faults() throws {
    #expect(try fault(Array("a=1\n\noops\nb=2\n".utf8)) == 3)
    #expect(try fault(Array("a=1\n=2\n".utf8)) == 2)
    #expect(try fault(Array("a<<\n".utf8)) == 1)
    #expect(try fault(Array("a=1\nb<<E\nx\ny\n".utf8)) == 2)
    #expect(try fault(Array("a\tb=1\n".utf8)) == 1)
    #expect(try fault(Array("a=1\nb<<E\nx\n".utf8) + [0xFF, 10] + Array("E\n".utf8)) == 2)
    #expect(try fault([65, 61, 0, 10]) == 1)
    #expect(try fault(Array((String(repeating: "k", count: 1025) + "=1\n").utf8)) == 1)
  }

  @Test("T50: after a signal, what is unfinished is dropped")
  func signals() throws {
    #expect(try parse("a=1\nb=2", signal: false) == ["a|1", "b|2"])
    #expect(try parse("a=1\nb=2", signal: true) == ["a|1"])
    #expect(try parse("a=1\noo", signal: true) == ["a|1"])
    #expect(try parse("a=1\nb<<E\nx\nE", signal: true) == ["a|1"])
    #expect(try parse("a=1\nb<<E\nx\ny\n", signal: true) == ["a|1"])
    #expect(try fault(Array("oops\na=1".utf8), signal: true) == 1)
  }

  @Test("T48: the size of the file is bounded")
  func size() throws {
    let bytes = [UInt8](repeating: 10, count: TokenFile.maximumBytes + 1)
    #expect(try fault(bytes) == nil)
    #expect(try TokenFile.parse(Array(bytes.dropLast()), exitedBySignal: false).isEmpty)
  }
}

@Suite("Token JSON")
struct TokenDocumentTests {
  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("TK-45: list and node, byte for byte")
  func list() throws {
    var token = TokenFixture(order: ["A", "B"])
    token.put("A", ["k": "1"])
    token.put("B", ["k": "2"])
    let view = try token.view()
    #expect(
      text(TokenDocument.list(try view.all()))
        == #"{"tokenValueMap":{"k":[{"nodeName":"A","value":"1"},{"nodeName":"B","value":"2"}]}}"#)
    #expect(text(TokenDocument.node(try view.fromNode("A"))) == #"{"k":"1"}"#)
    #expect(text(TokenDocument.list([])) == #"{"tokenValueMap":{}}"#)
    #expect(text(TokenDocument.node([])) == "{}")
  }

  @Test("T59: get and detail")
  func detail() throws {
    var token = TokenFixture(order: ["B"])
    token.start("B")
    token.put("B", ["ERROR": "x"])
    token.end("B")
    let entry = try #require(try token.view().get("ERROR"))
    #expect(
      text(TokenDocument.get(entry))
        == #"{"key":"ERROR","scope":"USER","nodeName":"B","attempt":1,"attemptStatus":"#
        + #""COMPLETED","value":"x","seq":1,"time":"1970-01-01T00:00:01.000Z"}"#)
    #expect(
      text(TokenDocument.node([entry], detail: true))
        == #"{"ERROR":{"value":"x","attempt":1,"attemptStatus":"COMPLETED","seq":1,"#
        + #""time":"1970-01-01T00:00:01.000Z"}}"#)
    #expect(
      text(TokenDocument.put(entry, current: true))
        == #"{"seq":1,"scope":"USER","key":"ERROR","nodeName":"B","attempt":1,"value":"x","#
        + #""time":"1970-01-01T00:00:01.000Z","attemptStatus":"COMPLETED","current":true}"#)
  }

  @Test("TK-33: the file of an attempt")
  func attemptFile() throws {
    var token = TokenFixture(order: ["A", "B"], ancestors: ["B": ["A"]])
    token.start("A")
    token.put("A", ["k": "1"])
    token.put("A", ["baton.exit_code": "0"], scope: .system)
    token.end("A")
    token.start("B")
    let id = AttemptID(run: token.snapshot.run.id, node: "B", attempt: 1)
    #expect(
      text(try TokenDocument.attemptFile(of: id, token.view(.node("B"))))
        == #"{"runId":"\#(id.run)","nodeName":"B","attempt":1,"scopes":{"USER":{"k":["#
        + #"{"nodeName":"A","attempt":1,"attemptStatus":"COMPLETED","value":"1"}]},"SYSTEM":{"#
        + #""baton.exit_code":[{"nodeName":"A","attempt":1,"attemptStatus":"COMPLETED","#
        + #""value":"0"}]}}}"#)
  }

  @Test("T59: characters are escaped only where JSON requires it")
  func escapes() throws {
    var token = TokenFixture(order: ["A"])
    token.put("A", ["k/é": "\"\\\n\r\t\u{8}\u{C}\u{1}\u{1F}\u{7F}/\u{2028}😀"])
    #expect(
      text(TokenDocument.node(try token.view().fromNode("A")))
        == "{\"k/é\":\"\\\"\\\\\\n\\r\\t\\b\\f\\u0001\\u001f\u{7F}/\u{2028}😀\"}")
  }

  @Test(
    "times are RFC 3339",
    arguments: [
      (1_769_846_400_000, "2026-01-31T08:00:00.000Z"),
      (951_782_399_999, "2000-02-28T23:59:59.999Z"),
      (951_782_400_000, "2000-02-29T00:00:00.000Z"), (-1, "1969-12-31T23:59:59.999Z"),
      (4_107_542_399_000, "2100-02-28T23:59:59.000Z"),
    ])
  func times(milliseconds: Int64, expected: String) {
    let put = TokenPut(
      seq: 1, scope: .user, key: "k", node: "A", attempt: 1, value: "",
      time: Timestamp(milliseconds: milliseconds))
    let json = text(TokenDocument.get(TokenEntry(put: put, attemptStatus: .completed)))
    #expect(json.contains("\"time\":\"\(expected)\""))
  }
}
