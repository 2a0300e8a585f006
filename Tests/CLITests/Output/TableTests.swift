import Testing
import baton

@Suite struct TableTests {
  private func table() -> Table {
    var table = Table([
      .init("NAME", shrinksTo: 4), .init("N", isNumber: true), .init("NOTE", shrinksTo: 6),
      .init("EMPTY"),
    ])
    table.add(["a", "7", "short", ""])
    table.add(["a rather long name", "1234", "some more words", ""])
    return table
  }

  @Test func widthIsNaturalWithoutATerminal() {
    #expect(
      table().lines(on: Terminal()) == [
        "NAME                   N  NOTE",
        "a                      7  short",
        "a rather long name  1234  some more words",
      ])
  }

  @Test("C12 a table fits the width of the terminal", arguments: [80, 41, 40, 30, 24, 18])
  func fits(width: Int) {
    let lines = table().lines(on: Terminal(isTerminal: true, width: width))
    #expect(lines.count == 3)
    #expect(lines.allSatisfy { $0.count <= width })
  }

  @Test func theWidestColumnIsCutFirst() {
    #expect(
      table().lines(on: Terminal(isTerminal: true, width: 32)) == [
        "NAME             N  NOTE",
        "a                7  short",
        "a rather lo…  1234  some more w…",
      ])
  }

  @Test func columnsKeepTheirLeastWidth() {
    let lines = table().lines(on: Terminal(isTerminal: true, width: 5))
    #expect(lines[2] == "a r…  1234  some …")
  }

  @Test func statusesAreColouredOnlyWhereColourIsUsed() {
    var table = Table([.init("STATUS"), .init("X")])
    table.add([.status("FAILED"), "x"])
    #expect(table.lines(on: Terminal(isTerminal: true, width: 80))[1] == "FAILED  x")
    let colored = Terminal(isTerminal: true, usesColor: true, width: 80)
    #expect(table.lines(on: colored)[1] == "\u{1B}[31mFAILED\u{1B}[0m  x")
  }

  @Test func valuesCannotMoveTheCursor() {
    var table = Table([.init("VALUE")])
    table.add([.init("a\u{1B}[2Jb\nc\td\u{9B}")])
    #expect(table.lines(on: Terminal())[1] == "a\u{FFFD}[2Jb⏎c d\u{FFFD}")
  }

  @Test func wideCharactersTakeTwoColumns() {
    var table = Table([.init("NAME", shrinksTo: 2), .init("X")])
    table.add(["日本語", "1"])
    table.add(["ab", "2"])
    #expect(table.lines(on: Terminal()) == ["NAME    X", "日本語  1", "ab      2"])
    #expect(table.lines(on: Terminal(isTerminal: true, width: 8))[1] == "日本…  1")
  }
}
