import BatonCore
import Testing

@Suite("The entry of a key that one node alone has put") struct SoleEntryTests {
  private let key = TokenKey(.user, "k")

  @Test("T8 T15 it is what the run's view gives, with the attempt's present status")
  func sameAsView() throws {
    var token = TokenFixture(order: ["A", "B"])
    #expect(token.snapshot.soleEntry(key) == nil)
    token.start("A")
    token.put("A", ["k": "1", "other": "2"])
    let running = try #require(token.snapshot.soleEntry(key))
    #expect(running.put.value == "1" && running.attemptStatus == .running)
    #expect(try token.view().get("k") == running)
    token.end("A", 1, .failed)
    token.start("A", 2)
    token.put("A", 2, ["k": "3"])
    let second = try #require(token.snapshot.soleEntry(key))
    #expect(second.put.value == "3" && second.put.attempt == 2)
    #expect(try token.view().get("k") == second)
    #expect(token.snapshot.soleEntry(TokenKey(.system, "k")) == nil)
  }

  @Test("T12 T17 where graph or withheld nodes decide, a view must be asked")
  func undecided() {
    var token = TokenFixture(order: ["A", "B"])
    token.start("A")
    token.put("A", ["k": "1"])
    token.snapshot.setWithheld("B", true)
    #expect(token.snapshot.soleEntry(key) == nil)
    token.snapshot.setWithheld("B", false)
    #expect(token.snapshot.soleEntry(key)?.put.value == "1")
    token.start("B")
    token.put("B", ["k": "2"])
    #expect(token.snapshot.soleEntry(key) == nil)
  }
}
