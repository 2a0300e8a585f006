/// The `claim` of an attempt's directory: who runs it.
///
/// Written by the shim (`claim.c`), or by the engine when it makes sure that no shim ever will.
struct ClaimFile {
  /// The shim; nil when the engine has the claim, or when the shim is of an earlier boot.
  var shim: ProcessIdentity?
  var isByShim: Bool
  /// Whether the machine was started anew since: no process of the attempt can be left.
  var isOfEarlierBoot = false

  /// The claim in a directory, or nil when there is none.
  ///
  /// A broken one, which the program has written over, is by a shim of which nothing is known.
  /// - Throws: When it cannot be read now.
  init?(directory: String) throws(ExecError) {
    guard let text = try Self.text(directory + "/claim") else { return nil }
    let lines = text.split(separator: "\n")
    isByShim = true
    guard lines.first == "baton-claim 1", lines.last == "end" else { return }
    var fields: [Substring: Substring] = [:]
    for line in lines {
      guard let space = line.firstIndex(of: " ") else { continue }
      fields[line[..<space]] = line[line.index(after: space)...]
    }
    isByShim = fields["owner"] != "engine"
    guard isByShim, let boot = fields["boot"] else { return }
    isOfEarlierBoot = boot != (try ProcessIdentity.boot())
    guard !isOfEarlierBoot, let pid = fields["pid"].flatMap({ Int32($0) }),
      let start = fields["start"].flatMap({ UInt64($0) })
    else { return }
    shim = ProcessIdentity(pid: pid, start: start)
  }

  private static func text(_ path: String) throws(ExecError) -> String? {
    do {
      return try Files.readText(path)
    } catch  where error.code == .invalid {
      return ""
    }
  }

  /// Claims an attempt for the engine.
  ///
  /// - Returns: False when somebody else has it.
  static func take(directory: String) throws(ExecError) -> Bool {
    try Files.writeExclusively(
      directory + "/claim", Array("baton-claim 1\nowner engine\nend\n".utf8))
  }
}
