/// The `kill` file of an attempt's directory (`kill.c`): the grace in milliseconds, the reason.
struct KillFile {
  var grace: Duration
  var reason: String

  /// Writes the request; one that is there already only gets shorter.
  func write(directory: String) throws(ExecError) {
    let path = directory + "/kill"
    var milliseconds = Int64((max(grace, .zero) / .milliseconds(1)).rounded(.up))
    let before = Files.readText(path)?.split(separator: "\n").first.flatMap { Int64($0) }
    if let before { milliseconds = min(milliseconds, before) }
    let line = String(reason.map { $0.isNewline ? " " : $0 })
    try Files.replace(path, Array("\(milliseconds)\n\(line.prefix(200))\n".utf8))
  }
}
