/// The `claim` of an attempt's directory: who runs it.
///
/// Written by the shim (`claim.c`), or by the engine when it makes sure that no shim ever will.
struct ClaimFile {
  /// The shim; nil when the engine has the claim, or when the shim is of an earlier boot.
  var shim: ProcessIdentity?
  var isByShim: Bool

  /// The claim in a directory, or nil when there is none.
  init?(directory: String) {
    guard let text = Files.readText(directory + "/claim") else { return nil }
    var fields: [Substring: Substring] = [:]
    for line in text.split(separator: "\n") {
      guard let space = line.firstIndex(of: " ") else { continue }
      fields[line[..<space]] = line[line.index(after: space)...]
    }
    isByShim = fields["owner"] == "shim"
    guard isByShim, let boot = fields["boot"], boot == ProcessIdentity.boot,
      let pid = fields["pid"].flatMap({ Int32($0) }),
      let start = fields["start"].flatMap({ UInt64($0) })
    else { return }
    shim = ProcessIdentity(pid: pid, start: start)
  }

  /// Claims an attempt for the engine.
  ///
  /// - Returns: False when somebody else has it.
  static func take(directory: String) throws(ExecError) -> Bool {
    try Files.writeExclusively(
      directory + "/claim", Array("baton-claim 1\nowner engine\nend\n".utf8))
  }
}
