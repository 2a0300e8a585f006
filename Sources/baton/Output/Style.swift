/// How a piece of text looks on a terminal with colour.
package enum Style: Sendable {
  case plain
  case bold
  case dim
  case good
  case bad
  case busy
  case waiting

  private var code: String {
    switch self {
    case .plain: ""
    case .bold: "1"
    case .dim: "2"
    case .good: "32"
    case .bad: "31"
    case .busy: "36"
    case .waiting: "33"
    }
  }

  /// The text with its look, where colour is used.
  package func apply(_ text: String, on terminal: Terminal) -> String {
    guard terminal.usesColor, !code.isEmpty, !text.isEmpty else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }

  /// The look of a status word of a run, a node or an attempt.
  package static func status(_ word: String) -> Style {
    switch word {
    case "COMPLETED": .good
    case "FAILED", "KILLED", "REJECTED", "UPSTREAM_FAILED": .bad
    case "RUNNING", "STARTING", "RESUMING": .busy
    case "WAITING", "SUSPENDED", "STOPPING": .waiting
    default: .dim
    }
  }
}
