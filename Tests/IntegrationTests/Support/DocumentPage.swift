import Foundation

/// The examples of a page of documentation, in their order.
///
/// The word after the language of a fenced block says what the block is: `yaml orders.yaml` and
/// `sh bin/count` are files, `console` is a session at a terminal. Blocks without a second word
/// are fragments.
struct DocumentPage {
  enum Example {
    /// A file that the page tells the reader to write.
    case file(name: String, text: String, isProgram: Bool)
    /// What a reader types, and what the terminal then shows.
    case command(line: Int, text: String, output: [String])
  }

  let name: String
  private(set) var examples: [Example] = []

  init(name: String, text: String) {
    self.name = name
    var fence: (words: [Substring], line: Int)?
    var lines: [String] = []
    let all = text.split(separator: "\n", omittingEmptySubsequences: false)
    for (number, line) in all.enumerated() {
      if let open = fence {
        if line == "```" {
          add(open.words, lines, at: open.line)
          fence = nil
        } else {
          lines.append(String(line))
        }
      } else if line.hasPrefix("```") {
        fence = (line.dropFirst(3).split(separator: " "), number + 1)
        lines = []
      }
    }
  }

  private mutating func add(_ words: [Substring], _ lines: [String], at line: Int) {
    if words == ["console"] {
      addSession(lines, at: line)
    } else if words.count == 2 {
      let text = lines.joined(separator: "\n") + "\n"
      examples.append(.file(name: String(words[1]), text: text, isProgram: words[0] == "sh"))
    }
  }

  private mutating func addSession(_ lines: [String], at first: Int) {
    var command: (line: Int, text: String, output: [String])?
    func finish() {
      if let command {
        examples.append(
          .command(line: command.line, text: command.text, output: command.output))
      }
    }
    for (offset, line) in lines.enumerated() {
      if line.hasPrefix("$ ") {
        finish()
        command = (first + offset + 1, String(line.dropFirst(2)), [])
      } else if command?.text.hasSuffix("\\") == true {
        command?.text += "\n" + line
      } else {
        command?.output.append(line)
      }
    }
    finish()
  }

  /// Whether a terminal showed what the page shows.
  ///
  /// Ids, times, durations and `seq` differ from run to run, and with them the widths of columns:
  /// only that they stand there is compared. A line `…` stands for any number of lines.
  static func matches(_ shown: [String], _ expected: [String]) -> Bool {
    var shown = shown.map(normalized)[...]
    var isOpen = false
    for line in expected.map(normalized) {
      if line == "…" {
        isOpen = true
        continue
      }
      if isOpen {
        guard let next = shown.firstIndex(of: line) else { return false }
        shown = shown[next...]
      }
      guard shown.first == line else { return false }
      shown.removeFirst()
      isOpen = false
    }
    return isOpen || shown.isEmpty
  }

  /// A line with what differs from run to run replaced by its kind.
  static func normalized(_ line: String) -> String {
    line
      .replacing(/[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}/, with: "RUN")
      .replacing(/\b[0-9a-f]{8}-[0-9a-f]{4}\b/, with: "RUN")
      .replacing(/[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9:]{8}(\.[0-9]{3})?( UTC|Z)?/, with: "TIME")
      .replacing(/\b[0-9]+(\.[0-9]+)? (ms|s)\b/, with: "DURATION")
      .replacing(/^(seq:| *[0-9]+ +TIME) *[0-9]*/, with: "SEQ")
      .replacing(#/ +/#, with: " ")
      .trimmingCharacters(in: .whitespaces)
  }
}
