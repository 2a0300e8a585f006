internal import Glibc

/// What is known of the place where output goes.
package struct Terminal: Sendable {
  /// Whether it is a terminal.
  package var isTerminal: Bool
  /// Whether colour may be used.
  package var usesColor: Bool
  /// The columns; nil: lines may be of any length.
  package var width: Int?
  /// The rows; nil where it is no terminal.
  package var height: Int?

  package init(
    isTerminal: Bool = false, usesColor: Bool = false, width: Int? = nil, height: Int? = nil
  ) {
    self.isTerminal = isTerminal
    self.usesColor = usesColor
    self.width = width
    self.height = height
  }

  /// The place that a file descriptor leads to.
  static func of(_ descriptor: Int32) -> Terminal {
    guard isatty(descriptor) == 1 else { return Terminal() }
    let plain = Environment.value("NO_COLOR") != nil || Environment.value("TERM") == "dumb"
    var size = winsize()
    let known = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
    return Terminal(
      isTerminal: true, usesColor: !plain, width: known ? Int(size.ws_col) : 80,
      height: known ? Int(size.ws_row) : 24)
  }

  /// A terminal on which progress may be redrawn: colours and `NO_COLOR` decide alike.
  package var canRedraw: Bool { isTerminal && usesColor }
}
