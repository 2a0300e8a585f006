import BatonClient
import BatonWire
import Testing
import baton

@Suite struct WatchScreenTests {
  private func event(
    _ number: UInt64, _ kind: Wire.EventKind, time: Int64, node: String = "", attempt: UInt32 = 0,
    from: String = "", to: String, reason: String = ""
  ) -> RunEvent {
    RunEvent(
      Wire.RunEvent(
        event: number, time: time, kind: kind, runID: "r", node: node, attempt: attempt,
        from: from, to: to, reason: reason))
  }

  private func board() -> NodeBoard {
    var board = NodeBoard(nodes: ["first", "second", "third"])
    board.apply(event(1, .run, time: 1000, to: "PENDING"))
    board.apply(event(2, .run, time: 1000, from: "PENDING", to: "RUNNING"))
    board.apply(event(3, .attempt, time: 1000, node: "first", attempt: 1, to: "RUNNING"))
    board.apply(event(4, .node, time: 1000, node: "first", from: "PENDING", to: "RUNNING"))
    board.apply(
      event(5, .attempt, time: 1500, node: "first", attempt: 1, from: "RUNNING", to: "COMPLETED"))
    board.apply(event(6, .node, time: 1500, node: "first", from: "RUNNING", to: "COMPLETED"))
    board.apply(event(7, .attempt, time: 1600, node: "second", attempt: 1, to: "RUNNING"))
    board.apply(event(8, .node, time: 1600, node: "second", from: "PENDING", to: "RUNNING"))
    return board
  }

  @Test func theTableTellsTheState() {
    let screen = WatchScreen(terminal: Terminal(isTerminal: true, width: 80, height: 24))
    let lines = screen.lines(board(), now: Timestamp(milliseconds: 2100))
    #expect(
      lines == [
        "NODE    STATUS     ATTEMPTS    TIME",
        "first   COMPLETED         1  500 ms",
        "second  RUNNING           1  500 ms",
        "third   PENDING",
        "██████████░░░░░░░░░░░░░░░░░░░░ 1/3 nodes  RUNNING  1.1 s",
      ])
  }

  @Test func aFrameReplacesTheOneBefore() {
    var screen = WatchScreen(terminal: Terminal(isTerminal: true, width: 80, height: 24))
    let first = screen.frame(board(), now: Timestamp(milliseconds: 2100))
    #expect(!first.contains("\u{1B}[5A"))
    #expect(screen.frame(board(), now: Timestamp(milliseconds: 2100)).hasPrefix("\r\u{1B}[5A"))
  }

  @Test("it is never higher or wider than the terminal", arguments: [(20, 8), (40, 10), (80, 24)])
  func fits(width: Int, height: Int) {
    var board = NodeBoard(nodes: (1...100).map { "a node with a long name \($0)" })
    board.apply(
      event(1, .node, time: 1, node: "a node with a long name 77", from: "RUNNING", to: "FAILED"))
    let screen = WatchScreen(terminal: Terminal(isTerminal: true, width: width, height: height))
    let lines = screen.lines(board, now: Timestamp(milliseconds: 5))
    #expect(lines.count < height)
    #expect(lines.allSatisfy { $0.count <= max(width, 26) })
    #expect(lines.contains { $0.contains("FAILED") })
  }

  @Test func eventsAreLinesAndJSON() {
    let event = event(
      9, .node, time: 1_769_846_400_000, node: "n", from: "RUNNING", to: "FAILED",
      reason: "exit_nonzero")
    #expect(
      EventText.line(event, TimeText(isUTC: true), on: Terminal())
        == "2026-01-31 08:00:00 UTC  node n  RUNNING -> FAILED  (exit_nonzero)")
    #expect(
      EventText.json(event).text
        == #"{"event":9,"number":0,"time":"2026-01-31T08:00:00.000Z","kind":"NODE","runId":"r","#
        + #""node":"n","from":"RUNNING","to":"FAILED","reason":"exit_nonzero"}"#)
  }
}
