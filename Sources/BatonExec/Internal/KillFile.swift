/// The `kill` file of an attempt's directory (`kill.c`): the grace in milliseconds, the reason.
struct KillFile {
  var grace: Duration
  var reason: String

  /// Writes the request; one that is there already only gets shorter.
  func write(directory: String) throws(ExecError) {
    let path = directory + "/kill"
    let exact = (max(grace, .zero) / .milliseconds(1)).rounded(.up)
    var milliseconds = exact < Double(UInt32.max) ? Int64(exact) : Int64(UInt32.max)
    let before = try Self.text(path)?.split(separator: "\n").first.flatMap { Int64($0) }
    if let before, before >= 0 { milliseconds = min(milliseconds, before) }
    let line = String(reason.map { $0.isNewline ? " " : $0 })
    try Files.replace(path, Array("\(milliseconds)\n\(line.prefix(200))\n".utf8))
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
