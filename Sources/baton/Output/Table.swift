/// Rows in columns that fit the terminal (C12).
package struct Table {
  /// A column with its heading.
  package struct Column {
    package var title: String
    /// Whether its cells stand at the right, as numbers do.
    package var isNumber: Bool
    /// The width below which the column is not cut; nil: it is never cut.
    package var minimumWidth: Int?

    package init(_ title: String, isNumber: Bool = false, shrinksTo minimumWidth: Int? = nil) {
      self.title = title
      self.isNumber = isNumber
      self.minimumWidth = minimumWidth
    }
  }

  /// A piece of text in a row.
  package struct Cell: ExpressibleByStringLiteral {
    package var text: String
    package var style: Style

    package init(_ text: String, _ style: Style = .plain) {
      self.text = TextWidth.printable(text)
      self.style = style
    }

    package init(stringLiteral value: String) { self.init(value) }

    /// A status word in its colour.
    package static func status(_ word: String) -> Cell { Cell(word, .status(word)) }
  }

  private static let gap = 2

  private let columns: [Column]
  private var rows: [[Cell]] = []

  package init(_ columns: [Column]) {
    self.columns = columns
  }

  /// Adds a row with a cell for each column.
  package mutating func add(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "a row has a cell for each column")
    rows.append(cells)
  }

  /// The lines of the table, headings first, without line ends.
  package func lines(on terminal: Terminal) -> [String] {
    let used = columns.indices.filter { column in
      rows.contains { !$0[column].text.isEmpty } || rows.isEmpty
    }
    let widths = widths(of: used, within: terminal.width)
    let headings = used.map { Cell(columns[$0].title, .bold) }
    return ([headings] + rows.map { row in used.map { row[$0] } }).map { cells in
      line(cells, used, widths, terminal)
    }
  }

  private func line(
    _ cells: [Cell], _ used: [Int], _ widths: [Int], _ terminal: Terminal
  ) -> String {
    var line = ""
    for (position, cell) in cells.enumerated() {
      let text = TextWidth.cut(cell.text, to: widths[position])
      let styled = cell.style.apply(text, on: terminal)
      let isNumber = columns[used[position]].isNumber
      if position > 0 { line += String(repeating: " ", count: Self.gap) }
      if position == cells.count - 1, !isNumber {
        // Not padded: another row of the last column may be a megabyte wide.
        line += styled
      } else {
        let padding = String(repeating: " ", count: widths[position] - TextWidth.of(text))
        line += isNumber ? padding + styled : styled + padding
      }
    }
    while line.last == " " { line.removeLast() }
    return line
  }

  /// The natural widths, taken back in the widest of the columns that may shrink.
  private func widths(of used: [Int], within limit: Int?) -> [Int] {
    var widths = used.map { column in
      rows.reduce(TextWidth.of(columns[column].title)) { max($0, TextWidth.of($1[column].text)) }
    }
    guard let limit else { return widths }
    var excess = widths.reduce(0, +) + Self.gap * max(0, used.count - 1) - limit
    while excess > 0 {
      let candidates = used.indices.filter { position in
        columns[used[position]].minimumWidth.map { widths[position] > $0 } ?? false
      }
      guard let widest = candidates.max(by: { widths[$0] < widths[$1] }) else { break }
      widths[widest] -= 1
      excess -= 1
    }
    return widths
  }
}
