import BatonCore
import Testing

@Suite("Token view")
struct TokenViewTests {
  @Test("TK-03: each node has an entry and the last in graph order is got")
  func twoNodes() throws {
    var token = TokenFixture(order: ["A", "B"], ancestors: ["B": ["A"]])
    token.put("A", ["k": "1"])
    token.put("B", ["k": "2"])
    #expect(try token.list("k") == "A:1 B:2")
    #expect(try token.view().get("k")?.put.value == "2")
    #expect(try token.view().get("k", node: "A")?.put.value == "1")
  }

  @Test("TK-04: a later put of the same node replaces the entry")
  func replacement() throws {
    var token = TokenFixture(order: ["A"])
    token.put("A", ["k": "1"])
    token.put("A", ["k": "2"])
    #expect(try token.list("k") == "A:2")
    let current = try #require(token.snapshot.present(TokenKey(.user, "k"), node: "A"))
    #expect(token.snapshot.isCurrent(current))
    var old = current
    old.seq = 1
    #expect(!token.snapshot.isCurrent(old))
  }

  @Test("TK-06: scopes are apart")
  func scopes() throws {
    var token = TokenFixture(order: ["A"])
    token.put("A", ["k": "1"])
    #expect(try token.view().get("k", scope: .system) == nil)
    #expect(try token.view().all(scope: .system).isEmpty)
  }

  @Test("TK-17: a key that the newest attempt did not put keeps the older entry")
  func retries() throws {
    var token = TokenFixture(order: ["A"])
    token.start("A", 1)
    token.put("A", 1, ["a": "1", "b": "1"])
    token.end("A", 1, .failed)
    token.start("A", 2)
    token.put("A", 2, ["a": "2"])
    token.end("A", 2)
    let a = try #require(try token.view().get("a"))
    let b = try #require(try token.view().get("b"))
    #expect((a.put.value, a.put.attempt, a.attemptStatus) == ("2", 2, .completed))
    #expect((b.put.value, b.put.attempt, b.attemptStatus) == ("1", 1, .failed))
  }

  private func diamond() -> TokenFixture {
    var token = TokenFixture(
      order: ["A", "B", "C", "D"],
      ancestors: ["B": ["A"], "C": ["A"], "D": ["A", "B", "C"]])
    token.start("A")
    token.put("A", ["k": "a"])
    token.end("A")
    token.start("B")
    token.start("C")
    token.put("C", ["k": "c"])
    token.end("C")
    token.put("B", ["k": "b"])
    token.end("B")
    token.start("D")
    return token
  }

  @Test("TK-18: the order is that of the graph, whichever ended first")
  func join() throws {
    var token = diamond()
    token.put("D", ["k": "d"])
    #expect(
      try token.list("k", at: .attempt(node: "D", attempt: 1)) == "A:a B:b C:c D:d")
    #expect(try token.view().get("k")?.put.value == "d")
  }

  @Test("TK-19: without an own put the last ancestor is got")
  func joinWithoutPut() throws {
    #expect(try diamond().view(.node("D")).get("k")?.put.value == "c")
  }

  @Test("TK-20: a sibling's keys are invisible")
  func siblings() throws {
    var token = TokenFixture(order: ["B", "C"])
    token.start("B")
    token.start("C")
    token.put("C", ["k": "1"])
    token.end("C")
    let view = try token.view(.attempt(node: "B", attempt: 1))
    #expect(try view.get("k") == nil)
    #expect(try view.get("k", node: "C") == nil)
    #expect(try view.fromNode("C").isEmpty)
  }

  @Test("TK-21: a branch sees its own forks, not the outer sibling")
  func nestedForks() throws {
    var token = TokenFixture(
      order: ["A", "E", "B", "C", "D"],
      ancestors: ["B": ["A"], "C": ["A"], "D": ["A", "B", "C"]])
    for node in ["A", "B", "C", "E"] { token.put(node, ["k": node.lowercased()]) }
    token.start("D")
    #expect(try token.list("k", at: .node("D")) == "A:a B:b C:c")
  }

  @Test("TK-22: puts of a failed attempt stay and say so")
  func failedAttempt() throws {
    var token = TokenFixture(order: ["B", "H"], ancestors: ["H": ["B"]])
    token.start("B")
    token.put("B", ["k": "1"])
    token.end("B", 1, .failed)
    token.start("H")
    let entry = try #require(try token.view(.attempt(node: "H", attempt: 1)).get("k"))
    #expect((entry.put.value, entry.put.node, entry.attemptStatus) == ("1", "B", .failed))
  }

  @Test("TK-24: a skipped node has no entries, an unknown one is an error")
  func skipped() throws {
    var token = TokenFixture(order: ["S"])
    token.put("S", ["k": "1"])
    token.snapshot.setWithheld("S", true)
    #expect(try token.view().fromNode("S").isEmpty)
    #expect(try token.view().fromNode("S", scope: .system).isEmpty)
    #expect(throws: BatonError.self) { try TokenView.checkNode("nosuch", token.graph) }
    #expect(throws: BatonError.self) { try token.view(.attempt(node: "S", attempt: 7)) }
  }

  @Test("T17: an attempt goes on seeing what was not withheld when it started")
  func withheldLater() throws {
    var token = TokenFixture(order: ["A", "B"], ancestors: ["B": ["A"]])
    token.put("A", ["k": "1"])
    token.start("B")
    token.snapshot.setWithheld("A", true)
    #expect(try token.list("k") == "")
    #expect(try token.list("k", at: .attempt(node: "B", attempt: 1)) == "A:1")
    #expect(try token.list("k", at: .node("B")) == "A:1")
  }

  @Test("T16: puts after the start stay invisible, and the view can be read later")
  func stability() throws {
    var token = TokenFixture(order: ["A", "B"], ancestors: ["B": ["A"]])
    token.put("A", ["k": "1"])
    token.start("B", 1)
    token.put("A", ["k": "2", "m": "x"])
    token.put("B", 1, ["own": "1"])
    token.start("B", 2)
    token.put("B", 2, ["own": "2"])
    let first = TokenViewpoint.attempt(node: "B", attempt: 1)
    #expect(try token.list("k", at: first) == "A:1")
    #expect(try token.list("m", at: first) == "")
    #expect(try token.list("own", at: first) == "B:1")
    #expect(try token.list("k", at: .node("B")) == "A:2")
    #expect(try token.list("own", at: .node("B")) == "B:2")
  }

  @Test("T56: a view as of a seq shows replaced puts again")
  func asOf() throws {
    var token = TokenFixture(order: ["A"])
    token.put("A", ["k": "1"])
    token.put("A", ["k": "2", "m": "x"])
    let view = try token.view(.run, asOf: 1)
    #expect(try view.list("k").map(\.put.value) == ["1"])
    #expect(try view.list("m").isEmpty)
  }

  @Test("T6, T10, T12: values of the trigger and of hooks")
  func hooks() throws {
    var token = TokenFixture(
      order: ["A", "B"], ancestors: ["B": ["A"]], initialize: [1])
    token.put("Flow", 0, ["k": "trigger", "t": "0"])
    token.start("Flow", 1)
    token.put("Flow", 1, ["k": "init"])
    token.end("Flow", 1)
    token.start("A")
    token.put("A", ["k": "a"])
    token.end("A")
    token.start("B")
    token.start("Flow", 2)
    token.put("Flow", 2, ["d": "2"])
    #expect(try token.list("k") == "Flow:init A:a")
    #expect(try token.list("k", at: .node("B")) == "Flow:init A:a")
    #expect(try token.list("d", at: .node("B")) == "")
    #expect(try token.list("k", at: .attempt(node: "Flow", attempt: 1)) == "Flow:init")
    #expect(try token.list("k", at: .attempt(node: "Flow", attempt: 2)) == "Flow:init A:a")
    token.put("Flow", 2, ["k": "finish"])
    #expect(try token.list("k") == "A:a Flow:finish")
    #expect(try token.list("k", at: .node("B")) == "Flow:init A:a")
    #expect(try token.view().fromNode("Flow").map(\.put.key) == ["t", "d", "k"])
  }

  @Test("a token that let its history go says so instead of answering wrongly")
  func lostHistory() throws {
    var token = TokenFixture(order: ["A", "B"], ancestors: ["B": ["A"]], keepsHistory: false)
    token.put("A", ["k": "0", "still": "1"])
    token.start("B")
    for value in 1...2000 { token.put("A", ["k": "\(value)"]) }
    #expect(!token.snapshot.holdsHistory)
    #expect(try token.view().get("k")?.put.value == "2000")
    let view = try token.view(.node("B"))
    #expect(try view.get("still")?.put.value == "1")
    #expect(throws: TokenView.HistoryMissing.self) { try view.get("k") }
  }

  @Test("T3: keys are compared by bytes and sorted by bytes")
  func bytes() throws {
    var token = TokenFixture(order: ["A"])
    token.put("A", ["\u{E9}": "composed", "e\u{301}": "decomposed", "Z": "z", "a": "a"])
    #expect(try token.view().get("\u{E9}")?.put.value == "composed")
    #expect(try token.view().get("e\u{301}")?.put.value == "decomposed")
    #expect(
      try token.view().all().map { Array($0.key.utf8) }
        == ["Z", "a", "e\u{301}", "\u{E9}"].map { Array($0.utf8) })
  }

  @Test("a snapshot never changes when the token goes on")
  func persistence() throws {
    var token = TokenFixture(order: ["A"])
    token.put("A", ["k": "1"])
    let before = token
    token.put("A", ["k": "2"])
    #expect(try before.list("k") == "A:1")
    #expect(before.snapshot.account.lastSeq == 1)
    #expect(token.snapshot.account.usedBytes == 2)
    #expect(token.snapshot.account.historyBytes == 4)
  }
}
