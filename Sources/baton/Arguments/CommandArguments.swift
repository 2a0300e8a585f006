/// The arguments of the process before they are parsed.
package enum CommandArguments {
  /// Moves global options that stand in front of the command behind it, where they are parsed.
  ///
  /// `--json token get RUN KEY` becomes `token get RUN KEY --json`; what follows `--` stays last.
  /// `--version` alone stands for `version --client`, as it does for other programs.
  package static func normalized(_ arguments: [String]) -> [String] {
    if arguments == ["--version"] { return ["version", "--client"] }
    var rest = arguments[...]
    var moved: [String] = []
    while let first = rest.first {
      let name = String(first.prefix { $0 != "=" })
      if GlobalOptions.flagNames.contains(first) {
        moved.append(first)
        rest.removeFirst()
      } else if GlobalOptions.valueNames.contains(name) {
        let count = name == first ? min(2, rest.count) : 1
        moved += rest.prefix(count)
        rest.removeFirst(count)
      } else {
        break
      }
    }
    guard !rest.isEmpty else { return arguments }
    let end = rest.firstIndex(of: "--") ?? rest.endIndex
    return Array(rest[..<end]) + moved + Array(rest[end...])
  }
}
