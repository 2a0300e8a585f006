package import BatonClient

/// A table of nodes with a progress bar that is drawn over itself.
package struct WatchScreen {
  private let terminal: Terminal
  private var drawnLines = 0

  package init(terminal: Terminal) {
    self.terminal = terminal
  }

  /// What to write so that the present state replaces the one drawn before.
  package mutating func frame(_ board: NodeBoard, now: Timestamp) -> String {
    let lines = lines(board, now: now)
    var text = drawnLines > 0 ? "\r\u{1B}[\(drawnLines)A" : ""
    for line in lines { text += line + "\u{1B}[K\n" }
    text += "\u{1B}[J"
    drawnLines = lines.count
    return text
  }

  /// The table and the bar, no higher and no wider than the terminal.
  package func lines(_ board: NodeBoard, now: Timestamp) -> [String] {
    let room = max(1, (terminal.height ?? 24) - 4)
    let shown = Self.mostInteresting(board.nodes, room)
    var table = Table([
      .init("NODE", shrinksTo: 8), .init("STATUS"), .init("ATTEMPTS", isNumber: true),
      .init("TIME", isNumber: true), .init("REASON", shrinksTo: 6),
    ])
    for node in shown {
      let time = node.started.map { start in
        TimeText.duration(
          .milliseconds(max(0, (node.ended ?? now).milliseconds - start.milliseconds)))
      }
      table.add([
        .init(node.name), .status(node.status.rawValue),
        .init(node.attempts == 0 ? "" : String(node.attempts)), .init(time ?? ""),
        .init(node.reason ?? ""),
      ])
    }
    var lines = shown.isEmpty ? [] : table.lines(on: terminal)
    let hidden = board.nodes.count - shown.count
    if hidden > 0 { lines.append(Style.dim.apply("… and \(hidden) more", on: terminal)) }
    lines.append(bar(board, now))
    return lines
  }

  private func bar(_ board: NodeBoard, _ now: Timestamp) -> String {
    let total = board.nodes.count
    let ended = board.endedNodes
    let width = min(30, max(0, (terminal.width ?? 80) - 50))
    let full = total == 0 ? 0 : width * ended / total
    let bar = String(repeating: "█", count: full) + String(repeating: "░", count: width - full)
    var text = width > 0 ? bar + " " : ""
    text += "\(ended)/\(total) nodes  "
    text += Style.status(board.status.rawValue).apply(board.status.rawValue, on: terminal)
    if let started = board.started {
      let time = (board.ended ?? now).milliseconds - started.milliseconds
      text += "  " + TimeText.duration(.milliseconds(max(0, time)))
    }
    return text
  }

  /// As many nodes as there is room for, in graph order: first those that run or have failed.
  private static func mostInteresting(
    _ nodes: [NodeBoard.Node], _ room: Int
  ) -> [NodeBoard.Node] {
    guard nodes.count > room else { return nodes }
    func rank(_ node: NodeBoard.Node) -> Int {
      switch node.status {
      case .failed, .killed: 0
      case .running, .waiting: 1
      case .upstreamFailed: 2
      case .pending: 3
      default: 4
      }
    }
    let ranked = nodes.indices.sorted { (rank(nodes[$0]), $0) < (rank(nodes[$1]), $1) }
    return ranked.prefix(room).sorted().map { nodes[$0] }
  }
}
