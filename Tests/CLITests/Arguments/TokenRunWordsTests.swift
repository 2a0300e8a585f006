import Testing
import baton

@Suite struct TokenRunWordsTests {
  @Test("T62 outside a node the first word is RUN") func outside() throws {
    let one = try TokenRunWords(["r"], ownRun: nil, command: "token history")
    #expect(one.run == "r" && one.key == nil)
    let two = try TokenRunWords(["r", "k"], ownRun: nil, command: "token history")
    #expect(two.run == "r" && two.key == "k")
  }

  @Test("T62 inside a node RUN may be left out") func inside() throws {
    let none = try TokenRunWords([], ownRun: "own", command: "token history")
    #expect(none.run == nil && none.key == nil)
    let key = try TokenRunWords(["k"], ownRun: "own", command: "token history")
    #expect(key.run == nil && key.key == "k")
    let run = try TokenRunWords(["own"], ownRun: "own", command: "token history")
    #expect(run.run == "own" && run.key == nil)
    let both = try TokenRunWords(["r", "k"], ownRun: "own", command: "token history")
    #expect(both.run == "r" && both.key == "k")
  }

  @Test("too few and too many words are wrong usage") func wrong() {
    let missing = #expect(throws: UsageError.self) {
      try TokenRunWords([], ownRun: nil, command: "token history")
    }
    #expect(
      missing?.description == "token history needs RUN; only inside a node it may be left out")
    #expect(throws: UsageError.self) {
      try TokenRunWords(["a", "b", "c"], ownRun: "own", command: "token history")
    }
  }
}
