/// The `kill` file of an attempt's directory (`kill.c`): the grace in milliseconds, the reason,
/// and `until gone` when the outcome must wait until nothing is left.
struct KillFile: Hashable {
  /// The grace where nobody says (G6).
  private static let defaultMilliseconds: Int64 = 10_000

  /// The grace in whole milliseconds; nil: as asked for before.
  private var milliseconds: Int64?
  private var reason: String
  private var isUntilGone: Bool

  init(grace: Duration?, reason: String, isUntilGone: Bool) {
    milliseconds = grace.map { grace in
      let exact = (max(grace, .zero) / .milliseconds(1)).rounded(.up)
      return exact < Double(UInt32.max) ? Int64(exact) : Int64(UInt32.max)
    }
    self.reason = String(reason.map { $0.isNewline ? " " : $0 }.prefix(200))
    self.isUntilGone = isUntilGone
  }

  private init?(_ text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let milliseconds = Int64(lines[0]), milliseconds >= 0 else { return nil }
    self.milliseconds = milliseconds
    reason = lines.count > 1 ? String(lines[1]) : ""
    isUntilGone = lines.count > 2 && lines[2] == "until gone"
  }

  /// Writes the request, joined with one that is there already: its grace only gets shorter, and
  /// what must be gone stays so.
  ///
  /// To be called by one at a time.
  func write(directory: String) throws(ExecError) {
    let path = directory + "/kill"
    var request = self
    if let before = try Self.text(path).flatMap({ KillFile($0) }) {
      request.milliseconds = [milliseconds, before.milliseconds].compactMap(\.self).min()
      request.isUntilGone = isUntilGone || before.isUntilGone
      if request == before { return }
    }
    try Files.replace(path, Array(request.text.utf8))
  }

  private var text: String {
    let grace = milliseconds ?? Self.defaultMilliseconds
    return "\(grace)\n\(reason)\n" + (isUntilGone ? "until gone\n" : "")
  }

  /// Whether somebody asked for the end of the attempt in a directory.
  static func isThere(directory: String) -> Bool {
    Files.exists(directory + "/kill")
  }

  private static func text(_ path: String) throws(ExecError) -> String? {
    do {
      return try Files.readText(path)
    } catch  where error.code == .invalid {
      return nil  // the program's doing; it is replaced
    }
  }
}
