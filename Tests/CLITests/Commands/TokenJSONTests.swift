import BatonClient
import Testing
import baton

@Suite struct TokenJSONTests {
  private static func entry(
    _ key: String, _ node: String, _ value: String, seq: UInt64 = 1,
    status: AttemptStatus? = .completed
  ) -> TokenEntry {
    TokenEntry(
      scope: .user, key: key, node: node, attempt: status == nil ? 0 : 2, attemptStatus: status,
      value: value, seq: seq, time: Timestamp(milliseconds: 1_769_846_400_000))
  }

  @Test("TK-45 list --json, byte for byte") func list() {
    let keys = [
      TokenKey(key: "k", entries: [Self.entry("k", "A", "1"), Self.entry("k", "B", "2")])
    ]
    #expect(
      TokenJSON.map(keys, detail: false).text
        == #"{"tokenValueMap":{"k":[{"nodeName":"A","value":"1"},{"nodeName":"B","value":"2"}]}}"#)
    #expect(TokenJSON.map([], detail: false).text == #"{"tokenValueMap":{}}"#)
  }

  @Test("TK-45 list --node --json, byte for byte") func node() {
    #expect(TokenJSON.node([Self.entry("k", "A", "1")], detail: false).text == #"{"k":"1"}"#)
    #expect(TokenJSON.node([], detail: false).text == "{}")
  }

  @Test("T59 get has everything about the entry") func get() {
    let expected =
      #"{"key":"ERROR","scope":"USER","nodeName":"B","attempt":2,"attemptStatus":"COMPLETED","#
      + #""value":"x","seq":7,"time":"2026-01-31T08:00:00.000Z"}"#
    #expect(TokenJSON.entry(Self.entry("ERROR", "B", "x", seq: 7)).text == expected)
  }

  @Test("T59 detail adds attempt, status, seq and time, nothing else") func detail() {
    let entry = Self.entry("k", "W", "1", seq: 3, status: nil)
    #expect(
      TokenJSON.map([TokenKey(key: "k", entries: [entry])], detail: true).text
        == #"{"tokenValueMap":{"k":[{"nodeName":"W","value":"1","attempt":0,"seq":3,"#
        + #""time":"2026-01-31T08:00:00.000Z"}]}}"#)
    #expect(
      TokenJSON.node([Self.entry("k", "A", "é\"")], detail: true).text
        == #"{"k":{"value":"é\"","attempt":2,"attemptStatus":"COMPLETED","seq":1,"#
        + #""time":"2026-01-31T08:00:00.000Z"}}"#)
  }

  @Test("T59 query, byte for byte; detail adds to its entries") func query() {
    let created = Timestamp(milliseconds: 1_769_846_400_000)
    let answer = TokenQueryAnswer(
      runs: [
        .init(
          runID: "r2", version: 3, status: .failed, created: created,
          entries: [Self.entry("ERROR", "B", "x")]),
        .init(runID: "r1", version: 3, status: .completed, created: created, entries: []),
      ], byNode: [.init(node: "B", runs: 1, lastRunID: "r2")], runsExamined: 2)
    let head =
      #"{"key":"ERROR","scope":"USER","runsExamined":2,"runs":["#
      + #"{"runId":"r2","version":3,"status":"FAILED","created":"2026-01-31T08:00:00.000Z","#
    let tail =
      #"{"runId":"r1","version":3,"status":"COMPLETED","#
      + #""created":"2026-01-31T08:00:00.000Z","entries":[]}],"#
      + #""byNode":[{"nodeName":"B","runs":1,"lastRunId":"r2"}]}"#
    let query = TokenQuery(key: "ERROR")
    #expect(
      TokenJSON.query(query, answer).text
        == head + #""entries":[{"nodeName":"B","value":"x"}]},"# + tail)
    #expect(
      TokenJSON.query(query, answer, detail: true).text
        == head + #""entries":[{"nodeName":"B","value":"x","attempt":2,"#
        + #""attemptStatus":"COMPLETED","seq":1,"time":"2026-01-31T08:00:00.000Z"}]},"# + tail)
  }

  @Test("T59 a put of the history says whether it is current, one of a watch does not") func put() {
    let entry = Self.entry("k", "A", "1", seq: 9)
    let fields =
      #"{"seq":9,"scope":"USER","key":"k","nodeName":"A","attempt":2,"value":"1","#
      + #""time":"2026-01-31T08:00:00.000Z","attemptStatus":"COMPLETED""#
    #expect(TokenJSON.put(entry, current: false).text == fields + #","current":false}"#)
    #expect(TokenJSON.put(entry, current: nil).text == fields + "}")
  }
}
